//! The parts of a render, for who wants to know where its time goes.

use std::fmt;
use std::sync::Arc;

/// A part of a render that is done. What follows the last one parts the texts into documents and orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Dependencies are chosen, values laid over one another and held against the schemas.
    Values,
    /// All of Helm's templates are parsed.
    Parse,
    /// All templates are executed.
    Execute,
}

/// What hears of each part of a render once it is done.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<dyn Fn(Phase) + Send + Sync>>);

impl Watch {
    /// A watch that is called.
    pub fn new(hear: impl Fn(Phase) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    pub(crate) fn passed(&self, phase: Phase) {
        if let Some(hear) = &self.0 {
            hear(phase);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watch" } else { "no Watch" })
    }
}
