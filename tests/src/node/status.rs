//! What `bowline status -o json` says.

use serde::Deserialize;

/// The board of stages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// The node program's process, as it counts itself.
    pub pid: u32,
    /// Bowline's version.
    pub version: String,
    /// `server` or `agent`.
    pub role: String,
    /// The node's name.
    pub node: String,
    /// All stages, in the order of a start.
    pub stages: Vec<Stage>,
}

/// One stage of a start.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stage {
    /// Its name, such as `api-server`.
    pub stage: String,
    /// How far it is.
    pub state: State,
    /// Milliseconds from the start of the program to the state's begin.
    pub at_ms: u64,
    /// Why it is not done.
    pub cause: Option<String>,
    /// What a person can do about it.
    pub remedy: Option<String>,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Something else comes first.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Tried, and in trouble.
    Failed,
}

impl Report {
    /// The stage of that name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.stage == name)
    }

    /// Whether every stage is done.
    pub fn is_done(&self) -> bool {
        !self.stages.is_empty() && self.stages.iter().all(|stage| stage.state == State::Done)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for stage in &self.stages {
            let seconds = std::time::Duration::from_millis(stage.at_ms).as_secs_f64();
            write!(f, "{:<20} {:?} at {seconds:.1} s", stage.stage, stage.state)?;
            for (what, text) in [(" cause: ", &stage.cause), (" remedy: ", &stage.remedy)] {
                if let Some(text) = text {
                    write!(f, "{what}{text}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_done_when_each_stage_is() {
        let report = |state: &str| -> Report {
            serde_json::from_value(serde_json::json!({
                "pid": 9, "version": "v1", "role": "server", "node": "one", "stages": [
                    {"stage": "content", "state": "done", "since": "2026-01-01T00:00:00Z", "at_ms": 12},
                    {"stage": "api-server", "state": state, "since": "2026-01-01T00:00:01Z", "at_ms": 1200,
                     "cause": "port 6443 is in use"},
                ]
            }))
            .unwrap()
        };
        assert!(report("done").is_done());
        assert!(!report("failed").is_done());
        assert!(report("failed").to_string().contains("port 6443 is in use"));
        assert_eq!(
            report("running").stage("api-server").unwrap().state,
            State::Running
        );
    }
}
