//! `bowline status`: how far the start is, what is stuck and why, and whether all is well now.
//!
//! Comes in: the report that the node keeps in its run dir, the lock of the data dir, and, once started, what the
//! cluster answers. Goes out: a table or JSON, and an exit code.

mod live;
mod view;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use view::{Health, View, word};

use super::location::{self, Location};
use super::running;
use crate::status::{Report, State};

const POLL: Duration = Duration::from_millis(300);

/// Flags of `status`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 when all is ready, 1 when something failed or bowline does not run, 2 while it starts."
)]
pub(crate) struct Status {
    /// Folder that holds bowline's data
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Wait until all is ready, and tell each step
    #[arg(short, long)]
    wait: bool,
    /// With --wait: how many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
}

/// What `-o` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Json,
    Table,
}

/// Prints how the node is.
pub(crate) fn run(status: Status) -> Result<ExitCode> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start")?;
    executor.block_on(show(status))
}

async fn show(status: Status) -> Result<ExitCode> {
    let location = location::find(status.data_dir);
    let view = if status.wait {
        wait(&location, Duration::from_secs(status.timeout)).await?
    } else {
        look(&location).await?
    };
    match status.output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&view).context("write JSON")?),
        Output::Table => print!("{}", view.table(Timestamp::now())),
    }
    Ok(ExitCode::from(view.exit_code()))
}

/// The cluster is asked only when the start is through: until then the report knows more.
async fn look(location: &Location) -> Result<View> {
    let report = running::read_report(&location.layout.status())?;
    let running = running::find(&location.layout);
    let live = match &report {
        Some(report) if running.is_some() && report.role == "server" && View::is_started(report) => {
            Some(live::ask(&location.kubeconfig, &report.node).await)
        }
        _ => None,
    };
    Ok(View::new(report, running, live))
}

/// What failed may heal, and what is stopped may be started: only readiness or the time ends this.
async fn wait(location: &Location, patience: Duration) -> Result<View> {
    let begun = Instant::now();
    let mut told: Option<Report> = None;
    loop {
        let view = look(location).await?;
        if let Some(report) = view.report.clone().filter(|_| view.running) {
            for line in news(told.as_ref(), &report, Timestamp::now()) {
                eprintln!("{line}");
            }
            told = Some(report);
        }
        if view.state == Health::Ready || begun.elapsed() > patience {
            return Ok(view);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A line for each stage that is not as it was told.
fn news(told: Option<&Report>, report: &Report, now: Timestamp) -> Vec<String> {
    let known = told
        .filter(|told| told.pid == report.pid)
        .map_or(&[][..], |told| &told.stages);
    let new = report
        .stages
        .iter()
        .filter(|line| line.state != State::Waiting && !known.contains(line));
    new.map(|line| {
        let is_new_state = !known
            .iter()
            .any(|old| old.stage == line.stage && old.state == line.state);
        // The report has no time for a cause: it is as new as this look.
        let at = if is_new_state {
            line.at_ms
        } else {
            line.at_ms + passed_ms(&line.since, now)
        };
        let seconds = Duration::from_millis(at).as_secs_f64();
        let cause = line
            .cause
            .as_ref()
            .map_or_else(String::new, |cause| format!(": {cause}"));
        format!(
            "{seconds:7.1} s  {} {}{cause}",
            word(&line.stage),
            word(&line.state)
        )
    })
    .collect()
}

fn passed_ms(since: &str, now: Timestamp) -> u64 {
    let since = since.parse().unwrap_or(now);
    u64::try_from(now.as_millisecond() - since.as_millisecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Stage, StageStatus};

    fn report(pid: u32, state: State, cause: Option<&str>) -> Report {
        Report {
            pid,
            version: "v1".into(),
            role: "server".into(),
            node: "one".into(),
            stages: vec![StageStatus {
                stage: Stage::Etcd,
                state,
                since: "2026-11-23T08:00:00Z".into(),
                at_ms: 2100,
                cause: cause.map(str::to_owned),
                remedy: None,
            }],
            warnings: Vec::new(),
        }
    }

    /// Five seconds after the state began.
    fn now() -> Timestamp {
        "2026-11-23T08:00:05Z".parse().unwrap()
    }

    #[test]
    fn each_change_is_told_once() {
        let first = report(1, State::Running, None);
        assert_eq!(news(None, &first, now()), ["    2.1 s  etcd running"]);
        assert_eq!(news(Some(&first), &first, now()), Vec::<String>::new());
        let second = report(1, State::Failed, Some("no space"));
        assert_eq!(
            news(Some(&first), &second, now()),
            ["    2.1 s  etcd failed: no space"]
        );
    }

    #[test]
    fn a_new_cause_of_the_same_state_has_the_time_of_the_look() {
        let first = report(1, State::Running, None);
        let second = report(1, State::Running, Some("no image"));
        assert_eq!(
            news(Some(&first), &second, now()),
            ["    7.1 s  etcd running: no image"]
        );
    }

    #[test]
    fn a_new_start_is_told_from_its_begin() {
        let (old, new) = (report(1, State::Done, None), report(2, State::Done, None));
        assert_eq!(news(Some(&old), &new, now()).len(), 1);
        assert!(news(Some(&old), &report(2, State::Waiting, None), now()).is_empty());
    }
}
