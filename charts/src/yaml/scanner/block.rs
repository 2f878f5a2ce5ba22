//! Block scalars: `|` and `>`.

use std::borrow::Cow;

use super::super::bytes::{break_text, break_width};
use super::{Result, Scalar, Scanner, Token};

/// What the line of a block scalar's mark asks for.
struct Header {
    keep: Keep,
    /// The indentation beyond the parent's, if given.
    indent: Option<u8>,
}

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    None,
    One,
    All,
}

impl<'a> Scanner<'a> {
    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Result<()> {
        self.drop_key()?;
        self.key_allowed = true;
        let line = self.cursor.line;
        let text = self.scan_block_scalar(literal)?;
        self.push(Token::Scalar(Scalar { text, plain: false }), line);
        Ok(())
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Cow<'a, [u8]>> {
        self.cursor.skip();
        let header = self.scan_block_header()?;
        Ok(Cow::Owned(self.scan_block_lines(&header, literal)?))
    }

    /// Steps over a block scalar, as [`Self::scan_block_scalar`] reads it.
    pub(super) fn pass_block_scalar(&mut self) -> Result<()> {
        self.cursor.skip();
        let header = self.scan_block_header()?;
        let mut breaks = Vec::new();
        let indent = self.scan_block_breaks(self.given_indent(&header), &mut breaks)?;
        while self.cursor.column() == indent && self.cursor.byte() != 0 {
            self.cursor.skip_line();
            self.cursor.skip_break();
            breaks.clear();
            self.scan_block_breaks(Some(indent), &mut breaks)?;
        }
        Ok(())
    }

    fn given_indent(&self, header: &Header) -> Option<usize> {
        let by = usize::from(header.indent?);
        Some(self.indent.max(0).cast_unsigned() + by)
    }

    fn scan_block_header(&mut self) -> Result<Header> {
        let mut keep = self.scan_keep();
        let indent = match self.cursor.byte() {
            b'0' => return Err(self.problem("found an indentation indicator equal to 0")),
            digit @ b'1'..=b'9' => {
                self.cursor.skip();
                Some(digit - b'0')
            }
            _ => None,
        };
        if keep.is_none() && indent.is_some() {
            keep = self.scan_keep();
        }
        self.scan_line_end()?;
        Ok(Header {
            keep: keep.unwrap_or(Keep::One),
            indent,
        })
    }

    /// Steps over blanks, a comment and the line break that must follow.
    pub(super) fn scan_line_end(&mut self) -> Result<()> {
        self.cursor.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.ends_line() {
            return Err(self.problem("did not find expected comment or line break"));
        }
        self.cursor.skip_break();
        Ok(())
    }

    fn scan_keep(&mut self) -> Option<Keep> {
        let keep = match self.cursor.byte() {
            b'+' => Keep::All,
            b'-' => Keep::None,
            _ => return None,
        };
        self.cursor.skip();
        Some(keep)
    }

    fn scan_block_lines(&mut self, header: &Header, literal: bool) -> Result<Vec<u8>> {
        let mut breaks = Vec::new();
        let indent = self.scan_block_breaks(self.given_indent(header), &mut breaks)?;
        let mut text = Vec::new();
        let mut leading_break: &[u8] = b"";
        let mut after_blank = false;
        while self.cursor.column() == indent && self.cursor.byte() != 0 {
            let blank = self.cursor.is_blank();
            if literal || after_blank || blank || leading_break != b"\n" {
                text.extend_from_slice(leading_break);
            } else if breaks.is_empty() {
                text.push(b' ');
            }
            text.append(&mut breaks);
            after_blank = blank;
            let start = self.cursor.at;
            self.cursor.skip_line();
            text.extend_from_slice(self.cursor.since(start));
            leading_break = self.take_break();
            self.scan_block_breaks(Some(indent), &mut breaks)?;
        }
        if header.keep != Keep::None {
            text.extend_from_slice(leading_break);
        }
        if header.keep == Keep::All {
            text.append(&mut breaks);
        }
        Ok(text)
    }

    /// Steps over a line break and gives what it reads as.
    fn take_break(&mut self) -> &'a [u8] {
        let rest = self.cursor.rest();
        if break_width(rest) == 0 {
            return b"";
        }
        self.cursor.skip_break();
        break_text(rest)
    }

    /// Steps over indentation and empty lines; the first line that is not empty decides the indentation.
    fn scan_block_breaks(&mut self, indent: Option<usize>, breaks: &mut Vec<u8>) -> Result<usize> {
        let mut widest = 0;
        loop {
            self.cursor.skip_spaces(indent);
            let column = self.cursor.column();
            widest = widest.max(column);
            if indent.is_none_or(|indent| column < indent) && self.cursor.byte() == b'\t' {
                return Err(self.problem("found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break() {
                let least = (self.indent + 1).max(1).cast_unsigned();
                return Ok(indent.unwrap_or(widest.max(least)));
            }
            breaks.extend_from_slice(self.take_break());
        }
    }
}
