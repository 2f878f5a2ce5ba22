//! Generated charts, values and assignments against Helm's own packages, of Helm 4 and of Helm 3.
//!
//! Each case goes the whole way: files to a chart, what people gave merged and assigned to, subcharts switched and
//! named, values coalesced, templates executed, documents sorted. The templates print the values as JSON. Every text
//! and every error has to be Helm's, to the byte.
//!
//! Public charts go the same way with other values than their own.
//!
//! Needs Go and its modules, else it skips. `ORACLE_CASES` and `ORACLE_SEED` ask for more.

mod assignments;
mod case;
#[path = "../collection/mod.rs"]
mod collection;
#[path = "../../../gotemplate/tests/against/oracle.rs"]
mod process;
mod public;
mod templates;
mod trees;
mod values;

use std::collections::BTreeSet;

use case::Case;
use collection::{Collection, is_sampled};
use process::{Oracle, Random};
use public::Public;

/// How often Helm is asked again where it differs: what it gave once may be chance.
const AGAIN: usize = 20;

fn compare(make: impl Fn(&mut Random) -> Case) {
    let Some(mut oracle) = Oracle::start("tests/helm/oracle") else {
        return;
    };
    let mut random = process::random();
    let (count, mut done, mut errors, mut by_chance) = (process::cases(1_000), 0, 0, 0);
    let mut different = Vec::new();
    while done < count {
        let cases: Vec<Case> = (0..500).map(|_| make(&mut random)).collect();
        let requests: Vec<String> = cases.iter().map(Case::request).collect();
        let all = || cases.iter().map(Case::rendered).collect::<Vec<_>>();
        let (answers, own) = oracle.answers(&requests, all);
        for ((case, ours), theirs) in cases.into_iter().zip(own).zip(&answers) {
            let theirs = case::answer(theirs);
            errors += usize::from(theirs.is_err());
            if ours == theirs {
                continue;
            }
            if is_chance(&case, &ours, &mut oracle) {
                by_chance += 1;
            } else {
                different.push(case);
            }
        }
        done += 500;
    }
    println!("{done} charts, {errors} of them refused by Helm; {by_chance} differ by chance in Helm itself");
    let examples: Vec<String> = different
        .iter()
        .take(6)
        .map(|case| case.smaller(&mut oracle).shown(&mut oracle))
        .collect();
    let total = different.len();
    assert!(
        total == 0,
        "{total} of {done} charts differ\n{}",
        examples.join("\n")
    );
}

/// Whether Helm sometimes gives the same: it walks maps in Go's order, which is chance.
fn is_chance(case: &Case, ours: &case::Outcome, oracle: &mut Oracle) -> bool {
    asked_again(case, oracle).contains(ours)
}

/// All that Helm makes of a case.
fn asked_again(case: &Case, oracle: &mut Oracle) -> Vec<case::Outcome> {
    let requests = vec![case.request(); AGAIN];
    let (answers, ()) = oracle.answers(&requests, || ());
    answers.iter().map(|answer| case::answer(answer)).collect()
}

#[test]
fn generated_assignments_give_what_helm_gives() {
    compare(assignments::case);
}

#[test]
fn generated_values_lie_over_one_another_as_in_helm() {
    compare(trees::values);
}

#[test]
fn generated_charts_render_as_in_helm() {
    compare(trees::templates);
}

/// A few charts by default, each a few times; as `ORACLE_CASES` grows first all of them, then each more often.
#[test]
fn public_charts_with_other_values_come_out_as_in_helm() {
    let Some(mut oracle) = Oracle::start("tests/helm/oracle") else {
        return;
    };
    let count = process::cases(60);
    let one_in = if count < 1_000 { 60 } else { 1 };
    let Some(collection) = Collection::open(|chart| is_sampled(chart, one_in)) else {
        return;
    };
    let charts: BTreeSet<&str> = collection
        .index
        .iter()
        .filter_map(|case| case["chart"].as_str())
        .collect();
    let each = count.div_ceil(charts.len() as u64);
    let mut random = process::random();
    let (mut done, mut different) = (0, Vec::new());
    for chart in charts.iter().filter_map(|id| Public::read(&collection, id)) {
        for _ in 0..each {
            let case = chart.case(&mut random);
            different.extend(chart.judge(&case, &mut oracle));
            done += 1;
        }
    }
    println!("{done} sets of values for {} charts", charts.len());
    assert!(done > 0, "no chart was read");
    assert!(
        different.is_empty(),
        "{} of {done} differ\n{}",
        different.len(),
        different.join("\n")
    );
}
