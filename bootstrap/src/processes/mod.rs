//! Child processes: start in order, wait until ready, restart, stop in reverse.

use std::path::PathBuf;

/// A child that bowline runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Rotated log file that takes its output.
    pub(crate) log: PathBuf,
    pub(crate) on_exit: OnExit,
}

/// What the end of a process means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnExit {
    /// bowline ends too, with an error: pods live on, the unit starts all again.
    End,
    /// The process is started again, with growing delay.
    Restart,
}
