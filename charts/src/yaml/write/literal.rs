//! Scalars as blocks of lines.

use super::super::bytes::{break_width, char_width};
use super::Writer;

impl Writer {
    pub(super) fn literal(&mut self, text: &[u8], indent: usize) {
        self.put(b'|');
        if text.starts_with(b" ") || break_width(text) > 0 {
            self.put(b'2');
        }
        if let Some(mark) = chomping(text) {
            self.put(mark);
        }
        self.line_break();
        self.whitespace = true;
        self.indention = true;
        let mut start = 0;
        while start < text.len() {
            let end = super::super::bytes::line_end(text, start);
            if end > start {
                self.indent_to(indent);
                self.run(&text[start..end]);
                self.indention = false;
            }
            let width = break_width(&text[end..]);
            if width > 0 {
                self.out.extend_from_slice(&text[end..end + width]);
                self.column = 0;
                self.indention = true;
            }
            start = end + width;
        }
    }
}

/// The mark that says what becomes of the line breaks at the end; none if there is exactly one.
fn chomping(text: &[u8]) -> Option<u8> {
    let (last, before) = split_last(text);
    if break_width(last) == 0 {
        return Some(b'-');
    }
    if before.is_empty() || break_width(split_last(before).0) > 0 {
        return Some(b'+');
    }
    None
}

/// The last character and what comes before it.
fn split_last(text: &[u8]) -> (&[u8], &[u8]) {
    let mut start = text.len().saturating_sub(1);
    while start > 0 && char_width(text[start]) == 2 && text[start] < 0xC0 {
        start -= 1;
    }
    let (before, last) = text.split_at(start);
    (last, before)
}
