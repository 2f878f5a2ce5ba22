//! Pure: what the report, the lock and the live questions say becomes one answer, its text, JSON and exit code.

use jiff::Timestamp;
use serde::Serialize;

use super::live::Live;
use crate::status::{Report, StageStatus, State};

/// How the node is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Health {
    /// All stages are done, and what was asked live is well.
    Ready,
    /// Stages are under way.
    Starting,
    /// A stage failed.
    Failed,
    /// All stages were done, but something is not well now.
    Degraded,
    /// bowline ran since the machine booted, but does not run now.
    Stopped,
    /// bowline did not run since the machine booted.
    NeverStarted,
}

/// The whole answer. `-o json` prints it as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct View {
    pub(super) state: Health,
    pub(super) running: bool,
    #[serde(flatten)]
    pub(super) report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<Live>,
}

impl View {
    /// Puts together what is known; `running` is the process that holds the lock.
    pub(super) fn new(report: Option<Report>, running: Option<i32>, live: Option<Live>) -> Self {
        let is_current = |report: &Report| i32::try_from(report.pid).ok() == running;
        let state = match (&report, running) {
            (None, None) => Health::NeverStarted,
            (Some(_), None) => Health::Stopped,
            (Some(report), Some(_)) if is_current(report) => judge(&report.stages, live.as_ref()),
            // It holds the lock and has not written its report yet.
            (_, Some(_)) => Health::Starting,
        };
        Self {
            state,
            running: running.is_some(),
            report,
            live,
        }
    }

    /// Whether the start is through, so that live questions make sense.
    pub(super) fn is_started(report: &Report) -> bool {
        report.stages.iter().all(|stage| stage.state == State::Done)
    }

    /// 0 ready, 1 not well, 2 still starting.
    pub(super) fn exit_code(&self) -> u8 {
        match self.state {
            Health::Ready => 0,
            Health::Starting => 2,
            Health::Failed | Health::Degraded | Health::Stopped | Health::NeverStarted => 1,
        }
    }

    /// The text for people.
    pub(super) fn table(&self, now: Timestamp) -> String {
        let mut lines = vec![self.headline()];
        if let Some(report) = &self.report {
            lines.push(String::new());
            lines.push(format!("{:19} {:8} {:>6}  CAUSE", "STAGE", "STATE", "SINCE"));
            lines.extend(report.stages.iter().flat_map(|stage| stage_lines(stage, now)));
        }
        if let Some(live) = &self.live {
            lines.push(String::new());
            lines.extend(live.lines());
        }
        let warnings = self.report.iter().flat_map(|report| &report.warnings);
        lines.extend(warnings.map(|warning| format!("\nWARNING  {warning}")));
        lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    fn headline(&self) -> String {
        let name = self.report.as_ref().map_or_else(
            || "bowline".to_owned(),
            |report| format!("bowline {}, {} {}", report.version, report.role, report.node),
        );
        let pid = self.report.as_ref().map_or(0, |report| report.pid);
        match self.state {
            Health::Ready => format!("{name}: ready (pid {pid})"),
            Health::Starting => format!("{name}: starting"),
            Health::Failed => format!("{name}: a stage failed (pid {pid})"),
            Health::Degraded => format!("{name}: started, but not well now (pid {pid})"),
            Health::Stopped => format!("{name}: not running. What follows is its last report; start it with `systemctl start bowline-server` or `bowline server`"),
            Health::NeverStarted => {
                "bowline is not running, and was not since the machine booted: start it with `systemctl start bowline-server` or `bowline server`".to_owned()
            }
        }
    }
}

fn judge(stages: &[StageStatus], live: Option<&Live>) -> Health {
    let has = |state| stages.iter().any(|stage| stage.state == state);
    if has(State::Failed) {
        Health::Failed
    } else if has(State::Waiting) || has(State::Running) {
        Health::Starting
    } else if live.is_some_and(|live| !live.is_well()) {
        Health::Degraded
    } else {
        Health::Ready
    }
}

fn stage_lines(line: &StageStatus, now: Timestamp) -> Vec<String> {
    let since = line
        .since
        .parse::<Timestamp>()
        .map_or_else(|_| "?".to_owned(), |since| age(since, now));
    let cause = line.cause.as_deref().unwrap_or_default();
    let (name, state) = (word(&line.stage), word(&line.state));
    let mut lines = vec![format!("{name:19} {state:8} {since:>6}  {cause}")];
    lines.extend(line.remedy.iter().map(|remedy| format!("{:37}→ {remedy}", "")));
    lines
}

/// The name that the JSON gives it.
pub(super) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// As kubectl writes it: `42s`, `5m`, `3h`, `2d`.
fn age(since: Timestamp, now: Timestamp) -> String {
    match (now.as_second() - since.as_second()).max(0) {
        seconds @ ..120 => format!("{seconds}s"),
        seconds @ ..7200 => format!("{}m", seconds / 60),
        seconds @ ..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::super::live::{Health as Part, Live};
    use super::*;
    use crate::status::Stage;

    fn line(name: Stage, state: State, cause: Option<&str>) -> StageStatus {
        StageStatus {
            stage: name,
            state,
            since: "2026-11-23T08:00:00Z".into(),
            at_ms: 1200,
            cause: cause.map(str::to_owned),
            remedy: cause.map(|_| "free it".to_owned()),
        }
    }

    fn report(states: &[(Stage, State)]) -> Report {
        Report {
            pid: 100,
            version: "v1.37.2+bowline1".into(),
            role: "server".into(),
            node: "one".into(),
            stages: states
                .iter()
                .map(|&(name, state)| line(name, state, None))
                .collect(),
            warnings: vec![],
        }
    }

    fn now() -> Timestamp {
        "2026-11-23T08:00:42Z".parse().unwrap()
    }

    fn live(message: Option<&str>) -> Live {
        Live {
            api_server: Part::of("API server", message),
            node: None,
            add_ons: vec![],
        }
    }

    #[test]
    fn a_start_under_way_shows_what_it_waits_for() {
        let mut report = report(&[(Stage::Content, State::Done), (Stage::ApiServer, State::Waiting)]);
        report.stages.push(line(
            Stage::Kubelet,
            State::Running,
            Some("port 10250 is held by nginx"),
        ));
        let view = View::new(Some(report), Some(100), None);
        assert_eq!(view.exit_code(), 2);
        insta::assert_snapshot!(view.table(now()), @r"
        bowline v1.37.2+bowline1, server one: starting

        STAGE               STATE     SINCE  CAUSE
        content             done        42s
        api-server          waiting     42s
        kubelet             running     42s  port 10250 is held by nginx
                                             → free it
        ");
    }

    #[test]
    fn a_failed_stage_fails_even_while_others_go_on() {
        let report = report(&[(Stage::Etcd, State::Failed), (Stage::Node, State::Running)]);
        let view = View::new(Some(report), Some(100), None);
        assert_eq!((view.state, view.exit_code()), (Health::Failed, 1));
    }

    #[test]
    fn ready_is_asked_for_and_not_only_remembered() {
        let done = || Some(report(&[(Stage::Node, State::Done)]));
        assert_eq!(View::new(done(), Some(100), Some(live(None))).exit_code(), 0);
        let view = View::new(done(), Some(100), Some(live(Some("etcd does not answer"))));
        assert_eq!((view.state, view.exit_code()), (Health::Degraded, 1));
        assert!(view.table(now()).contains("etcd does not answer"));
    }

    #[test]
    fn warnings_stand_below_and_leave_the_node_ready() {
        let mut report = report(&[(Stage::Node, State::Done)]);
        report.warnings.push("port 80 is in use".into());
        let view = View::new(Some(report), Some(100), Some(live(None)));
        assert_eq!(view.exit_code(), 0);
        assert!(view.table(now()).ends_with("\nWARNING  port 80 is in use\n"));
    }

    #[test]
    fn a_report_of_a_dead_process_is_only_its_last_word() {
        let view = View::new(Some(report(&[(Stage::Node, State::Done)])), None, None);
        assert_eq!((view.state, view.exit_code()), (Health::Stopped, 1));
        assert!(view.table(now()).contains("not running"));
    }

    #[test]
    fn a_report_of_an_earlier_process_does_not_count() {
        let view = View::new(Some(report(&[(Stage::Node, State::Done)])), Some(777), None);
        assert_eq!((view.state, view.exit_code()), (Health::Starting, 2));
    }

    #[test]
    fn a_machine_where_bowline_never_ran_says_so() {
        let view = View::new(None, None, None);
        assert_eq!(view.exit_code(), 1);
        assert!(view.table(now()).contains("was not since the machine booted"));
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"state":"never-started","running":false}"#
        );
    }

    #[test]
    fn the_json_holds_the_report_at_its_top() {
        let view = View::new(
            Some(report(&[(Stage::Node, State::Done)])),
            Some(100),
            Some(live(None)),
        );
        insta::assert_json_snapshot!(view, @r#"
        {
          "state": "ready",
          "running": true,
          "pid": 100,
          "version": "v1.37.2+bowline1",
          "role": "server",
          "node": "one",
          "stages": [
            {
              "stage": "node",
              "state": "done",
              "since": "2026-11-23T08:00:00Z",
              "at_ms": 1200
            }
          ],
          "live": {
            "api_server": {
              "name": "API server",
              "ready": true
            },
            "node": null,
            "add_ons": []
          }
        }
        "#);
    }
}
