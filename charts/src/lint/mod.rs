//! What is wrong with a chart, or could be better: the rules of `helm lint`, in its words and its order.
//!
//! In come the files of a chart and what a render needs, out come [`Remark`]s. Where Helm has no rule, some of ours
//! follow: objects that cannot be applied, and what is left out without a word.

mod address;
mod chart_file;
mod definitions;
mod dependencies;
mod deprecated;
mod ignored;
mod name;
mod object;
mod templates;
mod values;

use std::fmt;

use crate::diagnosis::Diagnosis;
use crate::{File, Render};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Against the custom.
    Warning,
    /// The chart cannot be installed so.
    Error,
}

/// What is to be said about a file of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How bad it is.
    pub severity: Severity,
    /// The file or directory; empty for the chart as a whole.
    pub path: String,
    /// What is wrong.
    pub text: String,
    /// What helps, where a template is to blame.
    pub diagnosis: Option<Box<Diagnosis>>,
}

/// `[WARNING] templates/a.yaml: …`
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        };
        write!(f, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// Holds a chart against all rules. The release is the one to try it with.
pub fn lint(files: &[File], with: &Render) -> Vec<Remark> {
    let mut remarks = Remarks::default();
    chart_file::check(files, &mut remarks);
    values::check(files, with, &mut remarks);
    templates::check(files, with, &mut remarks);
    dependencies::check(files, &mut remarks);
    definitions::check(files, with, &mut remarks);
    remarks.0
}

/// What has been said so far.
#[derive(Debug, Default)]
struct Remarks(Vec<Remark>);

impl Remarks {
    fn add(&mut self, severity: Severity, path: &str, text: impl Into<String>) {
        self.0.push(Remark {
            severity,
            path: path.to_owned(),
            text: text.into(),
            diagnosis: None,
        });
    }

    fn info(&mut self, path: &str, text: impl Into<String>) {
        self.add(Severity::Info, path, text);
    }

    fn warning(&mut self, path: &str, text: impl Into<String>) {
        self.add(Severity::Warning, path, text);
    }

    fn error(&mut self, path: &str, text: impl Into<String>) {
        self.add(Severity::Error, path, text);
    }

    fn explained(&mut self, path: &str, text: impl Into<String>, diagnosis: Option<&Diagnosis>) {
        self.error(path, text);
        if let Some(last) = self.0.last_mut() {
            last.diagnosis = diagnosis.cloned().map(Box::new);
        }
    }

    fn has_errors(&self) -> bool {
        self.0.iter().any(|remark| remark.severity == Severity::Error)
    }
}

fn find<'f>(files: &'f [File], path: &str) -> Option<&'f File> {
    files.iter().find(|file| file.path == path)
}

#[cfg(test)]
mod tests;
