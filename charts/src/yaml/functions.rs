//! The functions that templates call: `toYaml`, `fromYaml` and their kin. None fails but those that begin with `must`
//! and, where there is no value at all, `toToml`; and any whose text gets too long.

use gotemplate::json::{self, Style};
use gotemplate::{Error, List, Map, Str, Value};

use super::{Unwritable, encode, encode_pretty, unmarshal_list, unmarshal_map};
use crate::toml;

/// A value as YAML without the last line break, of at most so many bytes; nothing if YAML cannot tell it.
pub fn to_yaml(value: &Value, most: usize) -> Result<Str, Error> {
    lenient(must_to_yaml(value, most))
}

/// As [`to_yaml`], but an error if YAML cannot tell the value.
pub fn must_to_yaml(value: &Value, most: usize) -> Result<Str, Error> {
    Ok(without_break(&encode(value, most)?))
}

/// As [`to_yaml`], with lists indented in mappings and no line folded.
pub fn to_yaml_pretty(value: &Value, most: usize) -> Result<Str, Error> {
    lenient(
        encode_pretty(value, most)
            .map(|text| without_break(&text))
            .map_err(Error::from),
    )
}

fn without_break(text: &[u8]) -> Str {
    Str::new(text.strip_suffix(b"\n").unwrap_or(text))
}

/// What cannot be told is an empty text; what exceeds the limits stays an error.
fn lenient(result: Result<Str, Error>) -> Result<Str, Error> {
    match result {
        Err(error) if !error.is_limit() => Ok(Str::EMPTY),
        result => result,
    }
}

impl From<Unwritable> for Error {
    fn from(problem: Unwritable) -> Self {
        match problem {
            Unwritable::Value(problem) => Self::new(problem),
            Unwritable::TooLong(most) => {
                Self::limit(format!("rendering ran out of output: more than {most} bytes"))
            }
        }
    }
}

/// A YAML mapping, empty for null; a problem stands in it under `Error`.
pub fn from_yaml(text: &[u8]) -> Map {
    match unmarshal_map(text, "map[string]interface {}") {
        Ok(map) => map.unwrap_or_default(),
        Err(error) => Map::from([("Error", error.to_string())]),
    }
}

/// A YAML sequence, empty for null; a problem is its only item.
pub fn from_yaml_array(text: &[u8]) -> List {
    match unmarshal_list(text) {
        Ok(list) => list.unwrap_or_else(|| Vec::new().into()),
        Err(error) => List::from(vec![Value::string(error.to_string())]),
    }
}

/// A value as JSON of at most so many bytes; nothing if JSON cannot tell it.
pub fn to_json(value: &Value, most: usize) -> Result<Str, Error> {
    lenient(must_to_json(value, most))
}

/// As [`to_json`], but an error if JSON cannot tell the value.
pub fn must_to_json(value: &Value, most: usize) -> Result<Str, Error> {
    Ok(json::marshal_within(value, Style::default(), most)?.into())
}

/// A JSON object, nil for null; a problem stands in it under `Error`.
pub fn from_json(text: &[u8]) -> Map {
    match json::unmarshal_map(text) {
        Ok(map) => map.unwrap_or_else(Map::nil),
        Err(error) => Map::from([("Error", error.to_string())]),
    }
}

/// A JSON array, nil for null; a problem is its only item.
pub fn from_json_array(text: &[u8]) -> List {
    match json::unmarshal_list(text) {
        Ok(list) => list.unwrap_or_default(),
        Err(error) => List::from(vec![Value::string(error.to_string())]),
    }
}

/// A value as TOML, or why TOML cannot tell it; nil is an error.
pub fn to_toml(value: &Value) -> Result<Str, String> {
    match must_to_toml(value) {
        Err(problem) if !value.is_nil() => Ok(problem.into()),
        result => result,
    }
}

/// As [`to_toml`], but an error if TOML cannot tell the value.
pub fn must_to_toml(value: &Value) -> Result<Str, String> {
    let text = toml::write(value).map_err(|error| error.to_string())?;
    Ok(text.into())
}

/// A TOML table; a problem stands in it under `Error`.
pub fn from_toml(text: &[u8]) -> Map {
    toml::read(text).unwrap_or_else(|problem| Map::from([("Error", problem.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_empty_in_yaml_and_nil_in_json() {
        let json = |value: Value| to_json(&value, 100).unwrap();
        assert_eq!(json(from_yaml(b"").into()), "{}");
        assert_eq!(json(from_yaml_array(b"null").into()), "[]");
        assert_eq!(json(from_json(b"null").into()), "null");
        let nil = Value::from(from_json_array(b"null"));
        assert_eq!(to_yaml(&nil, 100).unwrap(), "null");
    }
}
