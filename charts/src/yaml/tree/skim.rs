//! Passing over a part of a document that is not wanted, yet must be valid.
//!
//! Only what is plainly valid passes; for anchors, tags and odd keys the whole document must be read as values.

use super::super::parser::Node;
use super::super::problem::Problem;
use super::super::resolve::{Resolved, resolve};
use super::super::scanner::Scalar;

/// The state of passing over one value.
#[derive(Default)]
pub(super) struct Skim {
    /// For each open collection, whether it is a mapping, and whether a key comes next.
    open: Vec<(bool, bool)>,
    over: bool,
    stuck: bool,
}

impl Skim {
    /// Whether the value has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the document needs a closer look.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Ends the reading; what it says is never shown.
    pub(super) fn stuck(&mut self) -> Result<(), Problem> {
        self.stuck = true;
        Err(Problem::new("the whole document is needed"))
    }

    pub(super) fn scalar(&mut self, node: &Node<'_>, scalar: &Scalar<'_>) -> Result<(), Problem> {
        if node.tag.is_some() || node.anchor.is_some() || scalar.plain && self.is_odd(&scalar.text) {
            return self.stuck();
        }
        self.advance();
        Ok(())
    }

    fn is_odd(&self, text: &[u8]) -> bool {
        if let Some((true, true)) = self.open.last() {
            let resolved = resolve(text, false);
            return matches!(resolved, Resolved::Null | Resolved::Uint(_)) || text == b"<<";
        }
        matches!(text, [b'.' | b'+' | b'-', ..])
            && matches!(resolve(text, false), Resolved::Float(value) if !value.is_finite())
    }

    pub(super) fn start(&mut self, node: &Node<'_>, mapping: bool) -> Result<(), Problem> {
        if node.tag.is_some() || node.anchor.is_some() || self.open.last() == Some(&(true, true)) {
            return self.stuck();
        }
        self.open.push((mapping, mapping));
        Ok(())
    }

    pub(super) fn end(&mut self) {
        self.open.pop();
        self.advance();
    }

    fn advance(&mut self) {
        match self.open.last_mut() {
            None => self.over = true,
            Some((true, at_key)) => *at_key = !*at_key,
            Some(_) => {}
        }
    }
}
