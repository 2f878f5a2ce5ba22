//! Quoted strings and characters, as Go's package strconv writes them.

use std::fmt::Write as _;

use crate::{characters, letters};

/// In double quotes.
pub(crate) fn quoted(text: &[u8]) -> String {
    with_quotes(text, '"', false)
}

/// In the given quotes; `ascii` escapes all other characters.
pub(super) fn with_quotes(text: &[u8], quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    let mut position = 0;
    for (character, width) in characters::of(text) {
        if characters::is_broken(character, width) {
            let _ = write!(out, "\\x{:02x}", text[position]);
        } else {
            push(&mut out, character, quote, ascii);
        }
        position += width;
    }
    out.push(quote);
    out
}

fn push(out: &mut String, character: char, quote: char, ascii: bool) {
    let escape = match character {
        _ if character == quote => Some(quote),
        '\\' => Some('\\'),
        '\x07' => Some('a'),
        '\x08' => Some('b'),
        '\x0c' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\x0b' => Some('v'),
        _ => None,
    };
    let code = u32::from(character);
    match escape {
        Some(escape) => out.extend(['\\', escape]),
        None if (!ascii || character.is_ascii()) && is_printable(character) => out.push(character),
        None => {
            let _ = match code {
                0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                0..0x1_0000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// A character in single quotes; what is no character is U+FFFD.
pub(crate) fn character(character: char, ascii: bool) -> String {
    with_quotes(character.encode_utf8(&mut [0; 4]).as_bytes(), '\'', ascii)
}

/// `U+0041 'A'`, the character only where it can be seen.
pub(crate) fn code_point(character: char) -> String {
    let code = u32::from(character);
    if is_printable(character) {
        format!("U+{code:04X} '{character}'")
    } else {
        format!("U+{code:04X}")
    }
}

/// Whether a character is seen: letters, marks, digits, punctuation, symbols and the space.
pub(crate) fn is_printable(character: char) -> bool {
    character == ' ' || letters::is_graphic(character)
}

/// In back quotes, if the text can stand there on one line.
pub(crate) fn back_quoted(text: &[u8]) -> Option<Vec<u8>> {
    let fits = |(character, width): (char, usize)| {
        let bad = matches!(character, '\u{feff}' | '`' | '\x7f') || character < ' ' && character != '\t';
        !bad && !characters::is_broken(character, width)
    };
    characters::of(text)
        .all(fits)
        .then(|| [b"`", text, b"`"].concat())
}

/// The first so many characters.
pub(crate) fn first_characters(text: &[u8], count: usize) -> &[u8] {
    let length = characters::of(text).take(count).map(|(_, width)| width).sum();
    &text[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_in_go() {
        assert_eq!(
            quoted("a\"b\\\n\t\x07é\u{200b}😀\u{301}".as_bytes()),
            "\"a\\\"b\\\\\\n\\t\\aé\\u200b😀\u{301}\""
        );
        assert_eq!(quoted(b"\xff\x01\x7f"), r#""\xff\x01\x7f""#);
        assert_eq!(quoted("\u{fffd}\u{a0}".as_bytes()), "\"\u{fffd}\\u00a0\"");
        assert_eq!(with_quotes("é😀".as_bytes(), '"', true), r#""\u00e9\U0001f600""#);
        assert_eq!(character('\'', false), r"'\''");
        assert_eq!(code_point('&'), "U+0026 '&'");
    }
}
