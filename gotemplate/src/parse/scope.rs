//! Which variables are alive where.
//!
//! Go has two views of that. While parsing it only asks whether a name has been seen in the open blocks; while
//! executing it looks for the innermost declaration that has been executed and not yet left. Both are followed here,
//! so that a slot is what Go would find.

use super::tree::Slot;
use crate::Str;

#[derive(Debug)]
pub(super) struct Scope {
    /// Names seen, also those only assigned to.
    seen: Vec<Str>,
    /// Declared variables; the place is the slot.
    declared: Vec<Str>,
    most: usize,
}

/// A place to come back to at the end of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    seen: usize,
    declared: usize,
}

impl Scope {
    /// A template starts with `$` alone.
    pub(super) fn new() -> Self {
        Self {
            seen: vec![Str::from("$")],
            declared: vec![Str::from("$")],
            most: 1,
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.most
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            seen: self.seen.len(),
            declared: self.declared.len(),
        }
    }

    /// Forgets what was declared and seen since.
    pub(super) fn leave(&mut self, mark: Mark) {
        self.seen.truncate(mark.seen);
        self.declared.truncate(mark.declared);
    }

    /// Forgets what was declared since, though the names stay known: so it is between a body and its `else`.
    pub(super) fn leave_body(&mut self, mark: Mark) {
        self.declared.truncate(mark.declared);
    }

    pub(super) fn see(&mut self, name: Str) {
        self.seen.push(name);
    }

    pub(super) fn knows(&self, name: &[u8]) -> bool {
        self.seen.iter().any(|seen| **seen == *name)
    }

    pub(super) fn declare(&mut self, name: Str) -> Slot {
        self.declared.push(name);
        self.most = self.most.max(self.declared.len());
        u32::try_from(self.declared.len() - 1).ok()
    }

    pub(super) fn find(&self, name: &[u8]) -> Slot {
        let place = self.declared.iter().rposition(|declared| **declared == *name)?;
        u32::try_from(place).ok()
    }
}
