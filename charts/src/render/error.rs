//! Why a chart could not be rendered, and where.

use std::fmt;
use std::ops::Range;

use thiserror::Error;

use crate::diagnosis::Diagnosis;
use crate::object::ObjectError;
use crate::values::ValuesError;

/// Why a chart could not be rendered with these values.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A minijinja template failed; its own words and place.
    #[error("{}: {message}", diagnosis.place)]
    Template {
        /// Where, and what is known.
        diagnosis: Box<Diagnosis>,
        /// The template's or the engine's words.
        message: String,
    },
    /// What Helm refuses, in Helm's words.
    #[error("{message}")]
    Helm {
        /// The words.
        message: String,
        /// The innermost place in a template and what is known, where there is one.
        diagnosis: Option<Box<Diagnosis>>,
    },
    /// A document that is no YAML.
    #[error("{place}: the template gave invalid YAML: {message}")]
    Yaml {
        /// The template, with the line of the text that it gave.
        place: Place,
        /// The parser's words.
        message: String,
    },
    /// A template gave something that is no Kubernetes object.
    #[error("{file}")]
    Object {
        /// The template.
        file: String,
        /// What is wrong with it.
        #[source]
        source: ObjectError,
    },
    /// Two templates gave the same object.
    #[error("{file}: {object} is there twice in this chart")]
    Duplicate {
        /// The template of the second one.
        file: String,
        /// Kind and name.
        object: String,
    },
    /// A file is not text.
    #[error("{chart}")]
    File {
        /// The chart.
        chart: String,
        /// Which file.
        #[source]
        source: crate::chart::ChartError,
    },
    /// What people gave cannot be used.
    #[error("{}", _0.in_full())]
    Values(ValuesError),
}

/// A line of a file, for errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, under the chart's name.
    pub file: String,
    /// From 1; unknown for whole files.
    pub line: Option<usize>,
    /// The line's text.
    pub text: Option<String>,
    /// Which bytes of the line are meant.
    pub mark: Option<Range<usize>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

impl RenderError {
    /// What Helm refuses for a reason that lies in no template.
    pub(crate) fn helm(message: impl Into<String>) -> Self {
        Self::Helm {
            message: message.into(),
            diagnosis: None,
        }
    }

    /// The line that the error speaks of, where there is one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Yaml { place, .. } => Some(place),
            _ => self.diagnosis().map(|diagnosis| &diagnosis.place),
        }
    }

    /// What helps to mend a template, where one is to blame.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        match self {
            Self::Template { diagnosis, .. } => Some(diagnosis),
            Self::Helm { diagnosis, .. } => diagnosis.as_deref(),
            _ => None,
        }
    }
}
