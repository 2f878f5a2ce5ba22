//! A place in the text, and the steps that are taken over blanks, comments and line breaks.

use super::super::bytes::{self, BLANK, BREAK, END, LONG_BREAK, break_width, char_width};

/// A place in a text; reading past the end gives zeros.
pub(in crate::yaml) struct Cursor<'a> {
    text: &'a [u8],
    /// The byte that is next.
    pub(in crate::yaml) at: usize,
    /// The line, from 0.
    pub(in crate::yaml) line: usize,
    /// Where the line starts.
    line_start: usize,
    /// Whether no line ends otherwise than by a line feed.
    only_feeds: bool,
}

impl<'a> Cursor<'a> {
    pub(in crate::yaml) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            line: 0,
            line_start: 0,
            only_feeds: memchr::memchr3(b'\r', 0xC2, 0xE2, text).is_none(),
        }
    }

    /// The next byte, or 0 at the end.
    #[inline]
    pub(in crate::yaml) fn byte(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte `count` further on, or 0 past the end.
    #[inline]
    pub(in crate::yaml) fn ahead(&self, count: usize) -> u8 {
        self.text.get(self.at + count).copied().unwrap_or(0)
    }

    /// The text that is left.
    pub(in crate::yaml) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text from `start` to here.
    pub(in crate::yaml) fn since(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.at]
    }

    /// A part of the text.
    pub(in crate::yaml) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        &self.text[start..end]
    }

    /// Bytes since the start of the line. Only what stands left of a block's first key counts, and that is ASCII.
    #[inline]
    pub(in crate::yaml) fn column(&self) -> usize {
        self.at - self.line_start
    }

    /// The column for comparison with indentation, which is -1 outside all blocks.
    #[inline]
    pub(in crate::yaml) fn indent(&self) -> isize {
        self.column().cast_signed()
    }

    #[inline]
    pub(in crate::yaml) fn is_blank(&self) -> bool {
        bytes::class(self.byte()) & BLANK != 0
    }

    #[inline]
    pub(in crate::yaml) fn is_break(&self) -> bool {
        self.is_break_at(0)
    }

    #[inline]
    fn is_break_at(&self, count: usize) -> bool {
        let class = bytes::class(self.ahead(count));
        class & BREAK != 0 || class & LONG_BREAK != 0 && break_width(&self.text[self.at + count..]) > 0
    }

    /// Whether a line break or the end of the text is next.
    #[inline]
    pub(in crate::yaml) fn ends_line(&self) -> bool {
        self.byte() == 0 || self.is_break()
    }

    /// Whether the byte `count` further on is blank, a line break or the end of the text.
    #[inline]
    pub(in crate::yaml) fn ends_word(&self, count: usize) -> bool {
        let class = bytes::class(self.ahead(count));
        class & (BLANK | BREAK | END) != 0 || class & LONG_BREAK != 0 && self.is_break_at(count)
    }

    /// Whether `---` or `...` starts the line and stands alone.
    #[inline]
    pub(in crate::yaml) fn at_document_marker(&self) -> bool {
        self.column() == 0 && matches!(self.byte(), b'-' | b'.') && self.is_marker()
    }

    fn is_marker(&self) -> bool {
        (self.rest().starts_with(b"---") || self.rest().starts_with(b"...")) && self.ends_word(3)
    }

    /// Steps over one character.
    #[inline]
    pub(in crate::yaml) fn skip(&mut self) {
        self.at = (self.at + char_width(self.byte())).min(self.text.len());
    }

    /// Steps over bytes within the line.
    pub(in crate::yaml) fn skip_bytes(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
    }

    /// Steps over a line break, if one is next.
    pub(in crate::yaml) fn skip_break(&mut self) {
        let width = break_width(self.rest());
        if width > 0 {
            self.at += width;
            self.line += 1;
            self.line_start = self.at;
        }
    }

    pub(in crate::yaml) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.at += 1;
        }
    }

    /// Steps to the end of the line.
    pub(in crate::yaml) fn skip_line(&mut self) {
        self.at = if self.only_feeds {
            memchr::memchr(b'\n', self.rest()).map_or(self.text.len(), |end| self.at + end)
        } else {
            bytes::line_end(self.text, self.at)
        };
    }

    /// What is left of the line, if lines end by nothing but line feeds and another line follows.
    #[inline]
    pub(in crate::yaml) fn line_left(&self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let end = memchr::memchr(b'\n', rest).filter(|_| self.only_feeds)?;
        Some(&rest[..end])
    }

    /// Steps over spaces, comments and line feeds; whether that was all there was to step over.
    #[inline]
    pub(in crate::yaml) fn skip_plain_gap(&mut self) -> bool {
        loop {
            self.skip_spaces(None);
            match self.byte() {
                b'#' => self.skip_line(),
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                }
                _ => return self.only_feeds,
            }
        }
    }

    /// Steps over what is left of the line, its line feed, and spaces behind it.
    #[inline]
    pub(in crate::yaml) fn next_line(&mut self, left: usize, spaces: usize) {
        self.line += 1;
        self.line_start = self.at + left + 1;
        self.at = self.line_start + spaces;
    }

    /// Steps over spaces until `column` is reached, or over all.
    pub(in crate::yaml) fn skip_spaces(&mut self, column: Option<usize>) {
        let most = column.map_or(usize::MAX, |column| column.saturating_sub(self.column()));
        let rest = self.rest();
        let spaces = rest.iter().take(most).take_while(|&&byte| byte == b' ').count();
        self.at += spaces;
    }

    /// Treats the end of the text as the start of a new line.
    pub(in crate::yaml) fn finish_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.at;
        }
    }
}
