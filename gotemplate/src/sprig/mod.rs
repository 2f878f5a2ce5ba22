//! The functions of Sprig, but for the two that read the process's environment (`env`, `expandenv`); `getHostByName`
//! asks nobody and gives an empty text.
//!
//! [`FUNCTIONS`] is the whole table. Those that make something of nothing (random, keys, the clock) take it from the
//! [`Environment`](crate::Environment), and are marked as volatile.
//!
//! The README lists the known differences from Sprig.

pub mod regex;
pub mod semver;
pub mod url;

mod arguments;
mod crypto;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod json;
mod lists;
mod merge;
mod number;
mod numbers;
mod path;
mod paths;
mod patterns;
mod shown;
mod strings;
mod text;
mod versions;

use crate::Function;

/// All functions, by subject.
pub static FUNCTIONS: &[&[Function]] = &[
    crypto::aes::FUNCTIONS,
    crypto::certificate::FUNCTIONS,
    crypto::hash::FUNCTIONS,
    crypto::password::FUNCTIONS,
    crypto::random::FUNCTIONS,
    strings::FUNCTIONS,
    encoding::FUNCTIONS,
    json::FUNCTIONS,
    defaults::FUNCTIONS,
    lists::FUNCTIONS,
    dicts::FUNCTIONS,
    numbers::FUNCTIONS,
    patterns::FUNCTIONS,
    versions::FUNCTIONS,
    dates::FUNCTIONS,
    paths::FUNCTIONS,
];
