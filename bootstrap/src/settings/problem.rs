//! What is wrong with the settings: all of it at once, each with the place where it was written.

use std::fmt;

use super::layer::Origin;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    /// The key at fault; empty where a whole file is.
    pub(crate) key: String,
    pub(crate) what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, what } = self;
        if key.is_empty() {
            write!(f, "{origin}: {what}")
        } else {
            write!(f, "{origin}: `{key}` {what}")
        }
    }
}

/// Everything that is wrong, as one error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(problems) = self;
        match problems.as_slice() {
            [only] => write!(f, "the settings are wrong: {only}"),
            many => {
                write!(f, "the settings are wrong in {} places:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(key: &str) -> Problem {
        Problem {
            origin: Origin::File {
                path: "/etc/bowline/config.yaml".into(),
                line: 3,
                column: 1,
            },
            key: key.to_owned(),
            what: "is not a key".to_owned(),
        }
    }

    #[test]
    fn one_problem_is_one_line() {
        assert_eq!(
            Problems(vec![problem("nod-ip")]).to_string(),
            "the settings are wrong: /etc/bowline/config.yaml:3:1: `nod-ip` is not a key"
        );
    }

    #[test]
    fn several_problems_are_listed() {
        assert_eq!(
            Problems(vec![problem("a"), problem("")]).to_string(),
            "the settings are wrong in 2 places:\n  /etc/bowline/config.yaml:3:1: `a` is not a key\n  \
             /etc/bowline/config.yaml:3:1: is not a key"
        );
    }
}
