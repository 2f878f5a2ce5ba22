//! A diagnosis as text: the line with a mark below it, then what is known, one line each.

use std::fmt::{self, Write as _};
use std::ops::Range;

use super::Diagnosis;
use crate::render::Place;

/// Longer lines are shown around the mark only.
const LONGEST: usize = 110;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self
            .place
            .line
            .iter()
            .chain(self.output.iter().map(|(number, _)| number));
        let width = numbers.max().map_or(1, |number| number.to_string().len());
        let mut text = String::new();
        if self.output.is_empty() {
            write!(text, "{:width$}--> {}", "", located(&self.place))?;
            source(&mut text, &self.place, width)?;
        } else {
            write!(text, "{:width$}--> what {} gave", "", self.place.file)?;
            output(&mut text, self, width)?;
        }
        for call in &self.calls {
            write!(text, "\n{:width$} = called from {}", "", located(call))?;
            let expression = call.text.as_deref().zip(call.mark.clone());
            if let Some(expression) = expression.and_then(|(line, mark)| line.get(mark)) {
                write!(text, ": {}", shortened(expression, &(0..0)).0)?;
            }
        }
        let notes = self.notes.iter().map(|note| ("note", note));
        for (name, words) in notes.chain(self.hint.iter().map(|hint| ("hint", hint))) {
            write!(text, "\n{:width$} = {name}: {}", "", plain(words))?;
        }
        f.write_str(&text)
    }
}

/// File, line and column from 1, as editors take them.
fn located(place: &Place) -> String {
    let column = place
        .text
        .as_deref()
        .zip(place.mark.as_ref())
        .and_then(|(text, mark)| {
            let before = text.get(..mark.start)?;
            Some(format!(":{}", before.chars().count() + 1))
        });
    format!("{place}{}", column.unwrap_or_default())
}

fn source(text: &mut String, place: &Place, width: usize) -> fmt::Result {
    let (Some(number), Some(line)) = (place.line, place.text.as_deref()) else {
        return Ok(());
    };
    if line.trim().is_empty() {
        return Ok(());
    }
    let whole = 0..0;
    let (shown, mark) = shortened(line, place.mark.as_ref().unwrap_or(&whole));
    write!(text, "\n{:width$} |\n{number:width$} | {}", "", shown.trim_end())?;
    if !mark.is_empty() {
        let carets = "^".repeat(mark.len());
        write!(
            text,
            "\n{:width$} | {:start$}{carets}",
            "",
            "",
            start = mark.start
        )?;
    }
    Ok(())
}

fn output(text: &mut String, diagnosis: &Diagnosis, width: usize) -> fmt::Result {
    write!(text, "\n{:width$} |", "")?;
    for (number, line) in &diagnosis.output {
        let (line, _) = shortened(line, &(0..0));
        let mark = if diagnosis.place.line == Some(*number) {
            '>'
        } else {
            '|'
        };
        write!(text, "\n{number:width$} {mark} {}", line.trim_end())?;
    }
    Ok(())
}

/// A line, cut to what lies around the mark, and the mark in its characters.
fn shortened(line: &str, mark: &Range<usize>) -> (String, Range<usize>) {
    let count = |end: usize| line.get(..end).unwrap_or_default().chars().count();
    let mark = count(mark.start)..count(mark.end);
    let line = plain(line);
    let length = line.chars().count();
    if length <= LONGEST {
        return (line, mark);
    }
    let start = if mark.end < LONGEST {
        0
    } else {
        mark.start.saturating_sub(20)
    };
    let end = (start + LONGEST).min(length);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < length { "…" } else { "" };
    let cut: String = line.chars().skip(start).take(end - start).collect();
    let shift = |at: usize| at.min(end).saturating_sub(start) + before.chars().count();
    (
        format!("{before}{cut}{after}"),
        shift(mark.start)..shift(mark.end),
    )
}

/// Text that cannot talk to a terminal; a tab is one space, so that marks stay in place.
fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_its_mark() {
        let line = format!("{}HERE{}", "x".repeat(300), "y".repeat(300));
        let (shown, mark) = shortened(&line, &(300..304));
        assert_eq!(shown.chars().count(), LONGEST + 2);
        let marked: String = shown.chars().skip(mark.start).take(mark.len()).collect();
        assert_eq!(marked, "HERE");
        let (shown, mark) = shortened("ä\tb", &(3..4));
        assert_eq!((shown.as_str(), mark), ("ä b", 2..3));
    }

    #[test]
    fn nothing_talks_to_the_terminal() {
        assert_eq!(plain("a\x1b[31mb"), "a\u{fffd}[31mb");
    }
}
