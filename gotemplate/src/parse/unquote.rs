//! Go's string and character constants to what they stand for.

use std::borrow::Cow;

use crate::characters;

/// One unit of a quoted constant: a character, or a byte that an escape names.
pub(super) enum Unit {
    Char(char),
    Byte(u8),
}

impl Unit {
    pub(super) fn value(&self) -> u32 {
        match self {
            Self::Char(character) => u32::from(*character),
            Self::Byte(byte) => u32::from(*byte),
        }
    }
}

/// What a string token stands for, or `None` if it is malformed.
pub(super) fn string(token: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (quote, inside) = (*token.first()?, token.get(1..token.len().checked_sub(1)?)?);
    if quote == b'`' {
        if !inside.contains(&b'\r') {
            return Some(inside.into());
        }
        return Some(inside.iter().copied().filter(|&byte| byte != b'\r').collect());
    }
    // All bytes are looked at, which is quicker for short texts than to stop at the first.
    let marks = |marks: u8, byte: &u8| marks | (byte & 0x80) | u8::from(*byte == b'\\');
    if inside.iter().fold(0, marks) == 0 {
        return Some(inside.into());
    }
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while !rest.is_empty() {
        let (unit, after) = unit(rest, quote)?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(bytes.into())
}

/// The first unit of a constant in these quotes, and what follows.
pub(super) fn unit(text: &[u8], quote: u8) -> Option<(Unit, &[u8])> {
    let (character, width) = characters::first(text)?;
    if width == 1 && text[0] == quote {
        return None;
    }
    if character != '\\' {
        return Some((Unit::Char(character), &text[width..]));
    }
    let (&code, rest) = text[1..].split_first()?;
    let plain = |byte: u8| Some((Unit::Byte(byte), rest));
    match code {
        b'a' => plain(7),
        b'b' => plain(8),
        b'f' => plain(12),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'v' => plain(11),
        b'\\' => plain(b'\\'),
        b'\'' | b'"' if code == quote => plain(code),
        b'x' => coded(rest, 2, 16, true),
        b'u' => coded(rest, 4, 16, false),
        b'U' => coded(rest, 8, 16, false),
        b'0'..=b'7' => coded(&text[1..], 3, 8, true),
        _ => None,
    }
}

/// A unit given by its number.
fn coded(text: &[u8], digits: usize, base: u32, byte: bool) -> Option<(Unit, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    let mut value = 0u32;
    for &digit in number {
        value = value
            .checked_mul(base)?
            .checked_add(char::from(digit).to_digit(base)?)?;
    }
    let unit = if byte {
        Unit::Byte(u8::try_from(value).ok()?)
    } else {
        Unit::Char(char::from_u32(value)?)
    };
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        let text = |token: &str| {
            string(token.as_bytes()).map(|bytes| String::from_utf8(bytes.into_owned()).unwrap())
        };
        assert_eq!(
            text(r#""a\n\t\"\x41\101\u00e9\U0001F600""#).unwrap(),
            "a\n\t\"AAé😀"
        );
        assert_eq!(text("`a\\n\r`").unwrap(), "a\\n");
        assert_eq!(text(r#""\'""#), None);
        assert_eq!(text(r#""\400""#), None);
        assert_eq!(text(r#""\ud800""#), None);
        assert_eq!(*string(b"\"\\xff\"").unwrap(), *b"\xff");
        assert_eq!(*string(b"\"\xff\"").unwrap(), *"\u{fffd}".as_bytes());
    }
}
