//! The text that a pattern is held against.

use std::borrow::Cow;
use std::ops::Range;

/// A text in which every byte that belongs to no character has become a replacement character, as RE2 sees it; with
/// the way back to places in the text as it was.
pub(super) struct Subject<'t> {
    text: Cow<'t, [u8]>,
    /// Where each byte of the text came from; only for a text that had to be changed.
    origins: Option<Vec<usize>>,
    given: &'t [u8],
}

impl<'t> Subject<'t> {
    pub(super) fn new(given: &'t [u8]) -> Self {
        if given.is_ascii() || std::str::from_utf8(given).is_ok() {
            return Self {
                text: Cow::Borrowed(given),
                origins: None,
                given,
            };
        }
        let mut text = Vec::with_capacity(given.len() + 8);
        let mut origins = Vec::with_capacity(given.len() + 9);
        let mut push = |bytes: &[u8], origin: usize, step: usize| {
            for (offset, &byte) in bytes.iter().enumerate() {
                text.push(byte);
                origins.push(origin + offset * step);
            }
        };
        let mut position = 0;
        for chunk in given.utf8_chunks() {
            push(chunk.valid().as_bytes(), position, 1);
            position += chunk.valid().len();
            for _ in chunk.invalid() {
                push("\u{fffd}".as_bytes(), position, 0);
                position += 1;
            }
        }
        origins.push(position);
        Self {
            text: Cow::Owned(text),
            origins: Some(origins),
            given,
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The place in the given text.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.origins {
            None => range,
            Some(origins) => origins[range.start]..origins[range.end],
        }
    }

    /// A piece of the given text.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t [u8] {
        &self.given[self.original(range)]
    }

    /// The place behind the character at `position`; at the end one place beyond it.
    pub(super) fn after(&self, position: usize) -> usize {
        let (_, width) = bstr::decode_utf8(&self.text[position..]);
        position + width.max(1)
    }
}
