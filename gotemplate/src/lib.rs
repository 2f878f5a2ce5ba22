//! Go's `text/template` in Rust.
//!
//! In come template texts, a value with Go's types ([`Value`]) and functions ([`Function`]); out comes what Go's
//! package would write, to the byte, or the error it would give. Templates may be hostile: [`Limits`] end them.

mod builtins;
mod characters;
mod context;
mod environment;
mod error;
mod exec;
pub mod format;
mod found;
mod function;
mod functions;
pub mod json;
mod letters;
mod limits;
mod methods;
pub mod numeral;
mod parse;
mod pinned;
mod stack;
mod templates;
mod value;

pub mod sprig;
pub mod time;

pub use context::Context;
pub use environment::{Environment, Occasion, Step, System};
pub use error::{Error, ErrorKind, Site};
pub use found::{Found, Shown};
pub use function::{Call, Function, Type};
pub use functions::{Catalog, Functions};
pub use limits::Limits;
pub use pinned::Pinned;
pub use stack::{grow, on_stack};
pub use templates::{MissingKey, Templates};
pub use value::{Kind, List, Map, Object, Reading, Str, Time, Value, deep_equal};

/// The code blocks of the README run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
