//! Scalars in quotes.

use super::super::bytes::{break_width, char_width};
use super::Writer;
use super::style::is_printable;

impl Writer {
    pub(super) fn single_quoted(&mut self, text: &[u8], indent: Option<usize>) {
        self.put(b'\'');
        let (mut after_space, mut after_break) = (false, false);
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let width = char_width(rest[0]);
            if rest[0] == b' ' {
                match indent {
                    Some(indent) if self.may_fold(text, at, after_space) && rest.get(1) != Some(&b' ') => {
                        self.fold(indent);
                    }
                    _ => self.put(b' '),
                }
                after_space = true;
            } else if break_width(rest) > 0 {
                self.out.extend_from_slice(&rest[..width]);
                self.column = 0;
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent_to(indent.unwrap_or(0));
                }
                if rest[0] == b'\'' {
                    self.put(b'\'');
                }
                self.run(&rest[..width]);
                (after_space, after_break) = (false, false);
            }
            at += width;
        }
        self.put(b'\'');
    }

    /// Whether the line is broken at this space.
    fn may_fold(&self, text: &[u8], at: usize, after_space: bool) -> bool {
        !after_space && self.column > self.dialect.width() && at > 0 && at + 1 < text.len()
    }

    pub(super) fn double_quoted(&mut self, text: &[u8], indent: Option<usize>) {
        self.put(b'"');
        // A byte order mark in front makes every character escaped: an old flaw that others rely on.
        let escape_all = text.starts_with("\u{FEFF}".as_bytes());
        let mut after_space = false;
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let width = char_width(rest[0]);
            let space = rest[0] == b' ' && !escape_all;
            if escape_all || !is_printable(rest) || break_width(rest) > 0 || matches!(rest[0], b'"' | b'\\') {
                self.escaped(&rest[..width]);
            } else if space
                && let Some(indent) = indent
                && self.may_fold(text, at, after_space)
            {
                self.fold(indent);
                if rest.get(1) == Some(&b' ') {
                    self.put(b'\\');
                }
            } else {
                self.run(&rest[..width]);
            }
            after_space = space;
            at += width;
        }
        self.put(b'"');
    }

    fn escaped(&mut self, character: &[u8]) {
        let character = std::str::from_utf8(character)
            .ok()
            .and_then(|text| text.chars().next())
            .unwrap_or(char::REPLACEMENT_CHARACTER);
        let letter = match character {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' | '\\' => character,
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(character);
                let text = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.run(text.as_bytes());
                return;
            }
        };
        self.run(format!("\\{letter}").as_bytes());
    }
}
