//! Values to YAML text, byte for byte as Kubernetes tools write it, or as the newer library behind `toYamlPretty` does.
//!
//! Kubernetes tools write JSON first and read it again as YAML; what that does to numbers and to rare characters is
//! done here on the way. The newer library takes values as they are, indents lists in mappings and folds no line.

mod json;
mod literal;
mod order;
mod pretty;
mod quoted;
mod style;

use gotemplate::{Object, Str, Value, grow};

use style::Style;

/// What nests deeper is taken for a cycle.
const MAX_DEPTH: usize = 1000;
/// A line is broken at the first space past this column.
const WIDTH: usize = 80;

/// Whose habits are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Kubernetes,
    Pretty,
}

impl Dialect {
    fn width(self) -> usize {
        match self {
            Self::Kubernetes => WIDTH,
            Self::Pretty => usize::MAX,
        }
    }
}

/// Longer keys are marked with `?`.
const MAX_KEY: usize = 128;

/// Why a value is not written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// YAML cannot tell it.
    #[error("{0}")]
    Value(String),
    /// The text would be longer than it may be.
    #[error("the YAML would be longer than {0} bytes")]
    TooLong(usize),
}

type Result = std::result::Result<(), Unwritable>;

/// Writes a value as a document that ends in a line break, of at most so many bytes.
pub fn write(value: &Value, most: usize) -> std::result::Result<Vec<u8>, Unwritable> {
    document(Writer::new(Dialect::Kubernetes, most), |writer, place| {
        writer.value(value, place)
    })
}

/// As [`write()`], in the layout of `toYamlPretty`.
pub fn write_pretty(value: &Value, most: usize) -> std::result::Result<Vec<u8>, Unwritable> {
    document(Writer::new(Dialect::Pretty, most), |writer, place| {
        writer.pretty(value, place)
    })
}

fn document(
    mut writer: Writer,
    write: impl FnOnce(&mut Writer, Place) -> Result,
) -> std::result::Result<Vec<u8>, Unwritable> {
    let root = Place {
        indent: -1,
        in_mapping: false,
    };
    write(&mut writer, root)?;
    writer.indent_to(0);
    writer.check_length()?;
    Ok(writer.out)
}

/// Where a node is written.
#[derive(Clone, Copy)]
struct Place {
    /// The column of the collection around it, -1 for none.
    indent: isize,
    /// Whether it is the value of a key.
    in_mapping: bool,
}

impl Place {
    /// The column of scalars that go over several lines.
    fn scalar_indent(self) -> usize {
        (self.indent.max(0) + 2).cast_unsigned()
    }
}

struct Writer {
    dialect: Dialect,
    out: Vec<u8>,
    most: usize,
    /// Characters since the line's start.
    column: usize,
    /// Whether the last character was blank.
    whitespace: bool,
    /// Whether the line holds nothing but indentation and marks.
    indention: bool,
    depth: usize,
}

impl Writer {
    fn new(dialect: Dialect, most: usize) -> Self {
        Self {
            dialect,
            out: Vec::new(),
            most,
            column: 0,
            whitespace: true,
            indention: true,
            depth: 0,
        }
    }

    fn value(&mut self, value: &Value, place: Place) -> Result {
        match value {
            Value::Nil => self.word("null"),
            Value::Bool(value) => self.word(if *value { "true" } else { "false" }),
            Value::Int(value) | Value::Int64(value) | Value::Duration(value) => self.word(&value.to_string()),
            Value::Int32(value) => self.word(&value.to_string()),
            Value::Uint8(value) => self.word(&value.to_string()),
            Value::Uint64(value) => self.word(&value.to_string()),
            Value::Float(value) => self.word(&json::number(*value)?),
            Value::String(text) => self.string(text, place)?,
            Value::Bytes(_) | Value::Time(_) => self.string(&json::string_of(value)?, place)?,
            Value::List(items) if items.is_nil() => self.word("null"),
            Value::List(items) => grow(|| self.sequence(items.iter(), Self::value, place))?,
            Value::Strings(items) => {
                self.sequence(items.iter(), Self::string, place)?;
            }
            Value::Map(map) if map.is_nil() => self.word("null"),
            Value::Map(map) => grow(|| self.mapping(map.read().iter().collect(), Self::value, place))?,
            Value::StringMap(map) => {
                self.mapping(map.iter().collect(), Self::string, place)?;
            }
            Value::Object(object) => grow(|| self.object(&**object, place))?,
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object, place: Place) -> Result {
        if let Some(map) = object.as_map() {
            return self.value(&Value::Map(map), place);
        }
        if let Some(list) = object.as_list() {
            return self.value(&Value::List(list), place);
        }
        if let Some(number) = object.as_int() {
            self.word(&number.to_string());
            return Ok(());
        }
        let fields = object.fields();
        let text = object
            .as_string()
            .or_else(|| object.text().filter(|_| fields.is_empty()));
        match text {
            Some(text) => self.string(&text, place),
            None => self.mapping(
                fields.iter().map(|(name, value)| (name, value)).collect(),
                Self::value,
                place,
            ),
        }
    }

    fn sequence<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        write: fn(&mut Self, T, Place) -> Result,
        place: Place,
    ) -> Result {
        if items.len() == 0 {
            self.word("[]");
            return Ok(());
        }
        self.enter()?;
        let flat = self.dialect == Dialect::Kubernetes;
        let indent = if flat && place.in_mapping && !self.indention {
            place.indent
        } else {
            place.inner()
        };
        for item in items {
            self.check_length()?;
            self.indent_to(indent.max(0).cast_unsigned());
            self.mark(b'-');
            let inner = Place {
                indent,
                in_mapping: false,
            };
            write(self, item, inner)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn mapping<T: Copy>(
        &mut self,
        mut entries: Vec<(&Str, T)>,
        write: fn(&mut Self, T, Place) -> Result,
        place: Place,
    ) -> Result {
        if entries.is_empty() {
            self.word("{}");
            return Ok(());
        }
        order::sort(&mut entries, self.dialect);
        self.entries(entries, write, place)
    }

    /// Writes the entries of a mapping, of which there is one at least.
    fn entries<T>(
        &mut self,
        entries: Vec<(&Str, T)>,
        write: fn(&mut Self, T, Place) -> Result,
        place: Place,
    ) -> Result {
        self.enter()?;
        let inner = Place {
            indent: place.inner(),
            in_mapping: true,
        };
        for (key, value) in entries {
            self.check_length()?;
            self.indent_to(inner.indent.cast_unsigned());
            self.key(key, inner)?;
            write(self, value, inner)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn key(&mut self, key: &Str, place: Place) -> Result {
        let (tag, text) = match self.dialect {
            Dialect::Kubernetes => {
                json::check_key(key)?;
                ("", json::text(key)?)
            }
            Dialect::Pretty => (pretty::tag(key), pretty::text(key)),
        };
        let short = !style::is_multiline(&text) && tag.len() + text.len() <= MAX_KEY;
        let style = if !tag.is_empty() && short {
            Style::Plain
        } else {
            Style::of(&text, short, self.dialect)
        };
        if short {
            self.tag(tag);
            self.scalar(&text, style, None);
            self.put(b':');
            self.indention = false;
        } else {
            self.mark(b'?');
            self.tag(tag);
            self.scalar(&text, style, Some(place.scalar_indent()));
            self.indent_to(place.indent.cast_unsigned());
            self.mark(b':');
        }
        self.whitespace = false;
        Ok(())
    }

    fn string(&mut self, text: &Str, place: Place) -> Result {
        let text = json::text(text)?;
        let style = Style::of(&text, false, self.dialect);
        self.scalar(&text, style, Some(place.scalar_indent()));
        Ok(())
    }

    /// Writes a scalar; it may be broken into lines if it has an indentation for them.
    fn scalar(&mut self, text: &[u8], style: Style, indent: Option<usize>) {
        if !self.whitespace {
            self.put(b' ');
        }
        match style {
            Style::Plain => self.plain(text, indent),
            Style::Single => self.single_quoted(text, indent),
            Style::Double => self.double_quoted(text, indent),
            Style::Literal => return self.literal(text, indent.unwrap_or(0)),
        }
        self.whitespace = false;
        self.indention = false;
    }

    /// A word that needs no quotes.
    fn word(&mut self, word: &str) {
        self.scalar(word.as_bytes(), Style::Plain, None);
    }

    fn plain(&mut self, text: &[u8], indent: Option<usize>) {
        let Some(indent) = indent.filter(|_| self.column + text.len() > self.dialect.width()) else {
            self.run(text);
            return;
        };
        let mut after_space = false;
        for (at, &byte) in text.iter().enumerate() {
            let space = byte == b' ';
            if space && !after_space && self.column > self.dialect.width() && text.get(at + 1) != Some(&b' ')
            {
                self.fold(indent);
            } else {
                self.put(byte);
            }
            after_space = space;
        }
    }

    fn enter(&mut self) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unwritable::Value(
                "the value nests too deeply, or contains itself".to_owned(),
            ));
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.out.len() > self.most
    }

    fn check_length(&self) -> Result {
        if self.is_full() {
            return Err(Unwritable::TooLong(self.most));
        }
        Ok(())
    }

    /// Starts a line at `indent`, or goes on with one that holds only marks left of it.
    fn indent_to(&mut self, indent: usize) {
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.line_break();
        }
        if self.column < indent && !self.is_full() {
            self.out.resize(self.out.len() + indent - self.column, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Breaks a scalar's line.
    fn fold(&mut self, indent: usize) {
        self.indention = false;
        self.indent_to(indent);
        self.indention = false;
    }

    fn line_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
    }

    /// Writes `-`, `?` or `:` in front of a node.
    fn mark(&mut self, mark: u8) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.put(mark);
        self.whitespace = false;
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += usize::from(byte & 0xC0 != 0x80);
    }

    /// Writes text without line breaks as it is.
    fn run(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.column += text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    }
}

impl Place {
    /// The column of a block inside.
    fn inner(self) -> isize {
        if self.indent < 0 { 0 } else { self.indent + 2 }
    }
}

#[cfg(test)]
mod tests;
