//! Rendering in process: a program that waits for a chart's directory on a line and answers with what it took. Ours
//! and Helm's have the same core.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::Deserialize;

use super::KUBERNETES;
use super::figures::Parts;

/// Renders in a row for one answer, of which the median counts: the first finds cold caches.
pub(super) const RUNS: usize = 3;

/// What rendering a chart took.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) nanos: u64,
    /// Of ours alone.
    #[serde(default)]
    pub(super) parts: Parts,
    /// Of the manifest.
    pub(super) bytes: u64,
    /// Whether keys were made; ours tells.
    #[serde(default)]
    pub(super) keys: bool,
    /// Why the chart was refused.
    pub(super) error: Option<String>,
}

/// One of the programs, at work.
#[derive(Debug)]
pub(super) struct Engine {
    program: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Engine {
    pub(super) fn start(program: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .args([RUNS.to_string().as_str(), KUBERNETES])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let questions = child.stdin.take().context("a pipe was asked for")?;
        let answers = child.stdout.take().context("a pipe was asked for")?;
        Ok(Self {
            program: child,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// Has a chart rendered.
    pub(super) fn render(&mut self, chart: &Path) -> Result<Answer> {
        let mut answer = String::new();
        writeln!(self.questions, "{}", chart.display())
            .and_then(|()| self.answers.read_line(&mut answer))
            .with_context(|| format!("have {} rendered", chart.display()))?;
        ensure!(!answer.is_empty(), "the program ended at {}", chart.display());
        serde_json::from_str(&answer).with_context(|| format!("read the answer {answer:?}"))
    }
}

/// Starts programs that all run on one and the same core, for as long as they live: with a second one, Go would collect
/// its garbage beside the work, and we would look for primes there.
pub(super) fn on_one_core<T>(start: impl FnOnce() -> Result<T>) -> Result<T> {
    let own = Pid::from_raw(0);
    let all = sched_getaffinity(own).context("ask for the cores")?;
    let last = (0..CpuSet::count()).rfind(|core| all.is_set(*core) == Ok(true));
    let mut one = CpuSet::new();
    one.set(last.context("there is no core")?)
        .and_then(|()| sched_setaffinity(own, &one))
        .context("choose a core")?;
    let started = start();
    sched_setaffinity(own, &all).context("choose all cores")?;
    started
}

/// The program waits for questions for ever.
impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
