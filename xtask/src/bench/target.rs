//! The targets: each limit, what was measured against it, and why it is missed if it is. Pure.

use std::cmp::Reverse;
use std::fmt;

use super::figures::{Figures, Run, Subject};
use super::verdict::{mebibytes, restart, seconds, to_f64};

/// How many stages a reason names.
const NAMED: usize = 3;

/// When something was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Node,
    Addons,
    Restart,
}

/// A limit and what was measured against it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    what: &'static str,
    measured: Option<f64>,
    limit: f64,
    unit: Unit,
    /// Why it is missed.
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Times(&'static str),
    Mebibytes,
}

/// A time of ours that may be so many times that of a peer.
struct Race {
    what: &'static str,
    ours: Moment,
    peer: Subject,
    theirs: Moment,
    limit: f64,
}

/// All targets, with what is known.
pub(crate) fn all(figures: &Figures) -> Vec<Target> {
    use Moment::{Addons, Node, Restart};
    use Subject::{Bare, Kubeadm};
    let race = |what, ours, (peer, theirs), limit| {
        Race {
            what,
            ours,
            peer,
            theirs,
            limit,
        }
        .run(figures)
    };
    let memory = |program: &str| {
        let resident = figures.median(Subject::Bowline, |run| Some(run.memory.get(program)?.resident));
        resident.map(mebibytes)
    };
    vec![
        race("node Ready", Node, (Kubeadm, Node), 0.4),
        race("node Ready", Node, (Bare, Node), 1.6),
        race("add-ons Ready", Addons, (Kubeadm, Addons), 0.5),
        race("restart to Ready", Restart, (Bare, Node), 1.5),
        size("bowline at rest", memory("bowline"), 20.0),
        size("operator at rest", memory("bowline-operator"), 30.0),
        size("bowline binary", Some(mebibytes(figures.binary_bytes)), 15.0),
    ]
}

impl Moment {
    /// In milliseconds from the first program's start.
    fn of(self, run: &Run) -> Option<u64> {
        match self {
            Self::Node => Some(run.node_ms),
            Self::Addons => run.addons_ms,
            Self::Restart => restart(run).map(|restart| restart.node_ms),
        }
    }

    /// What a run spent its time on until then, the longest first: its stages as far as they lie before, and what
    /// came after the node was Ready. The stages are those of a cold start.
    fn spans(self, run: &Run) -> Vec<(&str, u64)> {
        let Some(ready) = self.of(run).filter(|_| self != Self::Restart) else {
            return Vec::new();
        };
        let after = ("after node Ready", ready.saturating_sub(run.node_ms));
        let stages = run.stages.iter().map(|stage| {
            let end = stage.end_ms.min(ready);
            (stage.name.as_str(), end.saturating_sub(stage.begin_ms))
        });
        let mut spans: Vec<_> = stages.chain([after]).filter(|(_, ms)| *ms > 0).collect();
        spans.sort_by_key(|(_, ms)| Reverse(*ms));
        spans
    }
}

impl Race {
    fn run(&self, figures: &Figures) -> Target {
        let theirs = figures
            .median(self.peer, |run| self.theirs.of(run))
            .filter(|ms| *ms > 0);
        let times = figures
            .median(Subject::Bowline, |run| self.ours.of(run))
            .zip(theirs);
        let measured = times.map(|(ours, theirs)| to_f64(ours) / to_f64(theirs));
        Target {
            what: self.what,
            measured,
            limit: self.limit,
            unit: Unit::Times(self.peer.letter()),
            reason: times.and_then(|times| self.reason(figures, times)),
        }
    }

    /// What took how long, here and there. Stages are cut differently by each subject, so that only the longest of
    /// each can be told, not their differences.
    fn reason(&self, figures: &Figures, (ours, theirs): (u64, u64)) -> Option<String> {
        let excess = to_f64(ours) - self.limit * to_f64(theirs);
        if excess <= 0.0 {
            return None;
        }
        let spans = |subject, moment: Moment| {
            let run = figures.median_run(subject, |run| moment.of(run));
            run.map(|run| moment.spans(run)).unwrap_or_default()
        };
        // A peer that is all one stage has nothing to tell.
        let peer = match spans(self.peer, self.theirs).as_slice() {
            [(name, ms), _, ..] => format!(", of it {} s {name}", seconds(Some(*ms))),
            _ => String::new(),
        };
        let own = spans(Subject::Bowline, self.ours);
        let own = own
            .iter()
            .take(NAMED)
            .map(|(name, ms)| format!("{name} {} s", seconds(Some(*ms))));
        let own = match own.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => none,
            some => format!("; longest stages: {some}"),
        };
        Some(format!(
            "{} s is {:.2} s too long; {} took {} s{peer}{own}",
            seconds(Some(ours)),
            excess / 1000.0,
            self.peer.letter(),
            seconds(Some(theirs))
        ))
    }
}

fn size(what: &'static str, measured: Option<f64>, limit: f64) -> Target {
    let excess = measured
        .map(|measured| measured - limit)
        .filter(|mebibytes| *mebibytes > 0.0);
    Target {
        what,
        measured,
        limit,
        unit: Unit::Mebibytes,
        reason: excess.map(|mebibytes| format!("{mebibytes:.1} MiB too much")),
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Times(of) => format!("{value:.2} × {of}"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = self
            .measured
            .map_or_else(|| "not measured".to_owned(), |value| self.unit.show(value));
        let limit = self.unit.show(self.limit);
        write!(f, "{:<18}{measured:>14}   at most {limit}", self.what)?;
        match &self.reason {
            Some(reason) => write!(f, "   MISSED\n      {reason}"),
            None if self.measured.is_some() => write!(f, "   met"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Stage;
    use crate::bench::figures::tests::run;
    use crate::bench::verdict::tests::{figures, plain};

    fn stages(list: &[(&str, u64, u64)]) -> Vec<Stage> {
        let stage = |(name, begin_ms, end_ms): &(&str, u64, u64)| Stage {
            name: (*name).into(),
            begin_ms: *begin_ms,
            end_ms: *end_ms,
        };
        list.iter().map(stage).collect()
    }

    #[test]
    fn what_falls_short_is_told_from_what_does_not() {
        let lines: Vec<_> = all(&figures())
            .iter()
            .map(|target| plain(&target.to_string()))
            .collect();
        assert_eq!(lines[0], "node Ready 0.33 × B at most 0.40 × B met");
        assert!(
            lines[1].starts_with("node Ready 2.00 × C at most 1.60 × C MISSED 4.00 s is 0.80 s too long"),
            "{}",
            lines[1]
        );
        assert_eq!(lines[3], "restart to Ready 1.00 × C at most 1.50 × C met");
        assert_eq!(
            lines[4],
            "bowline at rest 25.0 MiB at most 20.0 MiB MISSED 5.0 MiB too much"
        );
        assert_eq!(lines[5], "operator at rest not measured at most 30.0 MiB");
    }

    #[test]
    fn a_missed_time_is_told_with_the_longest_stages_of_both() {
        let mut bowline = run(Subject::Bowline, 4270);
        bowline.stages = stages(&[
            ("content", 0, 300),
            ("images", 390, 6000),
            ("etcd", 390, 1320),
            ("api-server", 1330, 4270),
        ]);
        let mut kubeadm = run(Subject::Kubeadm, 9460);
        kubeadm.stages = stages(&[("import", 60, 2960), ("certs", 2960, 4360)]);
        let figures = Figures {
            binary_bytes: 1,
            runs: vec![bowline, kubeadm, run(Subject::Bare, 2000)],
        };
        let reasons: Vec<_> = all(&figures).into_iter().map(|target| target.reason).collect();
        // A stage counts as far as it lies before the node is Ready.
        let stages = "longest stages: images 3.88 s, api-server 2.94 s, etcd 0.93 s";
        assert_eq!(
            reasons[0],
            Some(format!(
                "4.27 s is 0.49 s too long; B took 9.46 s, of it 2.90 s import; {stages}"
            ))
        );
        assert_eq!(
            reasons[1],
            Some(format!("4.27 s is 1.07 s too long; C took 2.00 s; {stages}"))
        );
        assert_eq!(reasons[2], None);
    }

    #[test]
    fn add_ons_are_told_with_the_time_after_the_node() {
        let mut slow = run(Subject::Bowline, 4000);
        slow.addons_ms = Some(20_000);
        let figures = Figures {
            binary_bytes: 1,
            runs: vec![slow, run(Subject::Kubeadm, 9000)],
        };
        let reason = all(&figures)[2].reason.clone().unwrap();
        assert_eq!(
            reason,
            "20.00 s is 11.00 s too long; B took 18.00 s, of it 9.00 s after node Ready; \
             longest stages: after node Ready 16.00 s, content 2.00 s"
        );
    }

    #[test]
    fn a_slow_restart_is_told_without_the_stages_of_a_cold_start() {
        let mut figures = figures();
        figures.runs[0].restart.as_mut().unwrap().node_ms = 3500;
        let reason = all(&figures)[3].reason.clone().unwrap();
        assert_eq!(reason, "3.50 s is 0.50 s too long; C took 2.00 s");
    }

    #[test]
    fn a_target_without_its_rival_is_not_measured() {
        let alone = Figures {
            binary_bytes: 1,
            runs: vec![run(Subject::Bowline, 4000)],
        };
        let targets = all(&alone);
        assert!(targets[..4].iter().all(|target| target.measured.is_none()));
        assert!(targets[..4].iter().all(|target| target.reason.is_none()));
    }
}
