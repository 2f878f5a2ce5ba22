//! What is wrong with a JSON text, in Go's words.

use std::fmt;

use crate::Value;

/// A JSON text that cannot be read, or a value that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    text: String,
}

impl JsonError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text has ended too soon.
    pub(super) fn ended() -> Self {
        Self::new("unexpected end of JSON input")
    }

    /// A byte that has no place `context`; Go shows it as if it were a character.
    pub(super) fn unexpected(byte: u8, context: &str) -> Self {
        let shown = match byte {
            b'\'' => "\\'".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            0x07 => "\\a".to_owned(),
            0x08 => "\\b".to_owned(),
            0x0B => "\\v".to_owned(),
            0x0C => "\\f".to_owned(),
            0x00..=0x1F | 0x7F => format!("\\x{byte:02x}"),
            0x80..=0xA0 | 0xAD => format!("\\u{byte:04x}"),
            _ => char::from(byte).to_string(),
        };
        Self::new(format!("invalid character '{shown}' {context}"))
    }

    /// A number that no float can hold.
    pub(super) fn out_of_range(number: &str) -> Self {
        Self::new(format!(
            "json: cannot unmarshal number {number} into Go value of type float64"
        ))
    }

    /// A value of a kind that a Go type has no place for.
    pub fn mismatch(value: &Value, target: &str) -> Self {
        let kind = kind_of(value);
        Self::new(format!(
            "json: cannot unmarshal {kind} into Go value of type {target}"
        ))
    }

    /// A value of a kind that a field of a Go struct has no place for.
    pub fn field_mismatch(value: &Value, field: &str, target: &str) -> Self {
        let kind = kind_of(value);
        Self::new(format!(
            "json: cannot unmarshal {kind} into Go struct field {field} of type {target}"
        ))
    }
}

/// What JSON calls a value that was read.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Nil => "null",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::error::Error for JsonError {}
