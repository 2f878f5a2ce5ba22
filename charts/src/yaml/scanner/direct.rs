//! Scalars and lines without tokens, for who knows what comes next.

use super::{Result, Scalar, Scanner};

impl<'a> Scanner<'a> {
    /// Steps to the next thing that is no blank, comment or line break; a tab is none of them where a line starts.
    pub(in crate::yaml) fn start_line(&mut self) {
        self.key_allowed = true;
        self.skip_to_token();
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
        self.indent = indent.cast_signed();
        let text = self.scan_plain()?;
        Ok(Scalar { text, plain: true })
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
}
