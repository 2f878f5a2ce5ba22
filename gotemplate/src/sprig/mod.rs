//! The functions of Sprig, as Helm gives them to charts: all but those that look at the machine (`env`, `expandenv`);
//! `getHostByName` asks nobody and is empty.
//!
//! [`FUNCTIONS`] is the whole table. Those that make something of nothing (random, keys, the clock) take it from the
//! [`Environment`](crate::Environment), and are marked as volatile.
//!
//! Known differences from Sprig 3.3.0 on Go 1.26:
//!
//! | where | difference | why |
//! |---|---|---|
//! | `keys`, `values`, merges | in the order of the keys, where Go's is chance | the same input gives the same output |
//! | `getHostByName` | empty | a rendering does not depend on the network |
//! | `until`, `untilStep` | `[]interface {}` rather than `[]int` | one type of list |
//! | `chunk` | `[]interface {}` of lists rather than `[][]interface {}` | one type of list |
//! | `regexFindAll` with nothing to give | an empty rather than a nil `[]string`: `[]` rather than `null` in JSON | only lists of anything can be nil |
//! | `sortAlpha` of a `[]string` | leaves its argument as it was, Go sorts it too | lists do not change |
//! | `slice` beyond the length | an error also where spare capacity would let Go show nils | lists have no capacity |
//! | `deepCopy` of a named map | a plain map where the host's type has no `copied` | only the host knows how to make one |
//! | `regex*` | groups deeper than 250, automata above 32 MiB are refused | limits |
//! | `toDate` with the name of another zone's season | not looked up in the rest of the local zone's history | never seen |
//! | times beyond the year 9999 | unchanged, or an error from the `must` form | the range of the calendar used |
//! | keys on P-224 and P-521 | refused | nobody makes them |
//! | errors about texts that are not UTF-8 | hold U+FFFD where Go's hold the bytes | errors are text |
//! | errors about damaged keys and certificates | say that they are malformed, not how | not worth a full parser |

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
