//! Base64 and base32, with Go's words for what cannot be decoded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::arguments::{Arguments, text};
use crate::{Function, Type};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[Type::String], |context, given| {
        text(context, encode64(Arguments(given).text(0)))
    }),
    Function::new("b64dec", &[Type::String], |context, given| {
        let decoded = decode64(Arguments(given).text(0));
        text(context, decoded.unwrap_or_else(|at| corrupt("base64", at)))
    }),
    Function::new("b32enc", &[Type::String], |context, given| {
        text(context, encode32(Arguments(given).text(0)))
    }),
    Function::new("b32dec", &[Type::String], |context, given| {
        let decoded = decode32(Arguments(given).text(0));
        text(context, decoded.unwrap_or_else(|at| corrupt("base32", at)))
    }),
];

/// What stands in for bytes that could not be decoded: the error's text.
fn corrupt(kind: &str, at: usize) -> Vec<u8> {
    format!("illegal {kind} data at input byte {at}").into_bytes()
}

pub(super) fn encode64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes, or where the text stops being base64. Line ends do not count.
pub(super) fn decode64(text: &[u8]) -> Result<Vec<u8>, usize> {
    // The error of the crate counts differently, so it only tells that there is one.
    if let Ok(bytes) = STANDARD.decode(text) {
        return Ok(bytes);
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut position = 0;
    loop {
        let (quantum, length, next) = quantum64(text, position)?;
        bytes.extend_from_slice(&quantum.to_be_bytes()[1..length]);
        position = next;
        if length == 1 || next == text.len() {
            return Ok(bytes);
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn skip_line_ends(text: &[u8], position: usize) -> usize {
    position
        + text[position..]
            .iter()
            .take_while(|&&byte| is_line_end(byte))
            .count()
}

/// Up to four characters: their bits, one more than how many bytes they are, and where they end.
fn quantum64(text: &[u8], mut position: usize) -> Result<(u32, usize, usize), usize> {
    let (mut bits, mut count) = (0_u32, 0);
    while count < 4 {
        let Some(&byte) = text.get(position) else {
            return if count == 0 {
                Ok((0, 1, position))
            } else {
                Err(position - count)
            };
        };
        position += 1;
        if let Some(value) = value64(byte) {
            bits |= u32::from(value) << (18 - 6 * count);
            count += 1;
            continue;
        }
        if is_line_end(byte) {
            continue;
        }
        if byte != b'=' || count < 2 {
            return Err(position - 1);
        }
        return Ok((bits, count, end_of_padding(text, position, count)?));
    }
    Ok((bits, 4, position))
}

/// Where the text ends behind its first `=`, which must be the end of all.
fn end_of_padding(text: &[u8], mut position: usize, count: usize) -> Result<usize, usize> {
    if count == 2 {
        position = skip_line_ends(text, position);
        match text.get(position) {
            None => return Err(text.len()),
            Some(b'=') => position += 1,
            Some(_) => return Err(position - 1),
        }
    }
    position = skip_line_ends(text, position);
    if position < text.len() {
        Err(position)
    } else {
        Ok(position)
    }
}

fn value64(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn encode32(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Vec::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let bits = chunk
            .iter()
            .fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte))
            << (8 * (5 - chunk.len()));
        let characters = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let value = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0);
            text.push(if index < characters { ALPHABET[value] } else { b'=' });
        }
    }
    text
}

/// The bytes, or where the text stops being base32. Line ends do not count.
fn decode32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|&byte| !is_line_end(byte)).collect();
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5);
    let mut position = 0;
    while position < text.len() {
        let (bits, count) = quantum32(&text, position)?;
        bytes.extend_from_slice(&bits.to_be_bytes()[3..3 + count * 5 / 8]);
        if count < 8 {
            return Ok(bytes);
        }
        position += 8;
    }
    Ok(bytes)
}

/// Up to eight characters: their bits and how many there are.
fn quantum32(text: &[u8], start: usize) -> Result<(u64, usize), usize> {
    let mut bits = 0_u64;
    for count in 0..8 {
        let position = start + count;
        let byte = *text.get(position).ok_or(text.len() - count)?;
        let left = text.len() - position - 1;
        if byte == b'=' && count >= 2 && left < 8 {
            check_padding32(text, position, count)?;
            return Ok((bits, count));
        }
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return Err(position),
        };
        bits |= u64::from(value) << (35 - 5 * count);
    }
    Ok((bits, 8))
}

fn check_padding32(text: &[u8], position: usize, count: usize) -> Result<(), usize> {
    let left = &text[position + 1..];
    if left.len() + count < 7 {
        return Err(text.len());
    }
    if let Some(index) = left.iter().take(7 - count).position(|&byte| byte != b'=') {
        return Err(position + index);
    }
    // So many characters are no whole number of bytes.
    if matches!(count, 3 | 6) {
        Err(position)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_up_to_the_first_wrong_byte() {
        assert_eq!(decode64(b"aGVs\nbG8=\n"), Ok(b"hello".to_vec()));
        assert_eq!(decode64(b""), Ok(Vec::new()));
        for (text, at) in [
            ("a", 0),
            ("ab", 0),
            ("aGVsbG8", 4),
            ("a*bc", 1),
            ("aa==x", 4),
            ("aa=b", 2),
            ("====", 0),
        ] {
            assert_eq!(decode64(text.as_bytes()), Err(at), "{text}");
        }
    }

    #[test]
    fn base32_goes_both_ways() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "MY======"),
            ("foo", "MZXW6==="),
            ("foobar", "MZXW6YTBOI======"),
        ] {
            assert_eq!(encode32(plain.as_bytes()), encoded.as_bytes());
            assert_eq!(decode32(encoded.as_bytes()), Ok(plain.as_bytes().to_vec()));
        }
        assert_eq!(decode32(b"!"), Err(0));
        assert_eq!(decode32(b"MY"), Err(0));
    }
}
