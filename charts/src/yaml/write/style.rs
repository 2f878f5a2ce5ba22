//! In which style a string can be written so that it is read as the same string.

use super::super::bytes::{self, BLANK, break_width, char_width};
use super::super::resolve::{Resolved, is_base60, resolve};
use super::Dialect;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Style {
    /// The style of a string; a key stays on its line.
    pub(super) fn of(text: &[u8], key: bool, dialect: Dialect) -> Self {
        let traits = Traits::of(text, dialect);
        let literal = !key && memchr::memchr(b'\n', text).is_some();
        if literal {
            return if traits.literal {
                Self::Literal
            } else {
                Self::Double
            };
        }
        if key && traits.multiline || !means_text(text) {
            return Self::Double;
        }
        match traits {
            Traits { plain: true, .. } => Self::Plain,
            Traits { single: true, .. } => Self::Single,
            _ => Self::Double,
        }
    }
}

/// Whether a string without quotes would be read as a string, by any reader.
fn means_text(text: &[u8]) -> bool {
    matches!(resolve(text, true), Resolved::Text) && !is_base60(text)
}

/// Whether a key needs more than one line.
pub(super) fn is_multiline(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, &byte)| {
        bytes::class(byte) & (bytes::BREAK | bytes::LONG_BREAK) != 0 && break_width(&text[at..]) > 0
    })
}

/// The styles that a string's characters allow.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each style is allowed or not on its own"
)]
struct Traits {
    plain: bool,
    single: bool,
    literal: bool,
    multiline: bool,
}

impl Traits {
    fn of(text: &[u8], dialect: Dialect) -> Self {
        if text.iter().all(|&byte| is_harmless(byte)) {
            return Self {
                plain: !starts_badly(text),
                single: true,
                literal: false,
                multiline: false,
            };
        }
        Analysis::of(text).traits(text, dialect)
    }
}

/// Bytes that need no thought wherever they stand.
fn is_harmless(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b'#' | b':')
}

/// Whether the first characters could be taken for a mark.
fn starts_badly(text: &[u8]) -> bool {
    if text.starts_with(b"---") || text.starts_with(b"...") {
        return true;
    }
    match text {
        [first, ..] if b"#,[]{}&*!|>'\"%@`".contains(first) => true,
        [b'?' | b':' | b'-', rest @ ..] => rest.first().is_none_or(|&next| is_blank(next)),
        _ => false,
    }
}

fn is_blank(byte: u8) -> bool {
    bytes::class(byte) & BLANK != 0
}

/// What stands where in a string.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each finding stands on its own")]
struct Analysis {
    marks: bool,
    breaks: bool,
    special: bool,
    tab: bool,
    break_space: bool,
    space_break: bool,
}

impl Analysis {
    fn of(text: &[u8]) -> Self {
        let mut found = Self {
            marks: starts_badly(text),
            ..Self::default()
        };
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            let width = char_width(byte);
            let next = text.get(at + width).copied();
            found.marks |= match byte {
                b':' => at > 0 && next.is_none_or(is_blank),
                b'#' => at > 0 && after_blank,
                _ => false,
            };
            found.tab |= byte == b'\t';
            found.special |= byte != b'\t' && !is_printable(&text[at..]);
            let is_break = break_width(&text[at..]) > 0;
            found.break_space |= byte == b' ' && after_break;
            found.space_break |= is_break && after_space;
            found.breaks |= is_break;
            after_space = byte == b' ';
            after_break = is_break;
            after_blank = is_blank(byte) || is_break || byte == 0;
            at += width;
        }
        found
    }

    fn traits(&self, text: &[u8], dialect: Dialect) -> Traits {
        let special = self.special || self.space_break || self.tab;
        let tab = self.tab && dialect == Dialect::Kubernetes;
        let edge = text.starts_with(b" ") || text.ends_with(b" ");
        Traits {
            plain: !special && !self.break_space && !self.breaks && !self.marks && !edge,
            single: !special && !self.break_space,
            literal: !self.special && !self.space_break && !tab && !text.ends_with(b" "),
            multiline: self.breaks,
        }
    }
}

/// Whether the first character of `text` is written as it is.
pub(super) fn is_printable(text: &[u8]) -> bool {
    match text {
        [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => false,
        [b'\n' | b' '..=b'~' | 0xC3..=0xEC | 0xEE | 0xEF, ..]
        | [0xC2, 0xA0..=0xBF, ..]
        | [0xED, ..0xA0, ..] => true,
        _ => false,
    }
}
