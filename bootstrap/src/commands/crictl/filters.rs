//! Which containers and pods a listing shows; part is asked of the runtime, part is decided here.

use std::collections::HashMap;

use anyhow::{Result, bail};
use clap::ValueEnum;
use regex::Regex;

/// `--state` of `ps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ContainerState {
    Created,
    Running,
    Exited,
    Unknown,
}

impl ContainerState {
    /// The number of this state in the CRI.
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Created => 0,
            Self::Running => 1,
            Self::Exited => 2,
            Self::Unknown => 3,
        }
    }

    /// The word in a listing.
    pub(super) fn word(number: i32) -> &'static str {
        match number {
            0 => "Created",
            1 => "Running",
            2 => "Exited",
            _ => "Unknown",
        }
    }
}

/// `--state` of `pods`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PodState {
    Ready,
    #[value(name = "notready")]
    NotReady,
}

impl PodState {
    /// The number of this state in the CRI.
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Ready => 0,
            Self::NotReady => 1,
        }
    }

    /// The word in a listing.
    pub(super) fn word(number: i32) -> &'static str {
        if number == 0 { "Ready" } else { "NotReady" }
    }
}

/// `key=value` pairs as the CRI's selector.
pub(super) fn selector(labels: &[String]) -> Result<HashMap<String, String>> {
    labels
        .iter()
        .map(|label| match label.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => bail!("label `{label}`: expected key=value"),
        })
        .collect()
}

/// Whether `name` is matched; no pattern matches all.
pub(super) fn matches(pattern: Option<&Regex>, name: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(name))
}

/// How many of the newest are shown: `-l` is one, `-n` says it, else all.
pub(super) fn newest(latest: bool, last: Option<usize>) -> usize {
    if latest { 1 } else { last.unwrap_or(usize::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_pairs() {
        let found = selector(&["app=web".to_owned(), "empty=".to_owned()]).unwrap();
        assert_eq!(found["app"], "web");
        assert_eq!(found["empty"], "");
        assert!(selector(&["app".to_owned()]).is_err());
    }

    #[test]
    fn a_name_is_a_pattern_that_matches_anywhere() {
        let pattern = Regex::new("^kube-.*er$").unwrap();
        assert!(matches(Some(&pattern), "kube-scheduler"));
        assert!(!matches(Some(&pattern), "etcd"));
        assert!(matches(None, "etcd"));
    }

    #[test]
    fn latest_goes_before_last() {
        assert_eq!(newest(true, Some(5)), 1);
        assert_eq!(newest(false, Some(5)), 5);
        assert_eq!(newest(false, None), usize::MAX);
    }
}
