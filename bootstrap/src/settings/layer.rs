//! One source of settings as a list of entries, and several of them laid over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::keys::Key;

/// Where a value was written, for error messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A place in a config file; lines and columns count from 1.
    File { path: PathBuf, line: u64, column: u64 },
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
    /// Nobody wrote it: it is what the key stands for when nothing is said.
    Default,
    /// Nobody wrote it, and the machine itself does not say it either.
    Machine,
    /// The subcommand itself.
    Command(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Default => f.write_str("by default"),
            Self::Machine => f.write_str("this machine"),
            Self::Command(name) => write!(f, "bowline {name}"),
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// A key with all that one source says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    /// Add to what lower layers say rather than replace it.
    pub(crate) append: bool,
    pub(crate) values: Vec<Value>,
}

/// One source: a file, the environment, or the flags.
pub(crate) type Layer = Vec<Entry>;

/// What all layers say together, by key.
pub(crate) type Merged = BTreeMap<&'static str, Vec<Value>>;

/// Lays each layer over those before it: its entries replace, or append where they say so.
pub(crate) fn merge(layers: impl IntoIterator<Item = Layer>) -> Merged {
    let mut merged = Merged::new();
    for entry in layers.into_iter().flatten() {
        let slot = merged.entry(entry.key.name).or_default();
        if !(entry.append && entry.key.is_many()) {
            slot.clear();
        }
        slot.extend(entry.values);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::super::{Role, keys};
    use super::*;

    fn entry(name: &str, append: bool, values: &[&str]) -> Entry {
        Entry {
            key: keys::find(name, Role::Server).unwrap(),
            append,
            values: values
                .iter()
                .map(|text| Value {
                    text: (*text).to_owned(),
                    origin: Origin::Machine,
                })
                .collect(),
        }
    }

    fn texts<'a>(merged: &'a Merged, name: &str) -> Vec<&'a str> {
        merged[name].iter().map(|value| value.text.as_str()).collect()
    }

    #[test]
    fn the_last_layer_wins() {
        let merged = merge([
            vec![entry("node-name", false, &["a"])],
            vec![entry("node-name", false, &["b"])],
        ]);
        assert_eq!(texts(&merged, "node-name"), ["b"]);
    }

    #[test]
    fn a_list_is_replaced_unless_it_says_append() {
        let low = || vec![entry("tls-san", false, &["a", "b"])];
        let replaced = merge([low(), vec![entry("tls-san", false, &["c"])]]);
        assert_eq!(texts(&replaced, "tls-san"), ["c"]);
        let appended = merge([low(), vec![entry("tls-san", true, &["c"])]]);
        assert_eq!(texts(&appended, "tls-san"), ["a", "b", "c"]);
    }
}
