//! Child processes: start in order, wait until ready, restart, stop in reverse.
//!
//! In comes a [`Process`] from the plan; [`keep_running`] owns the child from then on. Files: one log below
//! `agent/logs/` for each, rotated by [`log`]. What a killed bowline left running is found by [`leftover`].

mod backoff;
mod children;
pub(crate) mod health;
pub(crate) mod leftover;
pub(crate) mod log;
mod run;

use std::path::PathBuf;

pub(crate) use children::Children;
use run::keep_running;

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
