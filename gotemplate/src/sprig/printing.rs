//! Values as `%v` prints them, and texts in quotes.

use std::fmt::Write as _;

use super::arguments::characters;
use super::text::letters::is_graphic;
use crate::{Map, Object, Value};

/// Deeper values than this hold themselves.
const DEEPEST: usize = 1000;

/// The text in double quotes, as `%q` prints it.
pub(crate) fn quote(text: &[u8]) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut position = 0;
    for (character, width) in characters(text) {
        let byte = text[position];
        position += width;
        let code = u32::from(character);
        let _ = match character {
            '\u{fffd}' if width == 1 => write!(quoted, "\\x{byte:02x}"),
            '"' | '\\' => write!(quoted, "\\{character}"),
            '\u{7}' => write!(quoted, "\\a"),
            '\u{8}' => write!(quoted, "\\b"),
            '\u{c}' => write!(quoted, "\\f"),
            '\n' => write!(quoted, "\\n"),
            '\r' => write!(quoted, "\\r"),
            '\t' => write!(quoted, "\\t"),
            '\u{b}' => write!(quoted, "\\v"),
            ' ' => write!(quoted, " "),
            _ if is_graphic(character) => write!(quoted, "{character}"),
            _ if code < 0x80 => write!(quoted, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(quoted, "\\u{code:04x}"),
            _ => write!(quoted, "\\U{code:08x}"),
        };
    }
    quoted.push('"');
    quoted
}

/// The value as `%v` prints it.
pub(crate) fn print(value: &Value) -> Vec<u8> {
    let mut output = Vec::new();
    append(&mut output, value, 0);
    output
}

fn append(output: &mut Vec<u8>, value: &Value, depth: usize) {
    match value {
        Value::Nil => output.extend_from_slice(b"<nil>"),
        Value::Bool(truth) => output.extend_from_slice(truth.to_string().as_bytes()),
        Value::Int(number) | Value::Int64(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Int32(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint8(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint64(number) => output.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => output.extend_from_slice(float(*number).as_bytes()),
        Value::String(text) => output.extend_from_slice(text),
        Value::Bytes(bytes) => row(output, bytes.iter(), |output, byte| {
            output.extend_from_slice(byte.to_string().as_bytes());
        }),
        Value::Strings(strings) => row(output, strings.iter(), |output, text| {
            output.extend_from_slice(text);
        }),
        Value::List(items) => nested(output, depth, |output| {
            row(output, items.iter(), |output, item| {
                append(output, item, depth + 1);
            });
        }),
        Value::Map(map) => append_map(output, map, depth),
        Value::StringMap(map) => {
            output.extend_from_slice(b"map");
            row(output, map.iter(), |output, (key, text)| {
                output.extend([&key[..], b":", &text[..]].concat());
            });
        }
        Value::Time(time) => output.extend(crate::time::text(time)),
        Value::Duration(span) => output.extend_from_slice(crate::time::duration_text(*span).as_bytes()),
        Value::Object(object) => append_object(output, &**object, depth),
    }
}

fn append_map(output: &mut Vec<u8>, map: &Map, depth: usize) {
    output.extend_from_slice(b"map");
    nested(output, depth, |output| {
        row(output, map.entries().into_iter(), |output, (key, value)| {
            output.extend_from_slice(&key);
            output.push(b':');
            append(output, &value, depth + 1);
        });
    });
}

fn append_object(output: &mut Vec<u8>, object: &dyn Object, depth: usize) {
    if let Some(text) = object.text().or_else(|| object.as_string()) {
        output.extend_from_slice(&text);
    } else if let Some(map) = object.as_map() {
        append_map(output, &map, depth);
    } else if let Some(list) = object.as_list() {
        append(output, &Value::List(list), depth);
    } else {
        output.push(b'{');
        for (index, (_, value)) in object.fields().iter().enumerate() {
            if index > 0 {
                output.push(b' ');
            }
            append(output, value, depth + 1);
        }
        output.push(b'}');
    }
}

fn nested(output: &mut Vec<u8>, depth: usize, print: impl FnOnce(&mut Vec<u8>)) {
    if depth < DEEPEST {
        crate::stack::grow(|| print(output));
    }
}

fn row<T>(output: &mut Vec<u8>, items: impl Iterator<Item = T>, mut print: impl FnMut(&mut Vec<u8>, T)) {
    output.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            output.push(b' ');
        }
        print(output, item);
    }
    output.push(b']');
}

/// The shortest digits that read as the number, with an exponent where it is below -4 or above 5.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let written = format!("{number:e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..=5).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_in_go() {
        assert_eq!(quote(b"a\"b'\\\n\x01\xff"), r#""a\"b'\\\n\x01\xff""#);
        assert_eq!(quote("é\u{200b}😀\u{a0}".as_bytes()), "\"é\\u200b😀\\u00a0\"");
    }

    #[test]
    fn values_are_printed_as_in_go() {
        let map = Map::from([
            ("b", Value::from(1e21)),
            ("a", vec![Value::Nil, 1.5.into()].into()),
        ]);
        assert_eq!(print(&map.into()), b"map[a:[<nil> 1.5] b:1e+21]");
        assert_eq!(print(&1e6.into()), b"1e+06");
        assert_eq!(print(&123_456_789.0.into()), b"1.23456789e+08");
    }
}
