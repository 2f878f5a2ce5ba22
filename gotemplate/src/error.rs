//! Errors with Go's texts, and their parts for those who want to show them better.

use std::fmt;

use crate::found::{Found, Shown};
use crate::{Str, Value};

/// What went wrong while parsing or executing. Displayed, it is Go's text of the whole chain of calls.
#[derive(Debug, Clone)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: ErrorKind,
    message: String,
    site: Option<Site>,
    cause: Option<Error>,
    found: Option<Box<Found>>,
}

/// Which step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is no template.
    Parse,
    /// A template could not be executed.
    Execution,
    /// A function refused.
    Function,
    /// A limit was reached. Nothing may catch this and go on.
    Limit,
}

/// Where in a template something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The name under which the text was parsed: the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Bytes before it in the line; parse errors have none.
    pub column: Option<usize>,
    /// The template that was executing.
    pub executing: Option<String>,
    /// The expression, as Go prints it.
    pub at: Option<String>,
}

impl Error {
    /// What a function returns when it refuses.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Function, message)
    }

    /// A reached limit.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Limit, message)
    }

    /// The same error with words before it: `message: cause`.
    #[must_use]
    pub fn within(self, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind: self.kind(),
            message: message.into(),
            site: None,
            cause: Some(self),
            found: None,
        }))
    }

    pub(crate) fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            site: None,
            cause: None,
            found: None,
        }))
    }

    pub(crate) fn at(mut self, site: Site) -> Self {
        self.0.site = Some(site);
        self
    }

    /// The same error with the values that it is about, which its text does not show.
    #[must_use]
    #[cold]
    pub fn showing(mut self, values: &[&Value]) -> Self {
        let found = self.0.found.get_or_insert_default();
        found.values.extend(values.iter().map(|value| Shown::new(value)));
        self
    }

    /// The same error, if it is about fields of the value, with how far they led.
    #[cold]
    pub(crate) fn traced(mut self, start: &str, of: &Value, names: &[Str]) -> Self {
        if let Some(found) = self.0.found.as_mut().filter(|found| !found.is_traced) {
            found.trace(start, of, names);
        }
        self
    }

    /// The same error about a value that came through a pipe.
    #[cold]
    pub(crate) fn piped(mut self) -> Self {
        if let Some(found) = &mut self.0.found {
            found.is_piped = true;
        }
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Which step failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether a limit was reached: then the whole rendering ends.
    pub fn is_limit(&self) -> bool {
        self.kind() == ErrorKind::Limit
    }

    /// This layer's own words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where this layer failed.
    pub fn site(&self) -> Option<&Site> {
        self.0.site.as_ref()
    }

    /// What was there, where this layer knows it.
    pub fn found(&self) -> Option<&Found> {
        self.0.found.as_deref()
    }

    /// The error that this one passes on, one call further in.
    pub fn cause(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }

    /// This error and all that it passes on, the innermost last.
    pub fn chain(&self) -> impl Iterator<Item = &Error> {
        std::iter::successors(Some(self), |error| error.cause())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for error in self.chain() {
            f.write_str(separator)?;
            if let Some(site) = error.site() {
                write!(f, "{site}: ")?;
            }
            f.write_str(error.message())?;
            separator = ": ";
        }
        Ok(())
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template: {}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if let Some(executing) = &self.executing {
            write!(f, ": executing {}", crate::format::quoted(executing.as_bytes()))?;
        }
        match &self.at {
            Some(at) => write!(f, " at <{at}>"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
