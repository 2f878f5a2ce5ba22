//! YAML as Helm takes it: made JSON first, then read into what is wanted. The problems of both steps keep their words.

use gotemplate::json::{JsonError, float};
use gotemplate::{List, Map, Value};

use super::{Problem, decode, decode_typed};

/// A text that does not give what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnmarshalError {
    /// It is no YAML.
    #[error("error converting YAML to JSON: {0}")]
    Yaml(Problem),
    /// It is something else.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Json(JsonError),
}

impl UnmarshalError {
    /// A value of a kind that the wanted Go type has no place for.
    pub(crate) fn mismatch(value: &Value, target: &str) -> Self {
        Self::Json(JsonError::mismatch(value, target))
    }
}

/// Reads the first document of a text.
pub fn unmarshal(text: &[u8]) -> Result<Value, UnmarshalError> {
    decode(text).map_err(UnmarshalError::Yaml)
}

/// Reads a mapping; null gives none. `target` is the name of Go's type in the error for anything else.
pub fn unmarshal_map(text: &[u8], target: &str) -> Result<Option<Map>, UnmarshalError> {
    mapping(unmarshal(text)?, target)
}

/// As [`unmarshal_map`], for a mapping with fields that are texts: whole numbers keep their digits.
pub(crate) fn unmarshal_fields(text: &[u8], target: &str) -> Result<Option<Map>, UnmarshalError> {
    mapping(decode_typed(text).map_err(UnmarshalError::Yaml)?, target)
}

fn mapping(value: Value, target: &str) -> Result<Option<Map>, UnmarshalError> {
    match value {
        Value::Map(map) => Ok(Some(map)),
        Value::Nil => Ok(None),
        other => Err(UnmarshalError::mismatch(&other, target)),
    }
}

/// A scalar where a text is wanted: `1.10` is `1.1`, for it is read as a number first.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Uint64(value) => Some(value.to_string()),
        Value::Float(value) => Some(float::single(*value)),
        Value::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Reads a sequence; null gives none.
pub fn unmarshal_list(text: &[u8]) -> Result<Option<List>, UnmarshalError> {
    match unmarshal(text)? {
        Value::List(list) => Ok(Some(list)),
        Value::Nil => Ok(None),
        other => Err(UnmarshalError::mismatch(&other, "[]interface {}")),
    }
}
