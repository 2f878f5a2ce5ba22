//! Shows a start while it goes on: a bar on a terminal, a line for each news in a log.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bowline_tests::node::status::{Report, Stage, State};
use indicatif::{ProgressBar, ProgressStyle};

use super::Home;

const LIMIT: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(200);

/// Shows the stages until every one is done.
pub(crate) fn follow(home: &Home) -> Result<()> {
    let bar = std::io::stderr().is_terminal().then(bar);
    let deadline = Instant::now() + LIMIT;
    let mut shown: Option<Report> = None;
    loop {
        // There is no report before the program has begun.
        let report = home.status().ok();
        if let Some(report) = report {
            match &bar {
                Some(bar) => draw(bar, &report),
                None => news(shown.as_ref(), &report)
                    .iter()
                    .for_each(|line| eprintln!("{line}")),
            }
            if report.is_done() {
                break;
            }
            shown = Some(report);
        }
        if !home.server_runs() {
            bail!("bowline server has ended\n{}", home.last_words());
        }
        if Instant::now() > deadline {
            let state = shown.map_or_else(
                || "bowline reports no status".to_owned(),
                |report| report.to_string(),
            );
            bail!("the node is not ready after {LIMIT:?}; see `cargo xtask bowline status`\n{state}");
        }
        std::thread::sleep(POLL);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(())
}

/// What a log has not yet been told.
fn news(before: Option<&Report>, now: &Report) -> Vec<String> {
    let known = |stage: &Stage| before.and_then(|report| report.stage(&stage.stage)) == Some(stage);
    now.stages
        .iter()
        .filter(|stage| stage.state != State::Waiting && !known(stage))
        .map(|stage| {
            let seconds = Duration::from_millis(stage.at_ms).as_secs_f64();
            let cause = stage
                .cause
                .as_ref()
                .map(|cause| format!(": {cause}"))
                .unwrap_or_default();
            format!("{seconds:6.1} s  {} {}{cause}", stage.stage, word(stage.state))
        })
        .collect()
}

fn draw(bar: &ProgressBar, report: &Report) {
    let with = |state| report.stages.iter().filter(move |stage| stage.state == state);
    bar.set_length(u64::try_from(report.stages.len()).unwrap_or_default());
    bar.set_position(u64::try_from(with(State::Done).count()).unwrap_or_default());
    let under_way: Vec<_> = with(State::Failed)
        .chain(with(State::Running))
        .map(|stage| match &stage.cause {
            Some(cause) => format!("{}: {cause}", stage.stage),
            None => stage.stage.clone(),
        })
        .collect();
    bar.set_message(under_way.join(", "));
}

fn word(state: State) -> &'static str {
    match state {
        State::Waiting => "waits",
        State::Running => "begun",
        State::Done => "done",
        State::Failed => "in trouble",
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} node [{elapsed}] {bar:24} {pos}/{len} {wide_msg}")
        .expect("the template is a constant that a test renders");
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(stages: &[(&str, State, u64)]) -> Report {
        Report {
            pid: 1,
            version: "v1".into(),
            role: "server".into(),
            node: "one".into(),
            stages: stages
                .iter()
                .map(|(stage, state, at_ms)| Stage {
                    stage: (*stage).into(),
                    state: *state,
                    at_ms: *at_ms,
                    cause: (*state == State::Failed).then(|| "port 2379 is in use".into()),
                    remedy: None,
                })
                .collect(),
        }
    }

    #[test]
    fn a_log_is_told_each_news_once() {
        let first = report(&[("content", State::Running, 100), ("etcd", State::Waiting, 0)]);
        let second = report(&[("content", State::Done, 1500), ("etcd", State::Failed, 1600)]);
        assert_eq!(news(None, &first), ["   0.1 s  content begun"]);
        assert_eq!(
            news(Some(&first), &second),
            [
                "   1.5 s  content done",
                "   1.6 s  etcd in trouble: port 2379 is in use"
            ]
        );
        assert!(news(Some(&second), &second).is_empty());
    }

    #[test]
    fn the_bar_counts_what_is_done() {
        let bar = bar();
        draw(
            &bar,
            &report(&[
                ("content", State::Done, 1),
                ("etcd", State::Running, 2),
                ("node", State::Waiting, 0),
            ]),
        );
        assert_eq!(
            (bar.position(), bar.length(), bar.message()),
            (1, Some(3), "etcd".to_owned())
        );
        bar.finish_and_clear();
    }
}
