//! The figures as people read them. Pure.

use std::fmt::Write;

use super::KUBERNETES;
use super::demands::{self, LARGEST};
use super::engine::RUNS;
use super::figures::{Chart, Figures, Pair, Parts, percentile, sum, to_f64};

/// How many charts are shown where we are the least ahead.
const LEAST: usize = 5;

/// The text that people read.
pub(super) fn report(figures: &Figures) -> String {
    let mut text = format!(
        "Helm {}, Kubernetes {KUBERNETES}, default values; medians of {} turns, in process of {RUNS} runs each, on one core\n\
         {} charts without keys, {} whose templates make keys, {} refused by both\n\n",
        figures.helm,
        figures.turns,
        figures.of(false).count(),
        figures.of(true).count(),
        figures.refused.len(),
    );
    text.push_str(&engine(figures));
    text.push_str(&parts(figures));
    text.push_str(&program(figures));
    for difference in &figures.differing {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "not counted: {}: {}", difference.name, difference.how);
    }
    text.push_str("\nDemands:\n");
    for demand in demands::demands(figures) {
        let _ = writeln!(text, "  {}", demands::line(&demand));
    }
    text
}

fn engine(figures: &Figures) -> String {
    let mut text = heading("in process, milliseconds");
    for (keys, name) in [(false, "without keys"), (true, "with keys")] {
        let times = || figures.of(keys).map(|chart| chart.engine);
        row(&mut text, &format!("{name}, sum"), Some(sum(times())), millis);
        row(
            &mut text,
            &format!("{name}, median"),
            percentile(times(), 50),
            millis,
        );
        row(
            &mut text,
            &format!("{name}, p90"),
            percentile(times(), 90),
            millis,
        );
    }
    let _ = writeln!(text, "the {LARGEST} largest without keys:");
    listed(&mut text, &figures.largest(LARGEST));
    let _ = writeln!(text, "where we are the least ahead:");
    listed(&mut text, &figures.least_ahead(LEAST));
    text
}

fn listed(text: &mut String, charts: &[&Chart]) {
    for chart in charts {
        row(text, &format!("  {}", chart.name), Some(chart.engine), millis);
    }
}

fn parts(figures: &Figures) -> String {
    let mut text = String::from("\nwhere our time goes, charts without keys:\n");
    let whole = sum(figures.of(false).map(|chart| chart.engine)).ours.max(1);
    let mut all = Parts::default();
    for chart in figures.of(false) {
        all.add(&chart.parts);
    }
    let parts = [
        ("load the chart", all.load),
        ("values and schemas", all.values),
        ("parse templates", all.parse),
        ("execute templates", all.execute),
        ("part and sort documents", all.sort),
    ];
    for (name, nanos) in parts {
        let _ = writeln!(
            text,
            "  {name:<68}{:>10}{:>8} %",
            millis(nanos),
            nanos * 100 / whole
        );
    }
    text
}

fn program(figures: &Figures) -> String {
    let programs = figures.programs();
    let mut text = format!("\n{}", heading("as a program, milliseconds and MiB"));
    let times = || programs.iter().map(|pair| pair.map(|cost| cost.nanos));
    let memory = || programs.iter().map(|pair| pair.map(|cost| cost.peak_bytes));
    for (name, percent) in [("median", 50), ("p90", 90)] {
        row(
            &mut text,
            &format!("time, {name}"),
            percentile(times(), percent),
            millis,
        );
    }
    for (name, percent) in [("median", 50), ("p90", 90), ("most", 100)] {
        row(
            &mut text,
            &format!("peak memory, {name}"),
            percentile(memory(), percent),
            mebibytes,
        );
    }
    text
}

fn heading(what: &str) -> String {
    format!("{what:<70}{:>10}{:>10}{:>8}\n", "ours", "Helm", "ratio")
}

fn row(text: &mut String, name: &str, pair: Option<Pair<u64>>, show: fn(u64) -> String) {
    let Some(pair) = pair.filter(|pair| pair.helm > 0) else {
        return;
    };
    let _ = writeln!(
        text,
        "{name:<70}{:>10}{:>10}{:>8.2}",
        show(pair.ours),
        show(pair.helm),
        pair.ratio()
    );
}

fn millis(nanos: u64) -> String {
    format!("{:.2}", to_f64(nanos) / 1e6)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", to_f64(bytes) / to_f64(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::super::figures::Difference;
    use super::super::figures::tests::{chart, figures};
    use super::*;

    #[test]
    fn all_that_was_measured_is_told() {
        let mut figures = figures(vec![chart("web", 1, 30), chart("cache", 3, 30)]);
        figures.differing.push(Difference {
            name: "odd".to_owned(),
            how: "in process we give 1 bytes and Helm 2".to_owned(),
        });
        let text = report(&figures);
        for line in [
            "2 charts without keys, 0 whose templates make keys, 0 refused by both",
            "      4.00     60.00   15.00\nwithout keys, median",
            "  cache                                                                     3.00     30.00   10.00\n",
            "  execute templates                                                         4.00     100 %\n",
            "      3.0      30.0   10.00\nnot counted",
            "not counted: odd: in process we give 1 bytes and Helm 2",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        assert!(!text.contains("\nwith keys, sum"), "{text}");
    }
}
