//! What the figures come to: medians, shares, and whether the targets are met. Pure.

use std::fmt::Write;

use super::figures::{Figures, Restart, Run, Subject};
use super::target;

const MEBIBYTE: u64 = 1 << 20;

/// The text that people read.
pub(crate) fn report(figures: &Figures) -> String {
    let mut text = table(figures);
    for (subject, name) in Subject::ALL.map(|subject| (subject, subject.title())) {
        let Some(run) = figures.typical(subject).filter(|run| !run.stages.is_empty()) else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n{name}, stages of its median run, and their share of the whole:"
        );
        text.push_str(&shares(run));
    }
    text.push_str(&warm(figures));
    text.push_str("\nTargets:\n");
    for target in target::all(figures) {
        let _ = writeln!(text, "  {target}");
    }
    text
}

fn table(figures: &Figures) -> String {
    let mut text = format!(
        "{:<20}{:>6}{:>14}{:>14}{:>14}\n",
        "medians, seconds", "runs", "API ready", "node Ready", "add-ons Ready"
    );
    for subject in Subject::ALL {
        let runs = figures.of(subject).count();
        if runs == 0 {
            continue;
        }
        let cell = |what: fn(&Run) -> Option<u64>| seconds(figures.median(subject, what));
        let _ = writeln!(
            text,
            "{:<20}{runs:>6}{:>14}{:>14}{:>14}",
            subject.title(),
            cell(|run| Some(run.api_server_ms)),
            cell(|run| Some(run.node_ms)),
            cell(|run| run.addons_ms)
        );
    }
    text
}

/// Stages overlap where things are done side by side, so shares need not add up.
fn shares(run: &Run) -> String {
    let whole = run.addons_ms.unwrap_or(run.node_ms).max(1);
    let mut text = String::new();
    for stage in &run.stages {
        let length = stage.end_ms.saturating_sub(stage.begin_ms);
        let _ = writeln!(
            text,
            "  {:<22}{:>8} to {:>7} s {:>4} %",
            stage.name,
            seconds(Some(stage.begin_ms)),
            seconds(Some(stage.end_ms)),
            length * 100 / whole
        );
    }
    text
}

fn warm(figures: &Figures) -> String {
    let mut text = String::new();
    for (after, of) in [
        ("SIGTERM", restart as fn(&Run) -> Option<&Restart>),
        ("a power cut", power_cut),
    ] {
        let node = figures.median(Subject::Bowline, |run| of(run).map(|restart| restart.node_ms));
        let last = figures.of(Subject::Bowline).filter_map(of).last();
        if let (Some(node), Some(last)) = (node, last) {
            let _ = writeln!(
                text,
                "\nRestart after {after}: node Ready after {} s; {} of {} pods went on as they were{}{}",
                seconds(Some(node)),
                last.survivors.len(),
                last.pods,
                if last.survivors.is_empty() { "" } else { ": " },
                last.survivors.join(", ")
            );
        }
    }
    for run in figures.of(Subject::Bowline).filter(|run| !run.memory.is_empty()) {
        for (program, memory) in &run.memory {
            let _ = writeln!(
                text,
                "{program} at rest: {:.1} MiB resident, {:.1} MiB proportional",
                mebibytes(memory.resident),
                mebibytes(memory.proportional)
            );
        }
    }
    text
}

pub(super) fn restart(run: &Run) -> Option<&Restart> {
    run.restart.as_ref()
}

fn power_cut(run: &Run) -> Option<&Restart> {
    run.power_cut.as_ref()
}

pub(super) fn seconds(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.2}", to_f64(ms) / 1000.0))
}

pub(super) fn mebibytes(bytes: u64) -> f64 {
    to_f64(bytes) / to_f64(MEBIBYTE)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds and bytes stay far below 2^53"
)]
pub(super) fn to_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::figures::Memory;
    use crate::bench::figures::tests::run;

    pub(crate) fn figures() -> Figures {
        let mut bowline = run(Subject::Bowline, 4000);
        bowline.restart = Some(Restart {
            node_ms: 2000,
            survivors: vec!["a/b".into()],
            pods: 2,
        });
        bowline.memory.insert(
            "bowline".into(),
            Memory {
                resident: 25 << 20,
                proportional: 24 << 20,
            },
        );
        Figures {
            binary_bytes: 14 << 20,
            runs: vec![bowline, run(Subject::Kubeadm, 12_000), run(Subject::Bare, 2000)],
        }
    }

    /// Without the spaces that make columns.
    pub(crate) fn plain(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_report_has_medians_stages_and_restarts() {
        let text = plain(&report(&figures()));
        for part in [
            "A bowline server 1 3.90 4.00 8.00",
            "content 0.00 to 2.00 s 25 %",
            "1 of 2 pods went on as they were: a/b",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }
}
