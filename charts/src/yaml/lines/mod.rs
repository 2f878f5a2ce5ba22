//! Blocks read line by line: the way nearly all texts are written.
//!
//! A [`Sink`] hears the same as from the parser, in a fraction of the time: no tokens, no queue. Only what is plainly
//! valid passes. Anchors, tags, keys of several words and everything wrong are [`Unusual`], and the text must be read
//! anew by the parser.

mod flow;
mod scalar;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::parser::{Node, Sink};
use super::problem::Problem;
use super::scanner::{Scalar, Scanner};

/// Collections may nest this deep, the parser knows what to say of more.
const MAX_DEPTH: usize = 200;

/// A text that the parser has to read.
#[derive(Debug)]
pub(super) struct Unusual;

impl From<Problem> for Unusual {
    fn from(_: Problem) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, Unusual>;

/// An open collection.
#[derive(Clone, Copy)]
struct Open {
    column: usize,
    is_sequence: bool,
}

/// What stands at the start of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Dash,
    Key,
}

/// Reads the only document of a text.
pub(super) struct Lines<'a> {
    scanner: Scanner<'a>,
    open: Vec<Open>,
    /// The line of the key or dash whose value may follow on the next line.
    awaiting: Option<usize>,
    has_content: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            scanner: Scanner::new(text, None),
            open: Vec::with_capacity(16),
            awaiting: None,
            has_content: false,
        }
    }

    /// Reads all of the text.
    pub(super) fn document(mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        self.start_mark()?;
        while self.next_line()? {
            self.line(sink)?;
        }
        self.end_value(sink)?;
        while let Some(open) = self.open.pop() {
            end(open, sink)?;
        }
        Ok(())
    }

    /// Steps over a `---` that stands alone before everything.
    fn start_mark(&mut self) -> Result<()> {
        self.scanner.start_line();
        if self.scanner.cursor.at_document_marker() && self.scanner.cursor.byte() == b'-' {
            self.scanner.cursor.skip_bytes(3);
            if !self.at_line_end() || !self.next_line()? {
                return Err(Unusual);
            }
        }
        Ok(())
    }

    /// Finds the next line with content; whether there is one.
    #[inline]
    fn next_line(&mut self) -> Result<bool> {
        self.scanner.start_line();
        let cursor = &self.scanner.cursor;
        match cursor.byte() {
            0 => Ok(false),
            b'%' => Err(Unusual),
            b'-' | b'.' if cursor.at_document_marker() => Err(Unusual),
            _ => Ok(true),
        }
    }

    /// Whether nothing but blanks and a comment follow in this line; steps over the blanks.
    #[inline]
    fn at_line_end(&mut self) -> bool {
        let cursor = &mut self.scanner.cursor;
        let from = cursor.at;
        cursor.skip_spaces(None);
        cursor.ends_line() || cursor.byte() == b'#' && cursor.at > from
    }

    /// Reads a line, and those that its last value takes.
    fn line(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        let mut column = self.scanner.cursor.column();
        let mut start = self.start();
        self.place(column, start, sink)?;
        while start == Start::Dash {
            let line = self.scanner.cursor.line;
            self.scanner.cursor.skip_bytes(1);
            if self.at_line_end() {
                self.awaiting = Some(line);
                return Ok(());
            }
            column = self.scanner.cursor.column();
            start = self.start();
            if start == Start::Dash {
                self.begin(column, start, sink)?;
            }
        }
        let is_inline = self.open.last().is_some_and(|open| open.is_sequence);
        let line = self.scanner.cursor.line;
        let Some(key) = self.key()? else {
            return if is_inline { self.value(sink) } else { Err(Unusual) };
        };
        if !self.scanner.at_value() {
            // A scalar in quotes.
            return if is_inline && self.at_line_end() {
                scalar(key, line, sink)
            } else {
                Err(Unusual)
            };
        }
        if is_inline {
            self.begin(column, Start::Key, sink)?;
        }
        scalar(key, line, sink)?;
        self.scanner.cursor.skip_bytes(1);
        if self.at_line_end() {
            self.awaiting = Some(line);
            return Ok(());
        }
        self.value(sink)
    }

    #[inline]
    fn start(&self) -> Start {
        let cursor = &self.scanner.cursor;
        match cursor.byte() {
            b'-' if cursor.ends_word(1) => Start::Dash,
            _ => Start::Key,
        }
    }

    /// Opens and closes collections so that the innermost is the one that an entry in this column belongs to.
    fn place(&mut self, column: usize, start: Start, sink: &mut impl Sink<'a>) -> Result<()> {
        if self.awaiting.is_some() {
            let opens = self.open.last().is_some_and(|open| {
                column > open.column || column == open.column && start == Start::Dash && !open.is_sequence
            });
            if opens {
                self.awaiting = None;
                return self.begin(column, start, sink);
            }
            self.end_value(sink)?;
        }
        while let Some(&open) = self.open.last() {
            let ends =
                open.column > column || open.column == column && open.is_sequence && start == Start::Key;
            if !ends {
                break;
            }
            self.open.pop();
            end(open, sink)?;
        }
        match self.open.last() {
            None if !self.has_content => {
                self.has_content = true;
                self.begin(column, start, sink)
            }
            Some(open) if open.column == column && open.is_sequence == (start == Start::Dash) => Ok(()),
            _ => Err(Unusual),
        }
    }

    fn begin(&mut self, column: usize, start: Start, sink: &mut impl Sink<'a>) -> Result<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Unusual);
        }
        let is_sequence = start == Start::Dash;
        self.open.push(Open { column, is_sequence });
        let node = node(self.scanner.cursor.line);
        match start {
            Start::Dash => sink.start_sequence(node)?,
            Start::Key => sink.start_mapping(node)?,
        }
        Ok(())
    }

    /// Gives the nothing that stands for a value that did not follow.
    fn end_value(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        match self.awaiting.take() {
            Some(line) => scalar(plain(b""), line, sink),
            None => Ok(()),
        }
    }
}

fn end<'a>(open: Open, sink: &mut impl Sink<'a>) -> Result<()> {
    if open.is_sequence {
        sink.end_sequence()?;
    } else {
        sink.end_mapping()?;
    }
    Ok(())
}

#[inline]
fn scalar<'a>(scalar: Scalar<'a>, line: usize, sink: &mut impl Sink<'a>) -> Result<()> {
    Ok(sink.scalar(node(line), scalar)?)
}

#[inline]
fn node<'a>(line: usize) -> Node<'a> {
    Node {
        line,
        ..Node::default()
    }
}

fn plain(text: &[u8]) -> Scalar<'_> {
    Scalar {
        text: Cow::Borrowed(text),
        plain: true,
    }
}
