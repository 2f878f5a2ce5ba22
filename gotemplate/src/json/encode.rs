//! Values to JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::float;
use super::syntax::JsonError;
use crate::{Object, Str, Value, grow};

/// What nests deeper is taken for a cycle.
const MAX_DEPTH: usize = 1000;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Spaces per level; 0 for one line.
    pub indent: usize,
    /// Whether `<`, `>` and `&` stay as they are.
    pub raw: bool,
}

/// Writes a value as JSON, maps in the order of their keys.
pub fn marshal(value: &Value, style: Style) -> Result<Vec<u8>, JsonError> {
    let mut writer = Writer {
        out: Vec::new(),
        style,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), JsonError> {
        match value {
            Value::Nil => self.text("null"),
            Value::Bool(value) => self.text(if *value { "true" } else { "false" }),
            Value::Int(value) | Value::Int64(value) | Value::Duration(value) => self.text(&value.to_string()),
            Value::Int32(value) => self.text(&value.to_string()),
            Value::Uint8(value) => self.text(&value.to_string()),
            Value::Uint64(value) => self.text(&value.to_string()),
            Value::Float(value) => self.float(*value)?,
            Value::String(text) => self.string(text),
            Value::Bytes(bytes) => {
                let text = STANDARD.encode(bytes);
                self.text(&format!("\"{text}\""));
            }
            Value::List(items) if items.is_nil() => self.text("null"),
            Value::List(items) => grow(|| self.list(items.iter(), Self::value))?,
            Value::Strings(items) => self.list(items.iter(), Self::string_item)?,
            Value::Map(map) if map.is_nil() => self.text("null"),
            Value::Map(map) => grow(|| self.map(map.read().iter(), Self::value))?,
            Value::StringMap(map) => self.map(map.iter(), Self::string_item)?,
            Value::Time(time) => {
                let text = time.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
                self.text(&format!(
                    "\"{}\"",
                    text.strip_suffix("+00:00")
                        .map_or(text.clone(), |t| format!("{t}Z"))
                ));
            }
            Value::Object(object) => grow(|| self.object(&**object))?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &[u8]) {
        write_string(text, self.style.raw, &mut self.out);
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "items of any kind are written through one signature"
    )]
    fn string_item(&mut self, text: &Str) -> Result<(), JsonError> {
        self.string(text);
        Ok(())
    }

    fn float(&mut self, value: f64) -> Result<(), JsonError> {
        if value.is_finite() {
            self.text(&float::json(value));
            return Ok(());
        }
        let shown = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Err(JsonError::new(format!("json: unsupported value: {shown}")))
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), JsonError> {
        if let Some(map) = object.as_map() {
            return self.map(map.read().iter(), Self::value);
        }
        if let Some(list) = object.as_list() {
            return self.list(list.iter(), Self::value);
        }
        let fields = object.fields();
        if let Some(number) = object.as_int() {
            self.text(&number.to_string());
        } else if let Some(text) = object.as_string() {
            self.string(&text);
        } else if fields.is_empty()
            && let Some(text) = object.text()
        {
            self.string(&text);
        } else {
            return self.map(fields.iter().map(|(name, value)| (name, value)), Self::value);
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        write: fn(&mut Self, T) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if items.len() == 0 {
            self.text("[]");
            return Ok(());
        }
        self.open(b'[', "[]interface {}")?;
        for (index, item) in items.enumerate() {
            self.separate(index);
            write(self, item)?;
        }
        self.close(b']');
        Ok(())
    }

    fn map<'v, T>(
        &mut self,
        entries: impl ExactSizeIterator<Item = (&'v Str, T)>,
        write: fn(&mut Self, T) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if entries.len() == 0 {
            self.text("{}");
            return Ok(());
        }
        self.open(b'{', "map[string]interface {}")?;
        for (index, (key, value)) in entries.enumerate() {
            self.separate(index);
            self.string(key);
            self.text(if self.style.indent > 0 { ": " } else { ":" });
            write(self, value)?;
        }
        self.close(b'}');
        Ok(())
    }

    fn open(&mut self, bracket: u8, kind: &str) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let text = format!("json: unsupported value: encountered a cycle via {kind}");
            return Err(JsonError::new(text));
        }
        self.out.push(bracket);
        Ok(())
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push(b',');
        }
        self.new_line();
    }

    fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.new_line();
        self.out.push(bracket);
    }

    fn new_line(&mut self) {
        if self.style.indent > 0 {
            self.out.push(b'\n');
            let spaces = self.depth * self.style.indent;
            self.out.resize(self.out.len() + spaces, b' ');
        }
    }
}

/// Writes a string in quotes; `raw` leaves `<`, `>` and `&` as they are.
pub fn write_string(text: &[u8], raw: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut done = 0;
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        let width = match byte {
            b'"' | b'\\' | ..b' ' => 1,
            b'<' | b'>' | b'&' if !raw => 1,
            0x80.. => match long_character(&text[at..]) {
                (width, false) => {
                    at += width;
                    continue;
                }
                (width, true) => width,
            },
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&text[done..at]);
        escape(&text[at..at + width], out);
        at += width;
        done = at;
    }
    out.extend_from_slice(&text[done..]);
    out.push(b'"');
}

/// The width of a character of more than one byte, and whether it must be escaped.
fn long_character(text: &[u8]) -> (usize, bool) {
    let width = match text[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    match text.get(..width).map(std::str::from_utf8) {
        Some(Ok(character)) => (width, matches!(character, "\u{2028}" | "\u{2029}")),
        _ => (1, true),
    }
}

fn escape(character: &[u8], out: &mut Vec<u8>) {
    let short = match character {
        b"\"" | b"\\" => character[0],
        b"\n" => b'n',
        b"\r" => b'r',
        b"\t" => b't',
        b"\x08" => b'b',
        b"\x0C" => b'f',
        _ => {
            let code = match character {
                [0xE2, 0x80, last] => 0x2028 + u32::from(last - 0xA8),
                [byte @ ..0x80] => u32::from(*byte),
                _ => 0xFFFD,
            };
            out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Map;

    fn json(value: impl Into<Value>) -> String {
        String::from_utf8(marshal(&value.into(), Style::default()).unwrap()).unwrap()
    }

    #[test]
    fn strings_are_escaped_for_pages() {
        let text = Value::String(Str::from(&b"<a&b>\"\\\n\x08\x01\x7f\xff\xe2\x80\xa8\xc3\xbc"[..]));
        assert_eq!(
            json(text.clone()),
            "\"\\u003ca\\u0026b\\u003e\\\"\\\\\\n\\b\\u0001\u{7f}\\ufffd\\u2028ü\""
        );
        let style = Style { raw: true, indent: 0 };
        assert!(marshal(&text, style).unwrap().starts_with(b"\"<a&b>"));
    }

    #[test]
    fn maps_are_sorted_and_can_be_laid_out() {
        let map = Value::Map(Map::from([
            ("b", Value::Float(1e6)),
            ("a", Value::List(vec![Value::Nil, Value::Bool(true)].into())),
            ("c", Value::Map(Map::new())),
        ]));
        assert_eq!(json(map.clone()), r#"{"a":[null,true],"b":1000000,"c":{}}"#);
        let pretty = marshal(
            &map,
            Style {
                indent: 2,
                raw: false,
            },
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(pretty).unwrap(),
            "{\n  \"a\": [\n    null,\n    true\n  ],\n  \"b\": 1000000,\n  \"c\": {}\n}"
        );
    }

    #[test]
    fn what_json_cannot_tell_is_an_error() {
        let error = marshal(&Value::Float(f64::NAN), Style::default()).unwrap_err();
        assert_eq!(error.to_string(), "json: unsupported value: NaN");
        let map = Map::new();
        map.insert("self", Value::Map(map.clone()));
        let error = marshal(&Value::Map(map.clone()), Style::default()).unwrap_err();
        assert!(error.to_string().contains("encountered a cycle"));
        map.remove("self");
    }
}
