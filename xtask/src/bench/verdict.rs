//! What the figures come to: medians, ratios, and which targets are missed. Pure.

use std::fmt::Write;

use super::figures::{Figures, Restart, Run, Subject};

const MEBIBYTE: u64 = 1 << 20;

/// A limit and what was measured against it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    what: &'static str,
    measured: Option<f64>,
    limit: f64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Times(&'static str),
    Mebibytes,
}

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
    for target in targets(figures) {
        let _ = writeln!(text, "  {}", line(&target));
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

fn restart(run: &Run) -> Option<&Restart> {
    run.restart.as_ref()
}

fn power_cut(run: &Run) -> Option<&Restart> {
    run.power_cut.as_ref()
}

/// All targets, with what is known.
pub(crate) fn targets(figures: &Figures) -> Vec<Target> {
    use Subject::{Bare, Bowline, Kubeadm};
    let node = |run: &Run| Some(run.node_ms);
    let addons = |run: &Run| run.addons_ms;
    let ratio =
        |one: Option<u64>, other: Option<u64>| Some(to_f64(one?) / to_f64(other.filter(|other| *other > 0)?));
    let median = |subject, what: fn(&Run) -> Option<u64>| figures.median(subject, what);
    let restart = median(Bowline, |run| restart(run).map(|restart| restart.node_ms));
    let memory = |program: &'static str| {
        let resident = figures.median(Bowline, |run| Some(run.memory.get(program)?.resident));
        resident.map(mebibytes)
    };
    let times = |what, measured, limit, of| Target {
        what,
        measured,
        limit,
        unit: Unit::Times(of),
    };
    let size = |what, measured, limit| Target {
        what,
        measured,
        limit,
        unit: Unit::Mebibytes,
    };
    vec![
        times(
            "node Ready",
            ratio(median(Bowline, node), median(Kubeadm, node)),
            0.4,
            "B",
        ),
        times(
            "node Ready",
            ratio(median(Bowline, node), median(Bare, node)),
            1.6,
            "C",
        ),
        times(
            "add-ons Ready",
            ratio(median(Bowline, addons), median(Kubeadm, addons)),
            0.5,
            "B",
        ),
        times("restart to Ready", ratio(restart, median(Bare, node)), 1.5, "C"),
        size("bowline at rest", memory("bowline"), 20.0),
        size("operator at rest", memory("bowline-operator"), 30.0),
        size("bowline binary", Some(mebibytes(figures.binary_bytes)), 15.0),
    ]
}

fn line(target: &Target) -> String {
    let Target {
        what,
        measured,
        limit,
        unit,
    } = target;
    let show = |value: f64| match unit {
        Unit::Times(of) => format!("{value:.2} × {of}"),
        Unit::Mebibytes => format!("{value:.1} MiB"),
    };
    let (measured, verdict) = match measured {
        Some(value) if value <= limit => (show(*value), "met"),
        Some(value) => (show(*value), "MISSED"),
        None => ("not measured".to_owned(), ""),
    };
    format!(
        "{what:<18}{measured:>14}   at most {:<10} {verdict}",
        show(*limit)
    )
    .trim_end()
    .to_owned()
}

fn seconds(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.2}", to_f64(ms) / 1000.0))
}

fn mebibytes(bytes: u64) -> f64 {
    to_f64(bytes) / to_f64(MEBIBYTE)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds and bytes stay far below 2^53"
)]
fn to_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Memory;
    use crate::bench::figures::tests::run;

    fn figures() -> Figures {
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

    #[test]
    fn what_falls_short_is_told_from_what_does_not() {
        let lines: Vec<_> = targets(&figures())
            .iter()
            .map(|target| plain(&line(target)))
            .collect();
        assert_eq!(lines[0], "node Ready 0.33 × B at most 0.40 × B met");
        assert_eq!(lines[1], "node Ready 2.00 × C at most 1.60 × C MISSED");
        assert_eq!(lines[3], "restart to Ready 1.00 × C at most 1.50 × C met");
        assert_eq!(lines[4], "bowline at rest 25.0 MiB at most 20.0 MiB MISSED");
        assert_eq!(lines[5], "operator at rest not measured at most 30.0 MiB");
    }

    /// Without the spaces that make columns.
    fn plain(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_target_without_its_rival_is_not_measured() {
        let alone = Figures {
            binary_bytes: 1,
            runs: vec![run(Subject::Bowline, 4000)],
        };
        assert!(
            targets(&alone)[..4]
                .iter()
                .all(|target| target.measured.is_none())
        );
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
