//! Why a text is not YAML, in the words Kubernetes tools use.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// What is wrong with a text, and the line where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line that is named; some problems have none.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: Cow<'static, str>,
    /// The line from 1 where the problem really is, if known.
    pub at: Option<usize>,
    /// Whether the text begins with `yaml: `; what is found after reading is said plainly.
    plain: bool,
}

impl Problem {
    /// A problem that no line can be given for.
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            line: None,
            text: text.into(),
            at: None,
            plain: false,
        }
    }

    /// A problem found while characters were read on `line`, counted from 0; the first line is not named.
    pub(super) fn scanning(line: usize, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            line: (line > 0).then_some(line + 1),
            at: Some(line + 1),
            ..Self::new(text)
        }
    }

    /// A problem of structure at a token on `line`, inside something that began on `outer`, both from 0.
    ///
    /// The line that is named is one too small; people and tools know these texts so.
    pub(super) fn parsing(line: usize, outer: usize, text: &'static str) -> Self {
        let named = if line > 0 { line } else { outer };
        Self {
            line: (named > 0).then_some(named),
            at: Some(line + 1),
            ..Self::new(text)
        }
    }

    /// Keys that stand twice in a mapping, each with its line from 0.
    pub(super) fn duplicates(keys: &[(usize, String)]) -> Self {
        let mut text = String::from("unmarshal errors:");
        for (line, key) in keys {
            let _ = write!(text, "\n  line {}: key {key} already set in map", line + 1);
        }
        Self {
            at: keys.first().map(|(line, _)| line + 1),
            ..Self::new(text)
        }
    }

    /// A problem that is not one of YAML's syntax.
    pub(super) fn plain(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            plain: true,
            ..Self::new(text)
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.plain {
            out.write_str("yaml: ")?;
        }
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        out.write_str(&self.text)
    }
}

impl std::error::Error for Problem {}
