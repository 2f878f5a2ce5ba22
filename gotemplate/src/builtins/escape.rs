//! `html`, `js` and `urlquery`.

use std::fmt::Write as _;

use crate::characters;
use crate::format::quote;
use crate::{Str, Value};

pub(super) fn html(text: Str) -> Value {
    let special = |byte: &u8| matches!(byte, b'"' | b'\'' | b'&' | b'<' | b'>' | 0);
    if !text.iter().any(special) {
        return Value::String(text);
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    for &byte in text.iter() {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    out.into()
}

pub(super) fn javascript(text: Str) -> Value {
    let special =
        |byte: &u8| matches!(byte, b'\\' | b'\'' | b'"' | b'<' | b'>' | b'&' | b'=' | 0..0x20 | 0x80..);
    if !text.iter().any(special) {
        return Value::String(text);
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut rest: &[u8] = &text;
    while let Some((character, width)) = characters::first(rest) {
        match character {
            '\\' | '\'' | '"' => out.extend([b'\\', rest[0]]),
            '<' | '>' | '&' | '=' | '\0'..' ' => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes());
            }
            _ if character.is_ascii() || quote::is_printable(character) => {
                out.extend_from_slice(&rest[..width]);
            }
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes()),
        }
        rest = &rest[width..];
    }
    out.into()
}

pub(super) fn query(text: &Str) -> Value {
    let mut out = String::with_capacity(text.len());
    for &byte in text.iter() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out.into()
}
