//! The board of stages: what is under way, since when, and why it is stuck. `bowline status` reads its file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

/// The stages of a start, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    Content,
    Certificates,
    Containerd,
    Images,
    Kubelet,
    Etcd,
    ApiServer,
    ControllerManager,
    Scheduler,
    Operator,
    Node,
    Addons,
}

impl Stage {
    /// What a server goes through.
    pub(crate) const SERVER: [Self; 12] = [
        Self::Content,
        Self::Certificates,
        Self::Containerd,
        Self::Images,
        Self::Kubelet,
        Self::Etcd,
        Self::ApiServer,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Operator,
        Self::Node,
        Self::Addons,
    ];
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

/// One stage's line on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StageStatus {
    pub(crate) stage: Stage,
    pub(crate) state: State,
    /// RFC 3339, when the state began.
    pub(crate) since: String,
    /// Milliseconds from the start of the process to the state's begin.
    pub(crate) at_ms: u64,
    /// Why it is not done, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

/// What the status file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) pid: u32,
    pub(crate) version: String,
    pub(crate) role: String,
    pub(crate) node: String,
    pub(crate) stages: Vec<StageStatus>,
    /// What is not well with the machine, though the node runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

/// The board itself: one per process, written to its file at each change.
#[derive(Debug)]
pub(crate) struct Board {
    file: PathBuf,
    report: Mutex<Report>,
    begun: Instant,
}

/// Why a stage is stuck and what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) cause: String,
    pub(crate) remedy: Option<String>,
}

/// A cause that nobody has a remedy for.
impl From<String> for Cause {
    fn from(cause: String) -> Self {
        Self { cause, remedy: None }
    }
}

impl Board {
    /// A board on which all `stages` wait, written to `file`.
    pub(crate) fn new(file: &Path, role: &str, node: &str, stages: &[Stage]) -> std::io::Result<Self> {
        let since = now();
        let line = |stage: &Stage| StageStatus {
            stage: *stage,
            state: State::Waiting,
            since: since.clone(),
            at_ms: 0,
            cause: None,
            remedy: None,
        };
        let board = Self {
            file: file.to_owned(),
            report: Mutex::new(Report {
                pid: std::process::id(),
                version: crate::plan::images::version().to_owned(),
                role: role.to_owned(),
                node: node.to_owned(),
                stages: stages.iter().map(line).collect(),
                warnings: Vec::new(),
            }),
            begun: Instant::now(),
        };
        write(&board.file, &board.lock())?;
        Ok(board)
    }

    /// The stage is under way.
    pub(crate) fn running(&self, stage: Stage) {
        self.set(stage, State::Running, None);
    }

    /// The stage holds what it promised.
    pub(crate) fn done(&self, stage: Stage) {
        self.set(stage, State::Done, None);
    }

    /// The stage is under way, and this is what it waits for.
    pub(crate) fn stuck(&self, stage: Stage, cause: Cause) {
        self.set(stage, State::Running, Some(cause));
    }

    /// The stage failed; the program ends or tries again.
    pub(crate) fn failed(&self, stage: Stage, cause: Cause) {
        self.set(stage, State::Failed, Some(cause));
    }

    /// Something that does not stop the node, but that people should know.
    pub(crate) fn warn(&self, warning: String) {
        let mut report = self.lock();
        if report.warnings.contains(&warning) {
            return;
        }
        warn!("{warning}");
        report.warnings.push(warning);
        self.write(&report);
    }

    /// Every stage that is under way failed for this cause; if none is, the first that is not done.
    pub(crate) fn all_failed(&self, cause: &Cause) {
        let failed: Vec<Stage> = {
            let report = self.lock();
            let of = |state| {
                report
                    .stages
                    .iter()
                    .filter(move |line| line.state == state)
                    .map(|line| line.stage)
            };
            let running: Vec<Stage> = of(State::Running).collect();
            if running.is_empty() {
                of(State::Waiting).take(1).collect()
            } else {
                running
            }
        };
        for stage in failed {
            self.failed(stage, cause.clone());
        }
    }

    /// Milliseconds since the board was made.
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn set(&self, stage: Stage, next: State, cause: Option<Cause>) {
        let at_ms = self.elapsed_ms();
        let mut report = self.lock();
        let Some(line) = report.stages.iter_mut().find(|line| line.stage == stage) else {
            return;
        };
        let (cause, remedy) = cause.map_or((None, None), |cause| (Some(cause.cause), cause.remedy));
        if line.state == next && line.cause == cause {
            return;
        }
        log(stage, next, at_ms, cause.as_deref());
        if line.state != next {
            line.state = next;
            line.since = now();
            line.at_ms = at_ms;
        }
        line.cause = cause;
        line.remedy = remedy;
        self.write(&report);
    }

    /// The board is for people: a full disk must not end the node.
    fn write(&self, report: &Report) {
        if let Err(error) = write(&self.file, report) {
            warn!(%error, "status file not written");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(stage: Stage, reached: State, at_ms: u64, cause: Option<&str>) {
    match reached {
        State::Failed => warn!(?stage, at_ms, cause, "failed"),
        State::Done => info!(?stage, at_ms, "done"),
        State::Running | State::Waiting => info!(?stage, at_ms, cause, "{reached:?}"),
    }
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// Readers never see half a file.
fn write(file: &Path, report: &Report) -> std::io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("/"));
    fs_err::create_dir_all(directory)?;
    let next = file.with_extension("json.next");
    fs_err::write(&next, serde_json::to_vec_pretty(report)?)?;
    fs_err::rename(next, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &Path) -> Report {
        serde_json::from_slice(&fs_err::read(file).unwrap()).unwrap()
    }

    #[test]
    fn each_change_is_in_the_file_with_its_cause() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run/status.json");
        let board = Board::new(&file, "server", "one", &[Stage::Content, Stage::Kubelet]).unwrap();
        board.running(Stage::Kubelet);
        board.failed(
            Stage::Kubelet,
            Cause {
                cause: "port 10250 is in use".into(),
                remedy: Some("stop it".into()),
            },
        );
        let report = read(&file);
        assert_eq!(report.stages[0].state, State::Waiting);
        assert_eq!(report.stages[1].state, State::Failed);
        assert_eq!(report.stages[1].cause.as_deref(), Some("port 10250 is in use"));
        board.done(Stage::Kubelet);
        assert_eq!(read(&file).stages[1].cause, None);
    }

    #[test]
    fn a_new_cause_of_the_same_state_keeps_the_time_it_began() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("status.json");
        let board = Board::new(&file, "server", "one", &[Stage::Etcd]).unwrap();
        board.running(Stage::Etcd);
        let since = read(&file).stages[0].since.clone();
        board.stuck(
            Stage::Etcd,
            Cause {
                cause: "no image".into(),
                remedy: None,
            },
        );
        let line = read(&file).stages[0].clone();
        assert_eq!((line.since, line.state), (since, State::Running));
        assert_eq!(line.cause.as_deref(), Some("no image"));
    }

    #[test]
    fn a_cause_before_any_stage_is_told_by_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("status.json");
        let board = Board::new(&file, "server", "one", &[Stage::Content, Stage::Etcd]).unwrap();
        board.all_failed(&Cause {
            cause: "port 6443 is in use".into(),
            remedy: None,
        });
        let states: Vec<State> = read(&file).stages.iter().map(|line| line.state).collect();
        assert_eq!(states, [State::Failed, State::Waiting]);
    }

    #[test]
    fn a_warning_is_kept_once_beside_the_stages() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("status.json");
        let board = Board::new(&file, "server", "one", &[Stage::Content]).unwrap();
        for _ in 0..2 {
            board.warn("port 80 is in use".into());
        }
        assert_eq!(read(&file).warnings, ["port 80 is in use"]);
    }

    #[test]
    fn a_fatal_cause_is_told_by_every_running_stage_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("status.json");
        let board = Board::new(
            &file,
            "server",
            "one",
            &[Stage::Content, Stage::Etcd, Stage::Node],
        )
        .unwrap();
        board.done(Stage::Content);
        board.running(Stage::Etcd);
        board.all_failed(&Cause {
            cause: "containerd ended".into(),
            remedy: None,
        });
        let states: Vec<State> = read(&file).stages.iter().map(|line| line.state).collect();
        assert_eq!(states, [State::Done, State::Failed, State::Waiting]);
    }
}
