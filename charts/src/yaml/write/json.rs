//! What the way through JSON does to strings and numbers.

use std::borrow::Cow;

use bstr::ByteSlice as _;
use gotemplate::json::{Style, float, marshal, write_string};
use gotemplate::{Str, Value};

use super::super::source::Source;
use super::Unwritable;

/// A key must end within this many characters of JSON, quotes included.
const KEY_REACH: usize = 1024;

/// A number as YAML writes what JSON wrote.
pub(super) fn number(value: f64) -> Result<String, Unwritable> {
    if !value.is_finite() {
        return Err(Unwritable::Value(format!("json: unsupported value: {value}")));
    }
    let text = float::json(value);
    let whole = text.parse::<i64>().map(|number| number.to_string());
    Ok(whole
        .or_else(|_| text.parse::<u64>().map(|number| number.to_string()))
        .unwrap_or_else(|_| float::yaml(value)))
}

/// The string that JSON has for bytes and times.
pub(super) fn string_of(value: &Value) -> Result<Str, Unwritable> {
    let json = marshal(value, Style::default()).map_err(|error| Unwritable::Value(error.to_string()))?;
    Ok(Str::new(json.trim_with(|character| character == '"')))
}

/// A string as it comes back from JSON: nearly always itself.
pub(super) fn text(text: &[u8]) -> Result<Cow<'_, [u8]>, Unwritable> {
    if is_unchanged(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut json = Vec::new();
    write_string(text, false, &mut json);
    let source = Source::new(&json);
    if let Some(problem) = source.problem {
        return Err(Unwritable::Value(problem.to_string()));
    }
    match super::super::decode(&json) {
        Ok(Value::String(text)) => Ok(Cow::Owned(text.to_vec())),
        _ => Err(Unwritable::Value("a string cannot be written".to_owned())),
    }
}

fn is_unchanged(text: &[u8]) -> bool {
    if text.is_ascii() {
        return memchr::memchr(0x7F, text).is_none();
    }
    let odd = |character: char| matches!(character, '\x7F'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}');
    std::str::from_utf8(text).is_ok_and(|text| !text.chars().any(odd))
}

/// Whether a key can be read back from JSON as YAML, which looks for its end on its line and within a bound.
pub(super) fn check_key(key: &[u8]) -> Result<(), Unwritable> {
    if key.contains_str("\u{85}") {
        return Err(Unwritable::Value(
            "a key holds a line break that JSON does not know".to_owned(),
        ));
    }
    if key.len() * 6 + 2 <= KEY_REACH {
        return Ok(());
    }
    let mut json = Vec::new();
    write_string(key, false, &mut json);
    if json.chars().count() > KEY_REACH {
        return Err(Unwritable::Value("a key is too long".to_owned()));
    }
    Ok(())
}
