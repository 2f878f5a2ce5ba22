//! Public charts, rendered and refused as both generations of Helm do it, to the byte.
//!
//! Without the collection this test says so and passes. A sample of it is judged by default; `cargo test --release
//! --test corpus -- --ignored` judges all of it.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

mod collection;

use std::collections::BTreeSet;
use std::process::Command;

use collection::{Collection, is_sampled};
use serde_json::Value;

/// What Helm made of a chart with certain values.
struct Case {
    /// `<chart>/<case>`
    id: String,
    chart: String,
    /// `Some` where it rendered; what it printed lies in a file.
    is_rendered: bool,
    has_values: bool,
    /// The chart's own words in a refusal.
    words: Option<String>,
}

impl Collection {
    fn cases(&self, generation: &str) -> Vec<Case> {
        let field = |case: &Value, name: &str| {
            let name = if generation == "4" {
                format!("{name}4")
            } else {
                name.to_owned()
            };
            case[name].as_str().unwrap_or_default().to_owned()
        };
        let case = |case: &Value| Case {
            id: case["id"].as_str().unwrap().to_owned(),
            chart: case["chart"].as_str().unwrap().to_owned(),
            is_rendered: field(case, "status") == "ok",
            has_values: !case["values"].is_null(),
            words: (field(case, "error_class") == "fail/required")
                .then(|| own_words(&field(case, "error")))
                .flatten(),
        };
        self.index.iter().map(case).collect()
    }

    /// What is wrong with what we make of a case.
    fn judge(&self, case: &Case, generation: &str) -> Result<(), String> {
        let directory = self.root.path().join("cases").join(&case.id);
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline-chart"));
        command.args([
            "template",
            "rel",
            "--namespace",
            "ns",
            "--kube-version",
            "1.35.0",
            "--include-crds",
        ]);
        command.args(["--helm", generation]).arg(self.chart(&case.chart));
        if case.has_values {
            command.arg("-f").arg(directory.join("values.yaml"));
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        match (case.is_rendered, output.status.success()) {
            (true, false) => Err(format!("refused: {said}")),
            (false, true) => Err("rendered, though Helm refuses it".to_owned()),
            (false, false) => match &case.words {
                Some(words) if !said.contains(words.as_str()) => Err(format!("expected {words:?} in {said}")),
                _ => Ok(()),
            },
            (true, true) => {
                let suffix = if generation == "4" { "4" } else { "" };
                let expected = fs_err::read(directory.join(format!("expected{suffix}.yaml"))).unwrap();
                let mask = fs_err::read(directory.join(format!("mask{suffix}.json"))).ok();
                let mask: Value = mask.map_or(Value::Null, |mask| serde_json::from_slice(&mask).unwrap());
                compare(&expected, &output.stdout, &mask)
            }
        }
    }
}

/// The words of a chart's own `fail` or `required`, as far as their first line goes.
fn own_words(error: &str) -> Option<String> {
    let (_, after) = error.split_once("execution error at (")?;
    let (_, words) = after.split_once("): ")?;
    Some(words.lines().next()?.trim().chars().take(60).collect())
}

/// Lines that vary from run to run with Helm itself do not count; texts of which more than lines varies are not compared.
fn compare(expected: &[u8], given: &[u8], mask: &Value) -> Result<(), String> {
    let masked: BTreeSet<u64> = match mask.get("lines") {
        None => BTreeSet::new(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_u64).collect(),
        Some(_) => return Ok(()),
    };
    let lines = |text: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(text)
            .split('\n')
            .map(str::to_owned)
            .collect()
    };
    let (expected, given) = (lines(expected), lines(given));
    for (number, (expected, given)) in (0..).zip(expected.iter().zip(&given)) {
        if expected != given && !masked.contains(&number) {
            return Err(format!(
                "line {}: expected {expected:?}, got {given:?}",
                number + 1
            ));
        }
    }
    if expected.len() != given.len() {
        return Err(format!("expected {} lines, got {}", expected.len(), given.len()));
    }
    Ok(())
}

fn judge_all(is_wanted: impl Fn(&str) -> bool) {
    let Some(collection) = Collection::open(is_wanted) else {
        return;
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for generation in ["4", "3"] {
        for case in collection.cases(generation) {
            count += 1;
            if let Err(why) = collection.judge(&case, generation) {
                wrong.push(format!("Helm {generation}: {}: {why}", case.id));
            }
        }
    }
    println!("{count} cases judged");
    assert!(count > 0, "the collection is empty");
    assert!(
        wrong.is_empty(),
        "{} of {count} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_sample_of_public_charts_comes_out_as_helms_own() {
    judge_all(|chart| is_sampled(chart, 60));
}

#[test]
#[ignore = "renders 4,900 times: takes minutes without optimisation"]
fn every_public_chart_comes_out_as_helms_own() {
    judge_all(|_| true);
}
