//! Values to TOML text, byte for byte as Helm lays it out: plain entries first, then tables, two spaces a level.

use std::io::Write as _;

use gotemplate::format::{float, text as shown};
use gotemplate::{Object, Str, Time, Value, grow, time};

/// What nests deeper is taken for a cycle.
const MAX_DEPTH: usize = 1000;

/// A value that TOML cannot tell.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(&'static str);

type Result<T = ()> = std::result::Result<T, Unwritable>;

/// Writes a value; anything but a table stands for itself, without a line break.
pub fn write(value: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer::default();
    match value {
        // The library trips over it, and the words of its fall are what users see.
        Value::Nil => return Err(Unwritable("reflect: call of reflect.Value.Type on zero Value")),
        Value::List(items) if items.is_nil() => writer.inline_list(items)?,
        _ => writer.entry(value)?,
    }
    Ok(writer.out)
}

/// What kinds of values TOML tells apart.
enum Shape {
    Nil,
    Plain,
    List(Vec<Value>),
    Table(Table),
}

struct Table {
    entries: Vec<(Str, Value)>,
    /// Whether it is a Go struct, whose fields keep their order.
    fields: bool,
}

impl Shape {
    fn of(value: &Value) -> Self {
        let table = |entries| {
            Self::Table(Table {
                entries,
                fields: false,
            })
        };
        match value {
            Value::Nil => Self::Nil,
            Value::List(items) if items.is_nil() => Self::Nil,
            Value::Map(map) if map.is_nil() => Self::Nil,
            Value::List(items) => Self::List(items.to_vec()),
            Value::Strings(items) => Self::List(items.iter().cloned().map(Value::String).collect()),
            Value::Bytes(bytes) => Self::List(bytes.iter().copied().map(Value::Uint8).collect()),
            Value::Map(map) => table(map.entries()),
            Value::StringMap(map) => {
                let entries = map.iter();
                table(
                    entries
                        .map(|(key, text)| (key.clone(), Value::String(text.clone())))
                        .collect(),
                )
            }
            Value::Object(object) => Self::of_object(&**object),
            _ => Self::Plain,
        }
    }

    fn of_object(object: &dyn Object) -> Self {
        if let Some(map) = object.as_map() {
            return Self::of(&Value::Map(map));
        }
        if let Some(list) = object.as_list() {
            return Self::of(&Value::List(list));
        }
        let entries = object.fields();
        if entries.is_empty() && plain_text(object).is_some() {
            return Self::Plain;
        }
        Self::Table(Table {
            entries,
            fields: true,
        })
    }

    /// Whether the entries of this go below a header of their own.
    fn has_header(&self) -> Result<bool> {
        match self {
            Self::Table(_) => Ok(true),
            Self::List(items) => are_tables(items),
            _ => Ok(false),
        }
    }
}

/// Whether a list is one of tables alone; nil in any list is refused.
fn are_tables(items: &[Value]) -> Result<bool> {
    let mut all = !items.is_empty();
    for item in items {
        match Shape::of(item) {
            Shape::Nil => return Err(Unwritable("toml: cannot encode array with nil element")),
            Shape::Table(_) => {}
            Shape::List(items) => {
                grow(|| are_tables(&items))?;
                all = false;
            }
            Shape::Plain => all = false,
        }
    }
    Ok(all)
}

fn plain_text(object: &dyn Object) -> Option<Str> {
    let number = || object.as_int().map(|number| number.to_string().into());
    object.as_string().or_else(|| object.text()).or_else(number)
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// The keys down to what is written.
    path: Vec<Str>,
    depth: usize,
}

impl Writer {
    /// Writes the value under the path.
    fn entry(&mut self, value: &Value) -> Result {
        match Shape::of(value) {
            Shape::Nil => Ok(()),
            Shape::Table(table) => self.table(&table),
            Shape::List(items) if are_tables(&items)? => self.tables(&items),
            _ => self.assignment(value),
        }
    }

    fn assignment(&mut self, value: &Value) -> Result {
        let Some(key) = self.path.last() else {
            return self.element(value);
        };
        let key = quoted_key(key);
        self.indent();
        self.out.extend_from_slice(&key);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        self.line_break();
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result {
        if self.path.len() == 1 {
            self.line_break();
        }
        if !self.path.is_empty() {
            self.header("[", "]");
        }
        self.entries(table)
    }

    fn tables(&mut self, items: &[Value]) -> Result {
        if self.path.is_empty() {
            return Err(Unwritable("toml: top-level values must be Go maps or structs"));
        }
        for item in items {
            if let Shape::Table(table) = Shape::of(item) {
                self.line_break();
                self.header("[[", "]]");
                self.entries(&table)?;
            }
        }
        Ok(())
    }

    fn header(&mut self, open: &str, close: &str) {
        let path: Vec<_> = self.path.iter().map(quoted_key).collect();
        self.indent();
        self.out.extend_from_slice(open.as_bytes());
        self.out.extend_from_slice(&path.join(&b"."[..]));
        self.out.extend_from_slice(close.as_bytes());
        self.line_break();
    }

    fn entries(&mut self, table: &Table) -> Result {
        self.enter()?;
        let (plain, headed) = partition(table)?;
        for (_, key, value) in plain.into_iter().chain(headed) {
            self.path.push(key.clone());
            grow(|| self.entry(value))?;
            self.path.pop();
        }
        self.depth -= 1;
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Result {
        match Shape::of(value) {
            Shape::Nil => Err(Unwritable("toml: cannot encode array with nil element")),
            Shape::Plain => {
                self.plain(value);
                Ok(())
            }
            Shape::List(items) => self.inline_list(&items),
            Shape::Table(table) => self.inline_table(&table),
        }
    }

    fn inline_list(&mut self, items: &[Value]) -> Result {
        self.enter()?;
        self.out.push(b'[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.out.extend_from_slice(b", ");
            }
            grow(|| self.element(item))?;
        }
        self.out.push(b']');
        self.depth -= 1;
        Ok(())
    }

    fn inline_table(&mut self, table: &Table) -> Result {
        self.enter()?;
        self.out.push(b'{');
        let (plain, headed) = partition(table)?;
        let count = plain.len() + headed.len();
        for (place, (field, key, value)) in plain.into_iter().chain(headed).enumerate() {
            if matches!(Shape::of(value), Shape::Nil) {
                continue;
            }
            self.out.extend_from_slice(&quoted_key(key));
            self.out.extend_from_slice(b" = ");
            grow(|| self.element(value))?;
            // A struct's last field ends it wherever it is written.
            let last = if table.fields { field } else { place };
            if last + 1 != count {
                self.out.extend_from_slice(b", ");
            }
        }
        self.out.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn plain(&mut self, value: &Value) {
        let text = match value {
            Value::String(text) => return self.quoted(text),
            Value::Duration(_) => return self.quoted(shown(value).as_bytes()),
            Value::Object(object) => match object.as_int() {
                Some(number) => number.to_string(),
                None => return self.quoted(&plain_text(&**object).unwrap_or_default()),
            },
            Value::Float(number) => float_text(*number),
            Value::Time(time) => time_text(time),
            _ => shown(value),
        };
        self.out.extend_from_slice(text.as_bytes());
    }

    fn quoted(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for &byte in text {
            let letter = match byte {
                b'"' | b'\\' => byte,
                0x08 => b'b',
                b'\t' => b't',
                b'\n' => b'n',
                0x0C => b'f',
                b'\r' => b'r',
                ..b' ' | 0x7F => {
                    // Writing to memory does not fail.
                    let _ = write!(self.out, "\\u{byte:04x}");
                    continue;
                }
                _ => {
                    self.out.push(byte);
                    continue;
                }
            };
            self.out.extend_from_slice(&[b'\\', letter]);
        }
        self.out.push(b'"');
    }

    fn indent(&mut self) {
        for _ in 1..self.path.len() {
            self.out.extend_from_slice(b"  ");
        }
    }

    /// No text begins with an empty line.
    fn line_break(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn enter(&mut self) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unwritable("toml: the value nests too deeply, or contains itself"));
        }
        Ok(())
    }
}

type Entry<'t> = (usize, &'t Str, &'t Value);

/// The entries that are written at once, and those below headers, each with its place in the table.
fn partition(table: &Table) -> Result<(Vec<Entry<'_>>, Vec<Entry<'_>>)> {
    let (mut plain, mut headed) = (Vec::new(), Vec::new());
    for (place, (key, value)) in table.entries.iter().enumerate() {
        let group = if Shape::of(value).has_header()? {
            &mut headed
        } else {
            &mut plain
        };
        group.push((place, key, value));
    }
    Ok((plain, headed))
}

/// A key as it stands in a header or before `=`.
pub(super) fn quoted_key(key: &Str) -> Vec<u8> {
    let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.iter().all(bare) {
        return key.to_vec();
    }
    let mut writer = Writer::default();
    writer.quoted(key);
    writer.out
}

fn float_text(number: f64) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_nan() {
        return format!("{sign}nan");
    }
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let text = float(number, 'g', None);
    if text.contains(['e', '.']) {
        text
    } else {
        text + ".0"
    }
}

/// A time without a zone is known by the name that the reader gave to its zone.
fn time_text(moment: &Time) -> String {
    let name = moment
        .time_zone()
        .to_offset_info(moment.timestamp())
        .abbreviation()
        .to_owned();
    let layout: &[u8] = match name.as_str() {
        "datetime-local" => b"2006-01-02T15:04:05.999999999",
        "date-local" => b"2006-01-02",
        "time-local" => b"15:04:05.999999999",
        _ => b"2006-01-02T15:04:05.999999999Z07:00",
    };
    String::from_utf8_lossy(&time::format(moment, layout)).into_owned()
}
