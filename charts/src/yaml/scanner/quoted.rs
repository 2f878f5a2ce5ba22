//! Scalars in single and double quotes.

use std::borrow::Cow;

use super::plain::{all_breaks, fold};
use super::{Result, Scalar, Scanner, Token};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_quoted(&mut self, quote: u8) -> Result<()> {
        self.save_key()?;
        self.key_allowed = false;
        let line = self.cursor.line;
        let text = self.scan_quotes(quote)?;
        self.push(Token::Scalar(Scalar { text, plain: false }), line);
        Ok(())
    }

    /// A scalar in quotes, at whose start the cursor is.
    pub(super) fn scan_quotes(&mut self, quote: u8) -> Result<Cow<'a, [u8]>> {
        if let Some(text) = self.scan_simple(quote) {
            return Ok(Cow::Borrowed(text));
        }
        self.cursor.skip();
        Ok(Cow::Owned(self.scan_quoted(quote)?))
    }

    /// A quoted scalar of one line without escapes, the usual case.
    #[inline]
    fn scan_simple(&mut self, quote: u8) -> Option<&'a [u8]> {
        let line = &self.cursor.line_left()?[1..];
        let end = match quote {
            b'"' => memchr::memchr2(quote, b'\\', line),
            _ => memchr::memchr(quote, line),
        };
        let is_end =
            |end: &usize| line[*end] == quote && (quote == b'"' || line.get(end + 1) != Some(&quote));
        let end = end.filter(is_end)?;
        self.cursor.skip_bytes(end + 2);
        Some(&line[..end])
    }

    fn scan_quoted(&mut self, quote: u8) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            if self.cursor.at_document_marker() {
                return Err(self.problem("found unexpected document indicator"));
            }
            if self.cursor.byte() == 0 {
                return Err(self.problem("found unexpected end of stream"));
            }
            let escaped_break = self.scan_quoted_word(quote, &mut text)?;
            if self.cursor.byte() == quote {
                self.cursor.skip();
                return Ok(text);
            }
            self.scan_quoted_gap(escaped_break, &mut text);
        }
    }

    /// Reads up to a blank, a line break or the quote; whether an escaped line break ended it.
    fn scan_quoted_word(&mut self, quote: u8, text: &mut Vec<u8>) -> Result<bool> {
        while !self.cursor.ends_word(0) {
            match self.cursor.byte() {
                byte if byte == quote => {
                    if quote == b'"' || self.cursor.ahead(1) != quote {
                        return Ok(false);
                    }
                    text.push(quote);
                    self.cursor.at += 2;
                }
                b'\\' if quote == b'"' => {
                    self.cursor.skip();
                    if self.cursor.is_break() {
                        self.cursor.skip_break();
                        return Ok(true);
                    }
                    self.scan_escape(text)?;
                }
                _ => {
                    let start = self.cursor.at;
                    self.cursor.skip();
                    text.extend_from_slice(self.cursor.since(start));
                }
            }
        }
        Ok(false)
    }

    fn scan_quoted_gap(&mut self, escaped_break: bool, text: &mut Vec<u8>) {
        let (start, line) = (self.cursor.at, self.cursor.line);
        while self.cursor.is_blank() || self.cursor.is_break() {
            if self.cursor.is_blank() {
                self.cursor.at += 1;
            } else {
                self.cursor.skip_break();
            }
        }
        let gap = self.cursor.since(start);
        if escaped_break {
            all_breaks(gap, text);
        } else if self.cursor.line > line {
            fold(gap, text);
        } else {
            text.extend_from_slice(gap);
        }
    }

    /// Reads what follows a backslash.
    fn scan_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let digits = match self.cursor.byte() {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                let Some(plain) = escape(byte) else {
                    return Err(self.problem("found unknown escape character"));
                };
                text.extend_from_slice(plain.as_bytes());
                self.cursor.skip();
                return Ok(());
            }
        };
        self.cursor.skip();
        let mut code = 0u32;
        for index in 0..digits {
            let Some(digit) = char::from(self.cursor.ahead(index)).to_digit(16) else {
                return Err(self.problem("did not find expected hexdecimal number"));
            };
            code = code << 4 | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return Err(self.problem("found invalid Unicode character escape code"));
        };
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.cursor.skip_bytes(digits);
        Ok(())
    }
}

/// What a one-letter escape stands for.
fn escape(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'0' => "\0",
        b'a' => "\x07",
        b'b' => "\x08",
        b't' | b'\t' => "\t",
        b'n' => "\n",
        b'v' => "\x0B",
        b'f' => "\x0C",
        b'r' => "\r",
        b'e' => "\x1B",
        b' ' => " ",
        b'"' => "\"",
        b'\'' => "'",
        b'\\' => "\\",
        b'N' => "\u{85}",
        b'_' => "\u{A0}",
        b'L' => "\u{2028}",
        b'P' => "\u{2029}",
        _ => return None,
    })
}
