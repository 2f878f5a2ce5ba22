//! JSON to values: numbers become floats, what is not UTF-8 becomes U+FFFD.

use super::syntax::JsonError;
use crate::{List, Map, Str, Value, grow};

/// Collections may nest this deep.
const MAX_DEPTH: usize = 10_000;

type Result<T> = std::result::Result<T, JsonError>;

/// Reads any JSON value.
pub fn unmarshal(text: &[u8]) -> Result<Value> {
    let (value, out_of_range) = read(text)?;
    out_of_range.map_or(Ok(value), Err)
}

/// What Go leaves behind where nobody looks at the error: nil for what is not JSON, but the value with nil in place of
/// each number that no float can hold.
pub fn unmarshal_leniently(text: &[u8]) -> Value {
    read(text).map(|(value, _)| value).unwrap_or_default()
}

/// The value, and what is wrong with it though it is JSON.
fn read(text: &[u8]) -> Result<(Value, Option<JsonError>)> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        range: None,
    };
    let value = reader.value("looking for beginning of value")?;
    match reader.next_byte() {
        Some(byte) => Err(JsonError::unexpected(byte, "after top-level value")),
        None => Ok((value, reader.range)),
    }
}

/// Reads an object; null gives none.
pub fn unmarshal_map(text: &[u8]) -> Result<Option<Map>> {
    match unmarshal(text)? {
        Value::Map(map) => Ok(Some(map)),
        Value::Nil => Ok(None),
        other => Err(JsonError::mismatch(&other, "map[string]interface {}")),
    }
}

/// Reads an array; null gives none.
pub fn unmarshal_list(text: &[u8]) -> Result<Option<List>> {
    match unmarshal(text)? {
        Value::List(list) => Ok(Some(list)),
        Value::Nil => Ok(None),
        other => Err(JsonError::mismatch(&other, "[]interface {}")),
    }
}

/// Bytes as text: each one that is not UTF-8 becomes U+FFFD.
pub fn text_of(bytes: &[u8]) -> Str {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Str::from(text)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// A number that no float can hold; problems of syntax come first.
    range: Option<JsonError>,
}

impl Reader<'_> {
    /// The next byte that is not blank.
    fn next_byte(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect_byte(&mut self) -> Result<u8> {
        self.next_byte().ok_or_else(JsonError::ended)
    }

    /// The problem of the byte that is next, within a word, a number or an escape: there the end counts as a space.
    fn unexpected(&self, context: &str) -> JsonError {
        let byte = self.text.get(self.at).copied();
        JsonError::unexpected(byte.unwrap_or(b' '), context)
    }

    fn value(&mut self, context: &str) -> Result<Value> {
        match self.expect_byte()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => Ok(Value::String(self.string()?)),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            b'n' => self.literal("null", Value::Nil),
            b'-' | b'0'..=b'9' => self.number(),
            byte => Err(JsonError::unexpected(byte, context)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value>) -> Result<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(JsonError::unexpected(self.text[self.at], "exceeded max depth"));
        }
        self.at += 1;
        let value = grow(|| read(self));
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value> {
        let mut entries = Vec::new();
        if self.expect_byte()? == b'}' {
            self.at += 1;
            return Ok(Value::Map(Map::new()));
        }
        loop {
            match self.expect_byte()? {
                b'"' => {}
                byte => {
                    return Err(JsonError::unexpected(
                        byte,
                        "looking for beginning of object key string",
                    ));
                }
            }
            let key = self.string()?;
            match self.expect_byte()? {
                b':' => self.at += 1,
                byte => return Err(JsonError::unexpected(byte, "after object key")),
            }
            let value = self.value("looking for beginning of value")?;
            entries.push((key, value));
            match self.expect_byte()? {
                b',' => self.at += 1,
                b'}' => break,
                byte => return Err(JsonError::unexpected(byte, "after object key:value pair")),
            }
        }
        self.at += 1;
        Ok(Value::Map(entries.into_iter().collect()))
    }

    fn array(&mut self) -> Result<Value> {
        let mut items = Vec::new();
        if self.expect_byte()? == b']' {
            self.at += 1;
            return Ok(Value::List(items.into()));
        }
        loop {
            items.push(self.value("looking for beginning of value")?);
            match self.expect_byte()? {
                b',' => self.at += 1,
                b']' => break,
                byte => return Err(JsonError::unexpected(byte, "after array element")),
            }
        }
        self.at += 1;
        Ok(Value::List(items.into()))
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value> {
        for expected in word.bytes() {
            if self.text.get(self.at) != Some(&expected) {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.text.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            _ => {
                self.range.get_or_insert(JsonError::out_of_range(&text));
                Ok(Value::Nil)
            }
        }
    }

    fn digits(&mut self, context: &str) -> Result<()> {
        if !self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(self.unexpected(context));
        }
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Str> {
        self.at += 1;
        let rest = &self.text[self.at..];
        let end = rest
            .iter()
            .position(|&byte| matches!(byte, b'"' | b'\\' | ..b' ' | 0x80..));
        if let Some(end) = end
            && rest[end] == b'"'
        {
            self.at += end + 1;
            return Ok(Str::new(&rest[..end]));
        }
        let mut out = Vec::new();
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                return Err(JsonError::ended());
            };
            self.at += 1;
            match byte {
                b'"' => return Ok(text_of(&out)),
                b'\\' => self.escape(&mut out)?,
                ..b' ' => return Err(JsonError::unexpected(byte, "in string literal")),
                _ => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        out.push(match self.text.get(self.at) {
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0C,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let character = self.unicode()?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        });
        self.at += 1;
        Ok(())
    }

    /// The character after `\u`; two halves of one are joined, a lone half is U+FFFD.
    fn unicode(&mut self) -> Result<char> {
        let first = self.hexadecimal()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let after = self.at;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hexadecimal(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self
                .text
                .get(self.at)
                .and_then(|&byte| char::from(byte).to_digit(16));
            code = code << 4 | digit.ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        unmarshal(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn problems_are_told_in_gos_words() {
        for (text, expected) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            (
                "{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("1 2", "invalid character '2' after top-level value"),
            ("nul!", "invalid character '!' in literal null (expecting 'l')"),
            ("tr", "invalid character ' ' in literal true (expecting 'u')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("\"\\", "invalid character ' ' in string escape code"),
            ("\"a", "unexpected end of JSON input"),
            ("\u{80}", "invalid character 'Â' looking for beginning of value"),
            ("\"\0", "invalid character '\\x00' in string literal"),
            ("-x", "invalid character 'x' in numeric literal"),
            (
                "1.x",
                "invalid character 'x' after decimal point in numeric literal",
            ),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
            (
                "\"\\u00g0\"",
                "invalid character 'g' in \\u hexadecimal character escape",
            ),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
            (
                "[1e999]",
                "json: cannot unmarshal number 1e999 into Go value of type float64",
            ),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        let error = unmarshal_map(b"[1]").unwrap_err().to_string();
        assert_eq!(
            error,
            "json: cannot unmarshal array into Go value of type map[string]interface {}"
        );
    }

    #[test]
    fn numbers_out_of_range_leave_the_rest_as_it_is() {
        let value = unmarshal_leniently(b"[1e999,2]");
        assert_eq!(format!("{value:?}"), "List([Nil, Float(2.0)])");
        assert!(unmarshal_leniently(b"[1e999,2").is_nil());
    }

    #[test]
    fn strings_come_out_as_text() {
        let value = unmarshal(b"\"a\\ud83d\\ude00\\ud800\\u0041\xff\\/\"").unwrap();
        assert_eq!(value.as_string().unwrap(), "a\u{1F600}\u{fffd}A\u{fffd}/");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let map = unmarshal_map(b"{\"a\":1,\"b\":[{}],\"a\":2}").unwrap().unwrap();
        assert!(matches!(map.get("a"), Some(Value::Float(2.0))));
    }

    #[test]
    fn deep_nesting_ends_in_an_error() {
        assert_eq!(
            error(&"[".repeat(100_000)),
            "invalid character '[' exceeded max depth"
        );
        let deepest = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert!(unmarshal(deepest.as_bytes()).is_ok());
    }
}
