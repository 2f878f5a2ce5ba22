//! Strings: basic ones with escapes, raw ones, and both over several lines.

use gotemplate::Str;
use gotemplate::format::quoted;

use super::Reader;
use super::cursor::{END, Flaw, Result, is_break};

impl Reader<'_> {
    /// A string after its quote, with the line on which it ends.
    pub(super) fn basic_string(&mut self) -> Result<(Str, usize)> {
        self.cursor.begin();
        let mut escaped = false;
        loop {
            match self.cursor.next()? {
                '"' => break,
                '\\' => {
                    self.escape()?;
                    escaped = true;
                }
                character => self.check_in_line(character, '"')?,
            }
        }
        let (token, line) = (self.cursor.token(), self.cursor.line);
        let text = &token[..token.len() - 1];
        let text = if escaped {
            unescaped(text, line)?.into()
        } else {
            Str::new(text)
        };
        Ok((text, line))
    }

    pub(super) fn raw_string(&mut self) -> Result<(Str, usize)> {
        self.cursor.begin();
        loop {
            match self.cursor.next()? {
                '\'' => break,
                character => self.check_in_line(character, '\'')?,
            }
        }
        let token = self.cursor.token();
        Ok((Str::new(&token[..token.len() - 1]), self.cursor.line))
    }

    fn check_in_line(&self, character: char, quote: char) -> Result {
        match character {
            END => Err(self.cursor.flaw(no_end(&quote.to_string()))),
            '\r' | '\n' => Err(self.cursor.line_before("strings cannot contain newlines")),
            _ => Ok(()),
        }
    }

    /// A string after its three quotes.
    pub(super) fn long_string(&mut self, quote: char) -> Result<Str> {
        self.cursor.begin();
        let mut ended = false;
        while !ended {
            match self.cursor.next()? {
                END => {
                    let quotes: String = [quote; 3].iter().collect();
                    return Err(self.cursor.flaw(no_end(&quotes)));
                }
                '\\' if quote == '"' => self.escape_in_lines()?,
                character if character == quote => ended = self.ends_long_string(quote)?,
                _ => {}
            }
        }
        let (token, line) = (self.cursor.token(), self.cursor.line);
        let text = without_first_break(&token[..token.len() - 3]);
        if quote == '\'' {
            return Ok(Str::new(text));
        }
        Ok(unescaped(&joined_lines(text), line)?.into())
    }

    /// Whether the quote that was just read is the first of the three at the end: up to two more belong to the text.
    fn ends_long_string(&mut self, quote: char) -> Result<bool> {
        if !self.cursor.accept(quote)? {
            return Ok(false);
        }
        if !self.cursor.accept(quote)? {
            self.cursor.back();
            return Ok(false);
        }
        if self.cursor.peek()? != quote {
            return Ok(true);
        }
        let five = [quote as u8; 5];
        let token = self.cursor.token();
        let escaped = quote == '"' && token.len() > 5 && token[token.len() - 6] == b'\\';
        if token.ends_with(&five) && !escaped {
            let quotes: String = [quote; 6].iter().collect();
            let mark = if quote == '"' { "'" } else { "\"" };
            return Err(self.cursor.flaw(format!("unexpected {mark}{quotes}{mark}")));
        }
        self.cursor.back();
        self.cursor.back();
        Ok(false)
    }

    /// As [`Reader::escape`], where a line may end with the backslash.
    fn escape_in_lines(&mut self) -> Result {
        if is_break(self.cursor.next()?) {
            return Ok(());
        }
        self.cursor.back();
        self.escape()
    }

    /// An escape after its backslash; only its form is checked.
    fn escape(&mut self) -> Result {
        let (count, words, letter) = match self.cursor.next()? {
            'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\' => return Ok(()),
            'x' => (2, "two", 'x'),
            'u' => (4, "four", 'u'),
            'U' => (8, "eight", 'U'),
            character => {
                return Err(self
                    .cursor
                    .here(format!("invalid escape in string '\\{character}'")));
            }
        };
        for _ in 0..count {
            if !self.cursor.next()?.is_ascii_hexdigit() {
                return Err(self.cursor.flaw(format!(
                    "expected {words} hexadecimal digits after '\\{letter}', but got {} instead",
                    quoted(self.cursor.token())
                )));
            }
        }
        Ok(())
    }
}

fn no_end(quotes: &str) -> String {
    let mark = if quotes.starts_with('"') { '\'' } else { '"' };
    format!("unexpected EOF; expected {mark}{quotes}{mark}")
}

fn without_first_break(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n")
        .or_else(|| text.strip_prefix(b"\r\n"))
        .unwrap_or(text)
}

/// The text without each backslash that ends a line, and the blanks and line breaks after it.
fn joined_lines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        let after = &rest[slash + 1..];
        let blanks = after
            .iter()
            .take_while(|&&byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .count();
        if after[..blanks].contains(&b'\n') {
            rest = &after[blanks..];
            continue;
        }
        let width = if after.first() == Some(&b'\\') { 2 } else { 1 };
        out.extend_from_slice(&rest[slash..slash + width]);
        rest = &rest[slash + width..];
    }
    out.extend_from_slice(rest);
    out
}

/// The text with its escapes replaced; they have been checked for their form.
fn unescaped(text: &[u8], line: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        let letter = rest.get(slash + 1).copied().unwrap_or_default();
        rest = rest.get(slash + 2..).unwrap_or_default();
        let digits = match letter {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let (code, after) = rest.split_at(digits.min(rest.len()));
            rest = after;
            let character = character(code, line)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        out.push(match letter {
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'f' => 0x0C,
            b'r' => b'\r',
            b'e' => 0x1B,
            b' ' | b'\t' => {
                let message = format!("invalid escape: '\\{}'", char::from(letter));
                return Err(Flaw { line, message });
            }
            _ => letter,
        });
    }
    out.extend_from_slice(rest);
    Ok(out)
}

fn character(digits: &[u8], line: usize) -> Result<char> {
    let digits = String::from_utf8_lossy(digits);
    u32::from_str_radix(&digits, 16)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| Flaw {
            line,
            message: format!("Escaped character '\\u{digits}' is not valid UTF-8."),
        })
}
