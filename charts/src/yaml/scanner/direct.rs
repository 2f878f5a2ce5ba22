//! Scalars and lines without tokens, for who knows what comes next.

use std::borrow::Cow;

use super::{Result, Scalar, Scanner};

impl<'a> Scanner<'a> {
    /// Steps to the next thing that is no blank, comment or line break; a tab is none of them where a line starts.
    pub(in crate::yaml) fn start_line(&mut self) {
        self.key_allowed = true;
        if self.cursor.at == 0 || !self.cursor.skip_plain_gap() {
            self.skip_to_token();
        }
    }

    /// Whether the mark of a value is next.
    #[inline]
    pub(in crate::yaml) fn at_value(&self) -> bool {
        self.cursor.byte() == b':' && (self.flow_level > 0 || self.cursor.ends_word(1))
    }

    /// Sets whether brackets are open.
    pub(in crate::yaml) fn set_flow(&mut self, is_open: bool) {
        self.flow_level = usize::from(is_open);
    }

    /// A scalar without quotes, in a block that begins in the column `indent`.
    #[inline]
    pub(in crate::yaml) fn plain(&mut self, indent: usize) -> Result<Scalar<'a>> {
        if let Some(text) = self.plain_of_one_line(indent) {
            return Ok(Scalar {
                text: Cow::Borrowed(text),
                plain: true,
            });
        }
        self.indent = indent.cast_signed();
        let text = self.scan_plain()?;
        Ok(Scalar { text, plain: true })
    }

    /// A scalar that takes all of its line, and none of the next.
    #[inline]
    fn plain_of_one_line(&mut self, indent: usize) -> Option<&'a [u8]> {
        let line = self.cursor.line_left()?;
        let is_marked = |at: usize| match line[at] {
            b'#' => at == 0 || matches!(line[at - 1], b' ' | b'\t'),
            _ => matches!(line.get(at + 1), None | Some(b' ' | b'\t')),
        };
        if memchr::memchr2_iter(b':', b'#', line).any(is_marked) {
            return None;
        }
        let behind = &self.cursor.rest()[line.len() + 1..];
        let spaces = behind
            .iter()
            .take(indent + 1)
            .take_while(|&&byte| byte == b' ')
            .count();
        if spaces > indent || matches!(behind.get(spaces), Some(b'\n' | b'\t')) {
            return None;
        }
        self.cursor.next_line(line.len(), spaces);
        let last = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
        Some(&line[..=last])
    }

    /// A scalar without quotes in brackets.
    pub(in crate::yaml) fn flow_plain(&mut self) -> Result<Scalar<'a>> {
        let text = self.scan_plain()?;
        Ok(Scalar { text, plain: true })
    }

    /// A scalar in quotes, at whose start the cursor is.
    pub(in crate::yaml) fn quoted(&mut self, quote: u8) -> Result<Scalar<'a>> {
        let text = self.scan_quotes(quote)?;
        Ok(Scalar { text, plain: false })
    }

    /// A block scalar, at whose mark the cursor is, in a block that begins in the column `indent`.
    pub(in crate::yaml) fn block_scalar(&mut self, literal: bool, indent: usize) -> Result<Scalar<'a>> {
        self.indent = indent.cast_signed();
        let text = self.scan_block_scalar(literal)?;
        Ok(Scalar { text, plain: false })
    }

    /// Steps over such a scalar.
    pub(in crate::yaml) fn skip_block_scalar(&mut self, indent: usize) -> Result<()> {
        self.indent = indent.cast_signed();
        self.pass_block_scalar()
    }
}
