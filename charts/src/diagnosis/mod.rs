//! Errors of templates as people need them: where, how it got there, what was there, what to do.
//!
//! In come the parts of an error and what the template saw, out comes a [`Diagnosis`], which displays itself below the
//! error's own words. Those words are Helm's and stay as they are.

mod advice;
mod blocks;
mod jinja;
mod kinds;
mod nearest;
mod output;
mod path;
mod show;

use std::ops::Range;

use crate::render::Place;

pub(crate) use advice::{Advice, Scene, advise};
pub(crate) use blocks::enclosing;
pub(crate) use jinja::undefined;
pub(crate) use output::advise_output;

/// What helps a person to mend a chart, beside the words of the error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The innermost place: where to look first.
    pub place: Place,
    /// The calls that led there, the nearest first.
    pub calls: Vec<Place>,
    /// What a template gave, around the line that is wrong; empty where the template itself is.
    pub output: Vec<(usize, String)>,
    /// What was there.
    pub notes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnosis {
    /// Notes and hint in one line, for where there is no room; nothing where there are none.
    pub fn in_short(&self) -> Option<String> {
        let parts: Vec<&str> = self.notes.iter().chain(&self.hint).map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Where in a line an expression stands, if what is pointed at lies within it; else what is pointed at.
///
/// Of `.a.b.c` Go points at the second name.
pub(crate) fn mark(line: &str, column: usize, expression: &str) -> Option<Range<usize>> {
    let column = (column <= line.len()).then_some(column)?;
    let within = line
        .match_indices(expression)
        .map(|(start, _)| start..start + expression.len())
        .find(|range| !expression.is_empty() && (range.contains(&column) || range.start == column));
    let rest = line.get(column..)?;
    let word = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '}' | ')' | '|'))
        .unwrap_or(rest.len());
    within.or(Some(column..column + word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_expression_is_marked() {
        let line = "  image: {{ .Values.image.tag | quote }}";
        let marked = |column, expression| mark(line, column, expression).map(|range| &line[range]);
        assert_eq!(marked(19, ".Values.image.tag"), Some(".Values.image.tag"));
        assert_eq!(marked(32, "quote"), Some("quote"));
        assert_eq!(marked(12, "not as written"), Some(".Values.image.tag"));
        assert_eq!(marked(400, "x"), None);
    }
}
