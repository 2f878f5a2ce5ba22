//! From values to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Kind, Object, Str, Value};

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// One line for each item, two spaces for each level.
    pub(super) indented: bool,
    /// `<`, `>` and `&` stand as they are, rather than as escapes that are safe within HTML.
    pub(super) raw: bool,
}

/// Values that are deeper than this hold themselves, or might as well.
const DEEPEST: usize = 10_000;

/// Writes a value; the error has Go's words.
pub(super) fn write(value: &Value, style: Style) -> Result<Vec<u8>, String> {
    let mut writer = Writer {
        output: Vec::with_capacity(64),
        style,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.output)
}

struct Writer {
    output: Vec<u8>,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Nil => self.plain("null"),
            Value::Bool(truth) => self.plain(if *truth { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) | Value::Duration(number) => {
                self.plain(&number.to_string());
            }
            Value::Int32(number) => self.plain(&number.to_string()),
            Value::Uint8(number) => self.plain(&number.to_string()),
            Value::Uint64(number) => self.plain(&number.to_string()),
            Value::Float(number) => self.float(*number)?,
            Value::String(text) => self.string(text),
            Value::Bytes(bytes) => self.plain(&format!("\"{}\"", STANDARD.encode(bytes))),
            Value::List(items) => self.items(items.iter(), Self::value)?,
            Value::Strings(strings) => self.items(strings.iter(), |writer, text| {
                writer.string(text);
                Ok(())
            })?,
            Value::Map(map) => self.entries(map.read().iter(), Self::value)?,
            Value::StringMap(map) => self.entries(map.iter(), |writer, text| {
                writer.string(text);
                Ok(())
            })?,
            Value::Time(time) => {
                let written = crate::time::format(time, b"\"2006-01-02T15:04:05.999999999Z07:00\"");
                self.output.extend(written);
            }
            Value::Object(object) => self.object(&**object)?,
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), String> {
        if let Some(map) = object.as_map() {
            return self.value(&Value::Map(map));
        }
        if let Some(list) = object.as_list() {
            return self.value(&Value::List(list));
        }
        match (object.as_string().or_else(|| object.text()), object.as_int()) {
            (Some(text), _) => self.string(&text),
            (None, Some(number)) => self.plain(&number.to_string()),
            (None, None) if object.kind() == Kind::Func => {
                return Err(format!("json: unsupported type: {}", object.type_name()));
            }
            (None, None) => {
                return self.entries(
                    object.fields().iter().map(|(name, value)| (name, value)),
                    Self::value,
                );
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, number: f64) -> Result<(), String> {
        if !number.is_finite() {
            let name = if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(format!("json: unsupported value: {name}"));
        }
        let size = number.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let written = format!("{number:e}");
            let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            self.plain(&format!("{mantissa}e{sign}{exponent}"));
        } else {
            self.plain(&number.to_string());
        }
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.output.push(b'"');
        for chunk in text.utf8_chunks() {
            self.characters(chunk.valid());
            for _ in chunk.invalid() {
                self.plain("\\ufffd");
            }
        }
        self.output.push(b'"');
    }

    fn characters(&mut self, text: &str) {
        let mut copied = 0;
        for (index, character) in text.char_indices() {
            let escape = match character {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '\u{2028}' => "\\u2028",
                '\u{2029}' => "\\u2029",
                '<' | '>' | '&' if !self.style.raw => "",
                '\0'..'\u{20}' => "",
                _ => continue,
            };
            self.plain(&text[copied..index]);
            copied = index + character.len_utf8();
            if escape.is_empty() {
                self.plain(&format!("\\u{:04x}", u32::from(character)));
            } else {
                self.plain(escape);
            }
        }
        self.plain(&text[copied..]);
    }

    fn items<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.nested([b'[', b']'], items, |writer, item| write(writer, item))
    }

    fn entries<'k, T>(
        &mut self,
        entries: impl ExactSizeIterator<Item = (&'k Str, T)>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.nested([b'{', b'}'], entries, |writer, (key, value)| {
            writer.string(key);
            writer.plain(if writer.style.indented { ": " } else { ":" });
            write(writer, value)
        })
    }

    fn nested<T>(
        &mut self,
        [open, close]: [u8; 2],
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("json: unsupported value: encountered a cycle".to_owned());
        }
        self.output.push(open);
        let empty = items.len() == 0;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.output.push(b',');
            }
            self.line();
            crate::stack::grow(|| write(self, item))?;
        }
        self.depth -= 1;
        if !empty {
            self.line();
        }
        self.output.push(close);
        Ok(())
    }

    /// A new line, where lines are wanted.
    fn line(&mut self) {
        if self.style.indented {
            self.output.push(b'\n');
            self.output.resize(self.output.len() + 2 * self.depth, b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;
    use crate::Map;

    fn written(value: impl Into<Value>, style: Style) -> String {
        write(&value.into(), style)
            .expect("writes")
            .to_str_lossy()
            .into_owned()
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        for (number, expected) in [
            (1.0, "1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (0.000_001, "0.000001"),
            (-0.5, "-0.5"),
            (-0.0, "-0"),
        ] {
            assert_eq!(written(number, Style::default()), expected);
        }
        assert_eq!(
            write(&f64::NAN.into(), Style::default()).unwrap_err(),
            "json: unsupported value: NaN"
        );
    }

    #[test]
    fn texts_are_escaped_for_html_unless_raw() {
        let text = Value::from(&b"<a&\"\n\x01\xff\xe2\x80\xa8>"[..]);
        assert_eq!(
            written(text.clone(), Style::default()),
            r#""\u003ca\u0026\"\n\u0001\ufffd\u2028\u003e""#
        );
        assert_eq!(
            written(
                text,
                Style {
                    raw: true,
                    indented: false
                }
            ),
            r#""<a&\"\n\u0001\ufffd\u2028>""#
        );
    }

    #[test]
    fn lines_are_indented_but_not_within_what_is_empty() {
        let map = Map::from([
            ("b", Value::from(Vec::<Value>::new())),
            ("a", vec![Value::from(1), Map::new().into()].into()),
        ]);
        assert_eq!(
            written(
                map,
                Style {
                    indented: true,
                    raw: false
                }
            ),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
        );
    }

    #[test]
    fn a_value_that_holds_itself_is_refused() {
        let map = Map::new();
        map.insert("self", map.clone());
        assert!(write(&map.clone().into(), Style::default()).is_err());
        map.remove("self");
    }
}
