//! Scalars without quotes.

use std::borrow::Cow;

use super::super::bytes::{self, COLON, FLOW, PLAIN_STOP, break_text, break_width};
use super::{Result, Scalar, Scanner, Token};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_plain(&mut self) -> Result<()> {
        self.save_key()?;
        self.key_allowed = false;
        let line = self.cursor.line;
        let text = self.scan_plain()?;
        self.push(Token::Scalar(Scalar { text, plain: true }), line);
        Ok(())
    }

    /// Reads a scalar that goes on over lines until less indentation, a comment, `: ` or a bracket.
    pub(super) fn scan_plain(&mut self) -> Result<Cow<'a, [u8]>> {
        let mut text = Folded::starting_at(self.cursor.at);
        let mut broken = false;
        while !self.cursor.at_document_marker() && self.cursor.byte() != b'#' {
            let start = self.cursor.at;
            self.skip_plain_word();
            if self.cursor.at > start {
                text.word(self.cursor.slice(0, self.cursor.at), start);
                broken = false;
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            broken |= self.skip_gap(broken)?;
            if self.flow_level == 0 && self.cursor.indent() <= self.indent {
                break;
            }
        }
        if broken {
            self.key_allowed = true;
        }
        Ok(text.finish(self.cursor.slice(0, self.cursor.at)))
    }

    fn skip_plain_word(&mut self) {
        let in_flow = self.flow_level > 0;
        let stop = if in_flow { PLAIN_STOP | FLOW } else { PLAIN_STOP };
        loop {
            let rest = self.cursor.rest();
            self.cursor.at += rest
                .iter()
                .position(|&byte| bytes::class(byte) & stop != 0)
                .unwrap_or(rest.len());
            let class = bytes::class(self.cursor.byte());
            if class & FLOW != 0 || self.cursor.ends_word(0) || class & COLON != 0 && self.cursor.ends_word(1)
            {
                return;
            }
            self.cursor.skip();
        }
    }

    /// Steps over blanks and line breaks between words; whether there was a line break.
    fn skip_gap(&mut self, mut broken: bool) -> Result<bool> {
        loop {
            if self.cursor.is_blank() {
                if broken && self.cursor.byte() == b'\t' && self.cursor.indent() <= self.indent {
                    return Err(self.problem("found a tab character that violates indentation"));
                }
                self.cursor.at += 1;
            } else if self.cursor.is_break() {
                self.cursor.skip_break();
                broken = true;
            } else {
                return Ok(broken);
            }
        }
    }
}

/// The text of a scalar whose line breaks are folded; it stays borrowed while nothing is folded.
pub(super) struct Folded {
    owned: Option<Vec<u8>>,
    /// The part of the source that comes after `owned`.
    start: usize,
    end: usize,
}

impl Folded {
    pub(super) fn starting_at(start: usize) -> Self {
        Self {
            owned: None,
            start,
            end: start,
        }
    }

    /// Adds the word from `start` to the end of `source`, and what the gap before it folds to.
    pub(super) fn word(&mut self, source: &[u8], start: usize) {
        let gap = &source[self.end..start];
        if gap
            .iter()
            .any(|&byte| bytes::class(byte) & (bytes::BREAK | bytes::LONG_BREAK) != 0)
        {
            let owned = self.owned.get_or_insert_default();
            owned.extend_from_slice(&source[self.start..self.end]);
            fold(gap, owned);
            self.start = start;
        }
        self.end = source.len();
    }

    pub(super) fn finish(self, source: &[u8]) -> Cow<'_, [u8]> {
        let last = &source[self.start..self.end];
        match self.owned {
            None => Cow::Borrowed(last),
            Some(mut owned) => {
                owned.extend_from_slice(last);
                Cow::Owned(owned)
            }
        }
    }
}

/// Writes what a gap with line breaks stands for: a space for one, one fewer for several.
pub(super) fn fold(gap: &[u8], out: &mut Vec<u8>) {
    let mut at = gap
        .iter()
        .position(|&byte| bytes::class(byte) & bytes::BLANK == 0)
        .unwrap_or(0);
    let first = break_text(&gap[at..]);
    at += break_width(&gap[at..]);
    let before = out.len();
    all_breaks(&gap[at..], out);
    if first != b"\n" {
        out.splice(before..before, first.iter().copied());
    } else if out.len() == before {
        out.push(b' ');
    }
}

/// Writes every line break of a gap.
pub(super) fn all_breaks(gap: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < gap.len() {
        let width = break_width(&gap[at..]);
        if width > 0 {
            out.extend_from_slice(break_text(&gap[at..]));
        }
        at += width.max(1);
    }
}
