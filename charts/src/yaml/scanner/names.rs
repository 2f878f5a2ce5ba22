//! Anchors, aliases, tags and directives.

use super::super::bytes::{self, WORD, char_width};
use super::{Result, Scanner, Tag, Token};

impl<'a> Scanner<'a> {
    /// An anchor or an alias.
    pub(super) fn fetch_name(&mut self, token: fn(&'a [u8]) -> Token<'a>) -> Result<()> {
        self.save_key()?;
        self.key_allowed = false;
        self.cursor.skip();
        let name = self.scan_word();
        let ends = matches!(
            self.cursor.byte(),
            b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
        );
        if name.is_empty() || !ends && !self.cursor.ends_word(0) {
            return Err(self.problem("did not find expected alphabetic or numeric character"));
        }
        self.push_here(token(name));
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Result<()> {
        self.save_key()?;
        self.key_allowed = false;
        let tag = if self.cursor.ahead(1) == b'<' {
            self.scan_verbatim_tag()?
        } else {
            self.scan_short_tag()?
        };
        if !self.cursor.ends_word(0) {
            return Err(self.problem("did not find expected whitespace or line break"));
        }
        self.push_here(Token::Tag(Box::new(tag)));
        Ok(())
    }

    fn scan_verbatim_tag(&mut self) -> Result<Tag<'a>> {
        self.cursor.skip_bytes(2);
        let suffix = self.scan_uri(None)?;
        if self.cursor.byte() != b'>' {
            return Err(self.problem("did not find the expected '>'"));
        }
        self.cursor.skip();
        Ok(Tag { handle: b"", suffix })
    }

    fn scan_short_tag(&mut self) -> Result<Tag<'a>> {
        let handle = self.scan_handle(false)?;
        if handle.len() > 1 && handle.ends_with(b"!") {
            let suffix = self.scan_uri(None)?;
            return Ok(Tag { handle, suffix });
        }
        let suffix = self.scan_uri(Some(handle))?;
        Ok(if suffix.is_empty() {
            Tag {
                handle: b"",
                suffix: b"!".to_vec(),
            }
        } else {
            Tag { handle: b"!", suffix }
        })
    }

    fn scan_word(&mut self) -> &'a [u8] {
        let start = self.cursor.at;
        while bytes::class(self.cursor.byte()) & WORD != 0 {
            self.cursor.at += 1;
        }
        self.cursor.since(start)
    }

    fn scan_handle(&mut self, directive: bool) -> Result<&'a [u8]> {
        let start = self.cursor.at;
        if self.cursor.byte() != b'!' {
            return Err(self.problem("did not find expected '!'"));
        }
        self.cursor.skip();
        self.scan_word();
        if self.cursor.byte() == b'!' {
            self.cursor.skip();
        } else if directive && self.cursor.at > start + 1 {
            return Err(self.problem("did not find expected '!'"));
        }
        Ok(self.cursor.since(start))
    }

    /// The rest of a tag, after a handle that turned out to be its start.
    fn scan_uri(&mut self, head: Option<&[u8]>) -> Result<Vec<u8>> {
        let mut uri = head.map(|head| head[1..].to_vec()).unwrap_or_default();
        let mut found = head.is_some();
        loop {
            match self.cursor.byte() {
                b'%' => self.scan_uri_escape(&mut uri)?,
                byte if is_uri(byte) => {
                    uri.push(byte);
                    self.cursor.skip();
                }
                _ if found => return Ok(uri),
                _ => return Err(self.problem("did not find expected tag URI")),
            }
            found = true;
        }
    }

    fn scan_uri_escape(&mut self, uri: &mut Vec<u8>) -> Result<()> {
        let mut left = 1;
        let mut first = true;
        while left > 0 {
            let digit = |byte: u8| {
                char::from(byte)
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            };
            let digits = (digit(self.cursor.ahead(1)), digit(self.cursor.ahead(2)));
            let (b'%', (Some(high), Some(low))) = (self.cursor.byte(), digits) else {
                return Err(self.problem("did not find URI escaped octet"));
            };
            let octet = high << 4 | low;
            if first && matches!(octet, 0x80..=0xBF | 0xF8..) {
                return Err(self.problem("found an incorrect leading UTF-8 octet"));
            }
            if !first && octet & 0xC0 != 0x80 {
                return Err(self.problem("found an incorrect trailing UTF-8 octet"));
            }
            if first {
                left = char_width(octet);
                first = false;
            }
            uri.push(octet);
            self.cursor.skip_bytes(3);
            left -= 1;
        }
        Ok(())
    }

    /// `%YAML` and `%TAG` lines.
    pub(super) fn fetch_directive(&mut self) -> Result<()> {
        let line = self.cursor.line;
        self.cursor.skip();
        let name = self.scan_word();
        if name.is_empty() {
            return Err(self.problem("could not find expected directive name"));
        }
        if !self.cursor.ends_word(0) {
            return Err(self.problem("found unexpected non-alphabetical character"));
        }
        let token = match name {
            b"YAML" => self.scan_version()?,
            b"TAG" => self.scan_tag_directive()?,
            _ => return Err(self.problem("found unknown directive name")),
        };
        self.scan_line_end()?;
        self.push(token, line);
        Ok(())
    }

    fn scan_version(&mut self) -> Result<Token<'a>> {
        self.cursor.skip_blanks();
        let major = self.scan_version_number()?;
        if self.cursor.byte() != b'.' {
            return Err(self.problem("did not find expected digit or '.' character"));
        }
        self.cursor.skip();
        Ok(Token::Version(major, self.scan_version_number()?))
    }

    fn scan_version_number(&mut self) -> Result<u8> {
        let start = self.cursor.at;
        let mut number = 0;
        while self.cursor.byte().is_ascii_digit() {
            if self.cursor.at - start == 2 {
                return Err(self.problem("found extremely long version number"));
            }
            number = number * 10 + (self.cursor.byte() - b'0');
            self.cursor.skip();
        }
        if self.cursor.at == start {
            return Err(self.problem("did not find expected version number"));
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self) -> Result<Token<'a>> {
        self.cursor.skip_blanks();
        let handle = self.scan_handle(true)?;
        if !self.cursor.is_blank() {
            return Err(self.problem("did not find expected whitespace"));
        }
        self.cursor.skip_blanks();
        let suffix = self.scan_uri(None)?;
        if !self.cursor.ends_word(0) {
            return Err(self.problem("did not find expected whitespace or line break"));
        }
        Ok(Token::TagDirective(Box::new(Tag { handle, suffix })))
    }
}

fn is_uri(byte: u8) -> bool {
    bytes::class(byte) & WORD != 0 || b";/?:@&=+$,.!~*'()[]".contains(&byte)
}
