//! Which variables are alive where.
//!
//! Go has two views of that. While parsing it only asks whether a name has been seen in the open blocks; while
//! executing it looks for the innermost declaration that has been executed and not yet left. Both are followed here,
//! so that a slot is what Go would find.

use super::tree::Slot;
use crate::Str;

/// The variable that every template has.
const ROOT: &[u8] = b"$";

/// More variables are not alive at once: each use looks among them all.
const MOST: usize = 4_000;

#[derive(Debug)]
pub(super) struct Scope {
    /// Names seen beside `$`, also those only assigned to.
    seen: Vec<Str>,
    /// Declared variables; `$` has slot 0, and the others follow in their places.
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
            seen: Vec::new(),
            declared: Vec::new(),
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
        if !self.knows(&name) {
            self.seen.push(name);
        }
    }

    /// Whether there are as many variables as there may be.
    pub(super) fn is_full(&self) -> bool {
        self.seen.len().max(self.declared.len()) >= MOST
    }

    pub(super) fn knows(&self, name: &[u8]) -> bool {
        name == ROOT || self.seen.iter().any(|seen| **seen == *name)
    }

    pub(super) fn declare(&mut self, name: Str) -> Slot {
        self.declared.push(name);
        self.most = self.most.max(self.declared.len() + 1);
        u32::try_from(self.declared.len()).ok()
    }

    pub(super) fn find(&self, name: &[u8]) -> Slot {
        match self.declared.iter().rposition(|declared| **declared == *name) {
            Some(place) => u32::try_from(place + 1).ok(),
            None => (name == ROOT).then_some(0),
        }
    }
}
