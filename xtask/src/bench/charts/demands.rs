//! What is demanded of us, and what was measured against it. Pure.

use super::figures::{Figures, Pair, percentile, sum, to_f64};

/// How many of the largest charts each have to be so many times faster.
pub(super) const LARGEST: usize = 10;

/// A limit and what was measured against it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Demand {
    what: String,
    measured: Option<f64>,
    limit: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    /// Times as fast as Helm, at least.
    Faster(f64),
    /// Of Helm's memory, at most.
    Share(f64),
    /// Of anything, at most.
    Count(f64),
}

/// All demands, with what is known.
pub(super) fn demands(figures: &Figures) -> Vec<Demand> {
    let faster = |what: &str, measured: Option<f64>, limit| Demand {
        what: what.to_owned(),
        measured,
        limit: Limit::Faster(limit),
    };
    let share = |what: &str, measured| Demand {
        what: what.to_owned(),
        measured,
        limit: Limit::Share(0.25),
    };
    let whole = |keys| {
        let whole = sum(figures.of(keys).map(|chart| chart.engine));
        (whole.helm > 0).then(|| whole.ratio())
    };
    let largest = figures.largest(LARGEST);
    let slowest = largest.iter().map(|chart| chart.engine.ratio());
    let programs = figures.programs();
    let times = || programs.iter().map(|pair| pair.map(|cost| cost.nanos));
    let memory = || programs.iter().map(|pair| pair.map(|cost| cost.peak_bytes));
    let all_memory = sum(memory());
    vec![
        faster("in process: all charts without keys, summed", whole(false), 10.0),
        faster(
            &format!("in process: each of the {LARGEST} largest, the least"),
            slowest.min_by(f64::total_cmp),
            5.0,
        ),
        faster("in process: charts with keys, summed", whole(true), 1.0),
        faster(
            "as a program: medians",
            percentile(times(), 50).map(Pair::ratio),
            10.0,
        ),
        share(
            "as a program: peak memory, the worst chart",
            memory().map(part).max_by(f64::total_cmp),
        ),
        share(
            "as a program: peak memory, summed",
            (all_memory.helm > 0).then(|| part(all_memory)),
        ),
        Demand {
            what: "charts that do not come out as Helm's".to_owned(),
            measured: Some(to_f64(figures.differing.len() as u64)),
            limit: Limit::Count(0.0),
        },
    ]
}

/// Ours, as a part of Helm's.
fn part(pair: Pair<u64>) -> f64 {
    to_f64(pair.ours) / to_f64(pair.helm.max(1))
}

/// One demand on a line.
pub(super) fn line(demand: &Demand) -> String {
    let (bound, limit) = match demand.limit {
        Limit::Faster(limit) => ("at least", limit),
        Limit::Share(limit) | Limit::Count(limit) => ("at most", limit),
    };
    let is_met = |value: f64| match demand.limit {
        Limit::Faster(limit) => value >= limit,
        Limit::Share(limit) | Limit::Count(limit) => value <= limit,
    };
    let show = |value: f64| match demand.limit {
        Limit::Faster(_) => format!("{value:.2} ×"),
        Limit::Share(_) => format!("{value:.3}"),
        Limit::Count(_) => format!("{value}"),
    };
    let (measured, verdict) = match demand.measured {
        Some(value) if is_met(value) => (show(value), "met"),
        Some(value) => (show(value), "MISSED"),
        None => ("not measured".to_owned(), ""),
    };
    let line = format!(
        "{:<46}{measured:>13}   {bound:<8} {:<8} {verdict}",
        demand.what,
        show(limit)
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::{chart, figures};
    use super::*;

    fn lines(figures: &Figures) -> Vec<String> {
        demands(figures).iter().map(line).collect()
    }

    #[test]
    fn what_falls_short_is_told_from_what_does_not() {
        let mut keys = chart("keys", 30, 20);
        keys.keys = true;
        let lines = lines(&figures(vec![chart("a", 1, 30), chart("b", 10, 40), keys]));
        let ends = [
            "6.36 ×   at least 10.00 ×  MISSED",
            "4.00 ×   at least 5.00 ×   MISSED",
            "0.67 ×   at least 1.00 ×   MISSED",
            "3.00 ×   at least 10.00 ×  MISSED",
            "1.500   at most  0.250    MISSED",
            "0.456   at most  0.250    MISSED",
            "0   at most  0        met",
        ];
        for (line, end) in lines.iter().zip(ends) {
            assert!(line.ends_with(end), "{line:?} should end with {end:?}");
        }
        assert_eq!(lines.len(), ends.len());
    }

    #[test]
    fn what_was_not_measured_has_no_verdict() {
        let lines = lines(&figures(vec![chart("a", 1, 30)]));
        assert!(
            lines[0].ends_with("30.00 ×   at least 10.00 ×  met"),
            "{}",
            lines[0]
        );
        assert!(
            lines[2].ends_with("not measured   at least 1.00 ×"),
            "{}",
            lines[2]
        );
    }
}
