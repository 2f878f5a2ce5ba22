//! Values to JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::float;
use super::string::write_string;
use super::syntax::JsonError;
use crate::{Kind, List, Map, Object, Str, Value, grow, time};

/// From here on Go looks for cycles.
const SUSPICIOUS: usize = 1_000;
/// What nests deeper is refused as if it were a cycle.
const MAX_DEPTH: usize = 10_000;
/// No text gets longer than this where nothing else limits it.
const MOST: usize = 512 << 20;

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
    marshal_within(value, style, MOST)
}

/// The same, but a text much longer than `most` bytes is refused before it is made.
pub fn marshal_within(value: &Value, style: Style, most: usize) -> Result<Vec<u8>, JsonError> {
    let mut writer = Writer {
        out: Vec::new(),
        style,
        most,
        depth: 0,
        open: Vec::new(),
    };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    style: Style,
    most: usize,
    depth: usize,
    /// Where the collections lie that are being written, from the suspicious depth on.
    open: Vec<usize>,
}

/// A collection that is being written.
#[derive(Clone, Copy)]
struct Collection<'v> {
    brackets: [u8; 2],
    type_name: &'v str,
    /// A number of its own.
    identity: usize,
}

impl<'v> Collection<'v> {
    fn list(type_name: &'v str, identity: usize) -> Self {
        Self {
            brackets: *b"[]",
            type_name,
            identity,
        }
    }

    fn map(type_name: &'v str, identity: usize) -> Self {
        Self {
            brackets: *b"{}",
            type_name,
            identity,
        }
    }
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
            Value::List(items) => grow(|| self.items(value.type_name(), items))?,
            Value::Strings(items) => {
                let this = Collection::list(value.type_name(), items.as_ptr().addr());
                self.collection(this, items.iter(), Self::string_item)?;
            }
            Value::Map(map) => grow(|| self.entries(value.type_name(), map))?,
            Value::StringMap(map) => {
                let this = Collection::map(value.type_name(), std::rc::Rc::as_ptr(map).addr());
                self.map(this, map.iter(), Self::string_item)?;
            }
            Value::Time(time) => {
                let text = time::format(time, b"\"2006-01-02T15:04:05.999999999Z07:00\"");
                self.out.extend(text);
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
            return self.entries(object.type_name(), &map);
        }
        if let Some(list) = object.as_list() {
            return self.items(object.type_name(), &list);
        }
        if object.kind() == Kind::Func {
            let text = format!("json: unsupported type: {}", object.type_name());
            return Err(JsonError::new(text));
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
            let this = Collection::map(object.type_name(), std::ptr::from_ref(object).addr());
            return self.map(
                this,
                fields.iter().map(|(name, value)| (name, value)),
                Self::value,
            );
        }
        Ok(())
    }

    fn items(&mut self, type_name: &str, items: &List) -> Result<(), JsonError> {
        if items.is_nil() {
            self.text("null");
            return Ok(());
        }
        let this = Collection::list(type_name, items.as_ptr().addr());
        self.collection(this, items.iter(), Self::value)
    }

    fn entries(&mut self, type_name: &str, map: &Map) -> Result<(), JsonError> {
        if map.is_nil() {
            self.text("null");
            return Ok(());
        }
        let this = Collection::map(type_name, map.identity());
        self.map(this, map.read().iter(), Self::value)
    }

    fn map<'v, T>(
        &mut self,
        this: Collection<'_>,
        entries: impl ExactSizeIterator<Item = (&'v Str, T)>,
        write: fn(&mut Self, T) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.collection(this, entries, |writer, (key, value)| {
            writer.string(key);
            writer.text(if writer.style.indent > 0 { ": " } else { ":" });
            write(writer, value)
        })
    }

    fn collection<T>(
        &mut self,
        this: Collection<'_>,
        items: impl ExactSizeIterator<Item = T>,
        write: impl Fn(&mut Self, T) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if items.len() == 0 {
            self.out.extend(this.brackets);
            return Ok(());
        }
        self.open(this)?;
        for (index, item) in items.enumerate() {
            self.separate(index)?;
            write(self, item)?;
        }
        self.close(this);
        Ok(())
    }

    fn open(&mut self, this: Collection<'_>) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > SUSPICIOUS {
            if self.depth > MAX_DEPTH || self.open.contains(&this.identity) {
                return Err(JsonError::new(format!(
                    "json: unsupported value: encountered a cycle via {}",
                    this.type_name
                )));
            }
            self.open.push(this.identity);
        }
        self.out.push(this.brackets[0]);
        Ok(())
    }

    fn separate(&mut self, index: usize) -> Result<(), JsonError> {
        if self.out.len() > self.most {
            return Err(JsonError::too_long(self.most));
        }
        if index > 0 {
            self.out.push(b',');
        }
        self.new_line();
        Ok(())
    }

    fn close(&mut self, this: Collection<'_>) {
        if self.depth > SUSPICIOUS {
            self.open.pop();
        }
        self.depth -= 1;
        self.new_line();
        self.out.push(this.brackets[1]);
    }

    fn new_line(&mut self) {
        if self.style.indent > 0 {
            self.out.push(b'\n');
            let spaces = self.depth * self.style.indent;
            self.out.resize(self.out.len() + spaces, b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let list = |item: &Map| Value::from(vec![Value::from(item.clone())]);
        for (inside, kind) in [
            (Value::from(map.clone()), "map[string]interface {}"),
            (list(&map), "map[string]interface {}"),
            (list(&Map::from([("x", map.clone())])), "[]interface {}"),
        ] {
            map.insert("self", inside);
            let error = marshal(&Value::Map(map.clone()), Style::default()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("json: unsupported value: encountered a cycle via {kind}")
            );
        }
        map.remove("self");
    }

    #[test]
    fn what_is_deep_or_blows_up_is_written_or_refused_without_harm() {
        let nested = |depth| (0..depth).fold(Value::Nil, |inside, _| vec![inside].into());
        assert_eq!(
            marshal(&nested(MAX_DEPTH), Style::default()).unwrap().len(),
            2 * MAX_DEPTH + 4
        );
        assert!(marshal(&nested(MAX_DEPTH + 1), Style::default()).is_err());
        let wide = (0..40).fold(Value::Nil, |inside, _| vec![inside.clone(), inside].into());
        let error = marshal_within(&wide, Style::default(), 1000).unwrap_err();
        assert!(crate::Error::from(error).is_limit());
    }
}
