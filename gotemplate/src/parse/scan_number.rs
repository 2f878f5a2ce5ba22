//! Where a number ends.

use super::class::is_alphanumeric;
use super::lexer::Lexer;
use super::token::{Kind, Token};
use crate::format::quote;

impl Lexer<'_> {
    pub(super) fn number(&mut self) -> Token {
        let mut well_formed = self.scan_number();
        let complex = well_formed && matches!(self.rest().first(), Some(b'+' | b'-'));
        if complex {
            well_formed = self.scan_number() && self.input[self.position - 1] == b'i';
        }
        if !well_formed {
            let text = quote::quoted(&self.input[self.start..self.position]);
            return self.fail(format!("bad number syntax: {text}"));
        }
        self.emit(if complex { Kind::Complex } else { Kind::Number })
    }

    /// Passes what looks like a number; what it says is looked at later.
    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        const HEX: &[u8] = b"0123456789abcdefABCDEF_";
        self.take_any(b"+-");
        let mut digits = DECIMAL;
        if self.take_any(b"0") {
            if self.take_any(b"xX") {
                digits = HEX;
            } else if self.take_any(b"oO") {
                digits = b"01234567_";
            } else if self.take_any(b"bB") {
                digits = b"01_";
            }
        }
        self.take_all(digits);
        if self.take_any(b".") {
            self.take_all(digits);
        }
        if digits == DECIMAL && self.take_any(b"eE") || digits == HEX && self.take_any(b"pP") {
            self.take_any(b"+-");
            self.take_all(DECIMAL);
        }
        self.take_any(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.take();
            return false;
        }
        true
    }
}
