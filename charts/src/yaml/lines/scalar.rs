//! Keys and scalars.

use super::{Lines, Result, Scalar, Sink, Unusual, plain, scalar};

/// The longest key that is taken: the parser looks twice at those that are not much longer.
const MAX_KEY: usize = 1000;

/// What a key without quotes may consist of here. No other byte has a meaning behind these.
static KEY_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop stops at 255")]
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.' | b'/' | b'$');
        byte += 1;
    }
    table
};

impl<'a> Lines<'a> {
    /// A key of one word, or anything in quotes that ends in its line, be it a key or not. Else nothing is read.
    pub(super) fn key(&mut self) -> Result<Option<Scalar<'a>>> {
        let cursor = &mut self.scanner.cursor;
        if let quote @ (b'"' | b'\'') = cursor.byte() {
            let (from, line) = (cursor.at, cursor.line);
            let scalar = self.scanner.quoted(quote)?;
            let cursor = &self.scanner.cursor;
            let is_short = cursor.line == line && cursor.at - from <= MAX_KEY;
            if !is_short && self.scanner.at_value() {
                return Err(Unusual);
            }
            return Ok(Some(scalar));
        }
        let rest = cursor.rest();
        let is_part = |byte: &&u8| KEY_BYTES[usize::from(**byte)];
        let length = rest.iter().take_while(is_part).count();
        let ends = rest.get(length) == Some(&b':') && cursor.ends_word(length + 1);
        if !ends || length == 0 || length > MAX_KEY {
            return Ok(None);
        }
        cursor.skip_bytes(length);
        Ok(Some(plain(&rest[..length])))
    }

    /// The value of the innermost collection's entry.
    pub(super) fn value(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        let indent = self.open.last().ok_or(Unusual)?.column;
        let line = self.scanner.cursor.line;
        let text = match self.scanner.cursor.byte() {
            quote @ (b'"' | b'\'') => {
                let text = self.scanner.quoted(quote)?;
                if !self.at_line_end() {
                    return Err(Unusual);
                }
                text
            }
            b'|' | b'>' if sink.passes_over() => {
                self.scanner.skip_block_scalar(indent)?;
                Scalar {
                    plain: false,
                    ..plain(b"")
                }
            }
            mark @ (b'|' | b'>') => self.scanner.block_scalar(mark == b'|', indent)?,
            b'[' | b'{' => {
                self.flow(sink)?;
                return if self.at_line_end() { Ok(()) } else { Err(Unusual) };
            }
            _ => {
                if !self.starts_plain() {
                    return Err(Unusual);
                }
                let text = self.scanner.plain(indent)?;
                if self.scanner.at_value() {
                    return Err(Unusual);
                }
                text
            }
        };
        scalar(text, line, sink)
    }

    /// Whether a scalar without quotes may start here.
    pub(super) fn starts_plain(&self) -> bool {
        let cursor = &self.scanner.cursor;
        match cursor.byte() {
            b'-' | b'?' | b':' => !cursor.ends_word(1),
            byte => !matches!(
                byte,
                0 | b'['
                    | b']'
                    | b'{'
                    | b'}'
                    | b','
                    | b'*'
                    | b'&'
                    | b'!'
                    | b'#'
                    | b'|'
                    | b'>'
                    | b'%'
                    | b'@'
                    | b'`'
                    | b'\t'
                    | b'\''
                    | b'"'
            ),
        }
    }
}
