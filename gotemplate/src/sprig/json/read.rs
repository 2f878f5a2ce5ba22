//! From JSON to values: every number is a float.

use crate::{Map, Str, Value};

/// Deeper values are refused, as in Go.
const DEEPEST: usize = 10_000;

/// Reads the one value that a text holds; the error has Go's words.
pub(super) fn read(text: &[u8]) -> Result<Value, String> {
    let mut reader = Reader {
        text,
        position: 0,
        depth: 0,
        too_large: None,
    };
    let value = reader.value()?;
    reader.spaces();
    if reader.peek().is_some() {
        return Err(reader.unexpected("after top-level value"));
    }
    match reader.too_large {
        // Only a text that is JSON throughout is held against Go's types.
        Some(number) => Err(format!(
            "json: cannot unmarshal number {number} into Go value of type float64"
        )),
        None => Ok(value),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    position: usize,
    depth: usize,
    too_large: Option<String>,
}

fn invalid(byte: u8, place: &str) -> String {
    let shown = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = crate::sprig::quote(char::from(byte).to_string().as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    };
    format!("invalid character {shown} {place}")
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.position += usize::from(byte.is_some());
        byte
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    /// The error about the next byte, or about the end.
    fn unexpected(&self, place: &str) -> String {
        self.peek().map_or_else(
            || "unexpected end of JSON input".to_owned(),
            |byte| invalid(byte, place),
        )
    }

    /// The same within a number, a word or an escape: there the end counts as a space.
    fn unexpected_within(&self, place: &str) -> String {
        invalid(self.peek().unwrap_or(b' '), place)
    }

    fn value(&mut self) -> Result<Value, String> {
        self.spaces();
        match self.peek() {
            Some(b'{') => self.nested(Self::map),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", true.into()),
            Some(b'f') => self.literal("false", false.into()),
            Some(b'n') => self.literal("null", Value::Nil),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        self.position += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("exceeded max depth".to_owned());
        }
        let value = crate::stack::grow(|| read(self))?;
        self.depth -= 1;
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, String> {
        let map = Map::new();
        self.spaces();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(map.into());
        }
        loop {
            self.spaces();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.spaces();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.position += 1;
            let value = self.value()?;
            map.insert(key, value);
            self.spaces();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.position += 1;
                    return Ok(map.into());
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        self.spaces();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(items.into());
        }
        loop {
            items.push(self.value()?);
            self.spaces();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => {
                    self.position += 1;
                    return Ok(items.into());
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn literal(&mut self, name: &str, value: Value) -> Result<Value, String> {
        for (index, expected) in name.bytes().enumerate() {
            if self.peek() != Some(expected) {
                let place = format!("in literal {name} (expecting '{}')", char::from(expected));
                return Err(if index == 0 {
                    self.unexpected("looking for beginning of value")
                } else {
                    self.unexpected_within(&place)
                });
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        match self.peek() {
            Some(b'0') => self.position += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected_within("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let written = std::str::from_utf8(&self.text[start..self.position]).unwrap_or_default();
        let number: f64 = written.parse().unwrap_or(f64::INFINITY);
        if number.is_infinite() && self.too_large.is_none() {
            self.too_large = Some(written.to_owned());
        }
        Ok(number.into())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
    }

    fn some_digits(&mut self, place: &str) -> Result<(), String> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected_within(place));
        }
        self.digits();
        Ok(())
    }

    fn string(&mut self) -> Result<Str, String> {
        self.position += 1;
        let start = self.position;
        let mut text: Vec<u8> = Vec::new();
        let mut copied = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    text.extend_from_slice(&self.text[copied..self.position]);
                    self.position += 1;
                    return Ok(whole_characters(&text));
                }
                Some(b'\\') => {
                    text.extend_from_slice(&self.text[copied..self.position]);
                    self.position += 1;
                    let character = self.escape()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    copied = self.position;
                }
                Some(0x20..) => self.position += 1,
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let character = match self.peek() {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected_within("in string escape code")),
        };
        self.position += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, String> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or('\u{fffd}'));
        }
        // Half a pair without the other half becomes U+FFFD, and what follows stays.
        let before = self.position;
        if self.text[before..].starts_with(b"\\u") {
            self.position += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.position = before;
        }
        Ok('\u{fffd}')
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16
                + digit.ok_or_else(|| self.unexpected_within("in \\u hexadecimal character escape"))?;
            self.next();
        }
        Ok(code)
    }
}

/// Bytes that belong to no character become U+FFFD.
fn whole_characters(text: &[u8]) -> Str {
    if std::str::from_utf8(text).is_ok() {
        return Str::new(text);
    }
    let mut whole = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        whole.push_str(chunk.valid());
        whole.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    whole.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let value = read(br#" {"a": [1, -2.5e3, true, null, "x\u00e9\ud83d\ude00\ud800y"], "a": {}} "#);
        assert_eq!(format!("{:?}", value.expect("JSON")), r#"Map({"a": Map({})})"#);
        let value = read(br#"[1, -2.5e3, true, null, "x\u00e9\ud83d\ude00\ud800y"]"#).expect("JSON");
        assert_eq!(
            format!("{value:?}"),
            "List([Float(1.0), Float(-2500.0), Bool(true), Nil, String(\"xé😀\u{fffd}y\")])"
        );
    }

    #[test]
    fn other_texts_are_refused_in_gos_words() {
        for (text, error) in [
            ("", "unexpected end of JSON input"),
            (
                "{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("{\"a\" 1", "invalid character '1' after object key"),
            ("{\"a\":1 2", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("1 x", "invalid character 'x' after top-level value"),
            ("tru3", "invalid character '3' in literal true (expecting 'e')"),
            ("tr", "invalid character ' ' in literal true (expecting 'u')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("-x", "invalid character 'x' in numeric literal"),
            (
                "1.x",
                "invalid character 'x' after decimal point in numeric literal",
            ),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("'", "invalid character '\\'' looking for beginning of value"),
            (
                "1e999",
                "json: cannot unmarshal number 1e999 into Go value of type float64",
            ),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err(), error, "{text}");
        }
    }
}
