//! What a check found.

use serde::Serialize;

/// One check's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What `--ignore` takes.
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    /// What was found, in one line.
    pub(crate) cause: String,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Pass,
    /// bowline runs, with less than it could have.
    Warn,
    /// bowline does not run like this.
    Fail,
}

impl Outcome {
    /// The word in the table.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

impl Finding {
    /// All is well.
    pub(crate) fn pass(name: &'static str, cause: impl Into<String>) -> Self {
        Self {
            name,
            outcome: Outcome::Pass,
            cause: cause.into(),
            remedy: None,
        }
    }

    /// It works with less.
    pub(crate) fn warn(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            name,
            outcome: Outcome::Warn,
            cause: cause.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// Cause and remedy in one.
    pub(crate) fn sentence(&self) -> String {
        let Self { cause, remedy, .. } = self;
        remedy
            .as_ref()
            .map_or_else(|| cause.clone(), |remedy| format!("{cause} ({remedy})"))
    }

    /// It does not work.
    pub(crate) fn fail(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Fail,
            ..Self::warn(name, cause, remedy)
        }
    }
}
