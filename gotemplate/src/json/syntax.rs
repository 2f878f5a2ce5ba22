//! What is wrong with a JSON text, in Go's words.

use std::fmt;

use crate::format::quote;
use crate::{Error, Value};

/// A JSON text that cannot be read, or a value that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    text: String,
    limit: bool,
}

impl JsonError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            limit: false,
        }
    }

    /// The text would become longer than is allowed.
    pub(super) fn too_long(most: usize) -> Self {
        Self {
            limit: true,
            ..Self::new(format!(
                "rendering ran out of output: JSON of more than {most} bytes"
            ))
        }
    }

    /// The text has ended too soon.
    pub(super) fn ended() -> Self {
        Self::new("unexpected end of JSON input")
    }

    /// A byte that has no place `context`; Go shows it as if it were a character.
    pub(super) fn unexpected(byte: u8, context: &str) -> Self {
        let shown = quote::character(char::from(byte), false);
        Self::new(format!("invalid character {shown} {context}"))
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

impl From<JsonError> for Error {
    fn from(error: JsonError) -> Self {
        if error.limit {
            Self::limit(error.text)
        } else {
            Self::new(error.text)
        }
    }
}
