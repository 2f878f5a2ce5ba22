//! The board of stages: what is under way, since when, and why it is stuck. `bowline status` reads its file.

use std::path::PathBuf;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

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
}

/// The board itself: one per process, written to its file at each change.
#[derive(Debug)]
pub(crate) struct Board {
    file: PathBuf,
    report: Mutex<Report>,
    begun: std::time::Instant,
}
