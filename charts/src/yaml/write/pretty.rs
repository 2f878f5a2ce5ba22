//! Values as they are, without the way through JSON: what `toYamlPretty` writes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gotemplate::format::{float, text as shown};
use gotemplate::{Object, Str, Value, grow, time};

use super::style::Style;
use super::{Place, Result, Writer};

/// The length of a line of base64.
const LINE: usize = 70;

impl Writer {
    pub(super) fn pretty(&mut self, value: &Value, place: Place) -> Result {
        let string = |writer: &mut Self, text: &Str, place| {
            writer.pretty_string(text, place);
            Ok(())
        };
        match value {
            Value::Nil => self.word("null"),
            Value::Float(number) => self.word(&float_text(*number)),
            Value::String(text) => self.pretty_string(text, place),
            Value::Duration(_) => self.pretty_string(&shown(value).into(), place),
            Value::Time(moment) => {
                let text = time::format(moment, b"2006-01-02T15:04:05.999999999Z07:00");
                self.word(&String::from_utf8_lossy(&text));
            }
            Value::Bytes(bytes) => {
                let bytes: Vec<_> = bytes.iter().copied().map(Value::Uint8).collect();
                self.sequence(bytes.iter(), Self::pretty, place)?;
            }
            Value::List(items) => grow(|| self.sequence(items.iter(), Self::pretty, place))?,
            Value::Strings(items) => self.sequence(items.iter(), string, place)?,
            Value::Map(map) => grow(|| self.mapping(map.read().iter().collect(), Self::pretty, place))?,
            Value::StringMap(map) => self.mapping(map.iter().collect(), string, place)?,
            Value::Object(object) => grow(|| self.pretty_object(&**object, place))?,
            _ => self.word(&shown(value)),
        }
        Ok(())
    }

    fn pretty_object(&mut self, object: &dyn Object, place: Place) -> Result {
        if let Some(map) = object.as_map() {
            return self.pretty(&Value::Map(map), place);
        }
        if let Some(list) = object.as_list() {
            return self.pretty(&Value::List(list), place);
        }
        if let Some(number) = object.as_int() {
            return self.pretty(&Value::Int(number), place);
        }
        let fields = object.fields();
        let text = object
            .as_string()
            .or_else(|| object.text().filter(|_| fields.is_empty()));
        if let Some(text) = text {
            self.pretty_string(&text, place);
            return Ok(());
        }
        if fields.is_empty() {
            self.word("{}");
            return Ok(());
        }
        // The library knows a field by its name in small letters, and leaves the order as it is declared.
        let fields: Vec<(Str, Value)> = fields
            .into_iter()
            .map(|(name, value)| (name.to_text().to_lowercase().into(), value))
            .collect();
        let entries = fields.iter().map(|(name, value)| (name, value)).collect();
        self.entries(entries, Self::pretty, place)
    }

    fn pretty_string(&mut self, string: &Str, place: Place) {
        let (tag, text) = (tag(string), text(string));
        self.tag(tag);
        // A tag saves base64 from being taken for a number.
        let style = if !tag.is_empty() && !text.contains(&b'\n') {
            Style::Plain
        } else {
            Style::of(&text, false, self.dialect)
        };
        self.scalar(&text, style, Some(place.scalar_indent()));
    }

    pub(super) fn tag(&mut self, tag: &str) {
        if tag.is_empty() {
            return;
        }
        if !self.whitespace {
            self.put(b' ');
        }
        self.run(tag.as_bytes());
        self.whitespace = false;
        self.indention = false;
    }
}

/// The tag of a string: one that is no text goes as base64.
pub(super) fn tag(string: &Str) -> &'static str {
    match string.as_str() {
        Some(_) => "",
        None => "!!binary",
    }
}

/// The string as it is written, in base64 if it is no text.
pub(super) fn text(string: &Str) -> Cow<'_, [u8]> {
    if string.as_str().is_some() {
        return Cow::Borrowed(string);
    }
    let encoded = STANDARD.encode(string);
    if encoded.len() < LINE {
        return Cow::Owned(encoded.into_bytes());
    }
    let lines = encoded.as_bytes().chunks(LINE);
    Cow::Owned(lines.flat_map(|line| [line, b"\n"]).flatten().copied().collect())
}

fn float_text(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    match number {
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        _ => float(number, 'g', None),
    }
}
