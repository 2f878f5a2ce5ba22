//! Bytes in, text out that the scanner may trust: UTF-8, no byte order mark, no control characters.

use std::borrow::Cow;

use super::problem::Problem;

/// Text is taken in steps of this size; a bad character spoils its whole step.
const STEP: usize = 512;

/// What is wrong with a character that the text's end cuts off; the text before it is read.
const INCOMPLETE: &str = "incomplete UTF-8 octet sequence";

/// A checked text.
pub(super) struct Source<'a> {
    /// The text up to the first step with a bad character.
    pub(super) text: Cow<'a, [u8]>,
    /// What is wrong with the character that cut the text short.
    pub(super) problem: Option<Problem>,
}

impl<'a> Source<'a> {
    /// Checks a text; UTF-16 with a byte order mark is taken too.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
            [0xEF, 0xBB, 0xBF, rest @ ..] => narrow(rest, 3),
            _ => narrow(bytes, 0),
        }
    }
}

fn narrow(bytes: &[u8], before: usize) -> Source<'_> {
    match first_bad(bytes) {
        None => Source {
            text: Cow::Borrowed(bytes),
            problem: None,
        },
        Some((at, text)) => {
            let step = match text {
                INCOMPLETE => at,
                _ => ((at + before) / STEP * STEP).saturating_sub(before),
            };
            Source {
                text: Cow::Borrowed(&bytes[..char_start(bytes, step)]),
                problem: Some(Problem::new(text)),
            }
        }
    }
}

fn char_start(bytes: &[u8], mut at: usize) -> usize {
    while at > 0 && bytes[at] & 0xC0 == 0x80 {
        at -= 1;
    }
    at
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Source<'static> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut problem = (!rest.is_empty()).then(|| Problem::new("incomplete UTF-16 character"));
    for character in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match character {
            Ok(character) if is_allowed(character) => text.push(character),
            Ok(_) => problem = Some(Problem::new("control characters are not allowed")),
            Err(_) => problem = Some(Problem::new("expected low surrogate area")),
        }
        if problem.is_some() {
            break;
        }
    }
    Source {
        text: Cow::Owned(text.into_bytes()),
        problem,
    }
}

/// The first place where the bytes are not text that YAML takes, and why.
fn first_bad(bytes: &[u8]) -> Option<(usize, &'static str)> {
    const BLOCK: usize = 64;
    let mut at = 0;
    while at < bytes.len() {
        let block = &bytes[at..bytes.len().min(at + BLOCK)];
        if !block.iter().fold(false, |odd, &byte| odd | is_odd(byte)) {
            at += block.len();
            continue;
        }
        let end = at + block.len();
        while at < end {
            if is_odd(bytes[at]) {
                match character(&bytes[at..]) {
                    Ok(width) => at += width,
                    Err(text) => return Some((at, text)),
                }
            } else {
                at += 1;
            }
        }
    }
    None
}

/// Whether a byte is more than plain ASCII text. Written without branches, so that many are asked at once.
#[inline]
fn is_odd(byte: u8) -> bool {
    let printed = u8::from(byte.wrapping_sub(b' ') < 0x5F);
    let space = u8::from(byte == b'\t') | u8::from(byte == b'\n') | u8::from(byte == b'\r');
    printed | space == 0
}

fn character(bytes: &[u8]) -> Result<usize, &'static str> {
    let width = match bytes[0] {
        0x00..=0x7F => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => return Err("invalid leading UTF-8 octet"),
    };
    let Some(bytes) = bytes.get(..width) else {
        return Err(INCOMPLETE);
    };
    if bytes[1..].iter().any(|byte| byte & 0xC0 != 0x80) {
        return Err("invalid trailing UTF-8 octet");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_allowed) => Ok(width),
        Ok(_) => Err("control characters are not allowed"),
        Err(_) => Err(malformed(bytes)),
    }
}

/// Why a sequence of the right shape is no character.
fn malformed(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xED | 0xF4..=0xF7, ..] => "invalid Unicode character",
        _ => "invalid length of a UTF-8 sequence",
    }
}

fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bytes: &[u8]) -> Option<String> {
        Source::new(bytes).problem.map(|problem| problem.to_string())
    }

    #[test]
    fn text_passes_and_everything_else_is_named() {
        assert_eq!(problem("a: ü\t€ 😀\r\n\u{85}\u{FEFF}".as_bytes()), None);
        assert_eq!(
            problem(b"a\x00").unwrap(),
            "yaml: control characters are not allowed"
        );
        assert_eq!(
            problem(b"a\x7f").unwrap(),
            "yaml: control characters are not allowed"
        );
        assert_eq!(
            problem("\u{9f}".as_bytes()).unwrap(),
            "yaml: control characters are not allowed"
        );
        assert_eq!(problem(b"\x80").unwrap(), "yaml: invalid leading UTF-8 octet");
        assert_eq!(
            problem(b"\xe2\x82").unwrap(),
            "yaml: incomplete UTF-8 octet sequence"
        );
        assert_eq!(
            problem(b"\xe2(\xa1").unwrap(),
            "yaml: invalid trailing UTF-8 octet"
        );
        assert_eq!(
            problem(b"\xc0\x80").unwrap(),
            "yaml: invalid length of a UTF-8 sequence"
        );
        assert_eq!(
            problem(b"\xed\xa0\x80").unwrap(),
            "yaml: invalid Unicode character"
        );
        assert_eq!(
            problem(b"\xff\xfea\x00:"),
            Some("yaml: incomplete UTF-16 character".to_owned())
        );
    }

    #[test]
    fn a_bad_character_cuts_the_text_at_its_step() {
        let mut bytes = vec![b'a'; 1000];
        bytes[700] = 7;
        assert_eq!(Source::new(&bytes).text.len(), 512);
    }

    #[test]
    fn byte_order_marks_choose_the_encoding() {
        assert_eq!(&*Source::new(b"\xef\xbb\xbfa").text, b"a");
        assert_eq!(&*Source::new(b"\xff\xfea\x00\xe4\x00").text, "aä".as_bytes());
        assert_eq!(&*Source::new(b"\xfe\xff\x00a").text, b"a");
    }
}
