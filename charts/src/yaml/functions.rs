//! The functions that templates call: `toYaml`, `fromYaml` and their kin. None fails but those that begin with `must`
//! and, where there is no value at all, `toToml`.

use gotemplate::json::{self, Style};
use gotemplate::{List, Map, Str, Value};

use super::{encode, encode_pretty, unmarshal_list, unmarshal_map};
use crate::toml;

/// A value as YAML without the last line break; nothing if YAML cannot tell it.
pub fn to_yaml(value: &Value) -> Str {
    must_to_yaml(value).unwrap_or_default()
}

/// As [`to_yaml`], but an error if YAML cannot tell the value.
pub fn must_to_yaml(value: &Value) -> Result<Str, String> {
    let text = encode(value).map_err(|error| error.to_string())?;
    Ok(Str::new(text.strip_suffix(b"\n").unwrap_or(&text)))
}

/// As [`to_yaml`], with lists indented in mappings and no line folded.
pub fn to_yaml_pretty(value: &Value) -> Str {
    let text = encode_pretty(value).unwrap_or_default();
    Str::new(text.strip_suffix(b"\n").unwrap_or(&text))
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

/// A value as JSON; nothing if JSON cannot tell it.
pub fn to_json(value: &Value) -> Str {
    must_to_json(value).unwrap_or_default()
}

/// As [`to_json`], but an error if JSON cannot tell the value.
pub fn must_to_json(value: &Value) -> Result<Str, String> {
    let text = json::marshal(value, Style::default()).map_err(|error| error.to_string())?;
    Ok(Str::from(text))
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
        assert_eq!(to_json(&from_yaml(b"").into()), "{}");
        assert_eq!(to_json(&from_yaml_array(b"null").into()), "[]");
        assert_eq!(to_json(&from_json(b"null").into()), "null");
        assert_eq!(to_yaml(&from_json_array(b"null").into()), "null");
    }
}
