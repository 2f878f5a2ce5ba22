//! Generated templates, held against the real `text/template` with the real Sprig: each set must give the same output,
//! to the byte, or the same error.
//!
//! Needs Go and its modules, else it skips. `ORACLE_CASES` and `ORACLE_SEED` ask for more.

use gotemplate::{Functions, Limits, MissingKey, Pinned, Templates, sprig};

mod against;
#[path = "against_go/data.rs"]
mod data;
#[path = "against_go/expression.rs"]
mod expression;
#[path = "against_go/forms.rs"]
mod forms;
#[path = "against_go/generator.rs"]
mod generator;
#[path = "against_go/known.rs"]
mod known;
#[path = "against_go/literal.rs"]
mod literal;
#[path = "against_go/misplaced.rs"]
mod misplaced;
#[path = "against_go/objects.rs"]
mod objects;
#[path = "against_go/smaller.rs"]
mod smaller;
#[path = "against_go/statement.rs"]
mod statement;

use against::{Oracle, SOURCE, answer, readable, wire};
use generator::{Case, Generator};

/// The outcome here, as the oracle would write it.
fn outcome(case: &Case, functions: &Functions) -> String {
    let rule = match case.missing {
        "zero" => MissingKey::Zero,
        "error" => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let limits = Limits {
        fuel: 2_000_000,
        output: 4 << 20,
        memory: 64 << 20,
        ..Limits::default()
    };
    let mut templates = Templates::new("set", functions.clone()).missing_key(rule);
    let now = "2026-01-01T00:00:00+00:00[UTC]".parse().expect("a time");
    let (mut environment, mut host) = (Pinned::new([1; 32], now), ());
    let parsed = case
        .files
        .iter()
        .try_for_each(|(name, text)| templates.parse(*name, text));
    let main = case.files.last().map_or("", |(name, _)| name);
    let executed = parsed.and_then(|()| {
        templates
            .context(limits, &mut host, &mut environment)
            .execute(main, case.data.clone())
    });
    match executed {
        Ok(output) => answer('t', &output),
        Err(error) if error.is_limit() => "-".to_owned(),
        Err(error) => answer('e', error.to_string().as_bytes()),
    }
}

/// The case as the oracle reads it.
fn written(case: &Case) -> String {
    let files: Vec<String> = case
        .files
        .iter()
        .map(|(name, text)| format!("{{\"name\":\"{name}\",\"text\":\"{}\"}}", hex::encode(text)))
        .collect();
    format!(
        "{{\"files\":[{}],\"missing\":\"{}\",\"data\":{}}}",
        files.join(","),
        case.missing,
        wire::written(&case.data)
    )
}

/// What came of all cases.
#[derive(Default)]
struct Counts {
    outputs: u64,
    errors: u64,
    unbounded: u64,
    panics: u64,
    known: std::collections::BTreeMap<&'static str, u64>,
}

#[test]
fn generated_templates_give_what_go_gives() {
    let Some(mut oracle) = Oracle::start(SOURCE) else {
        return;
    };
    let functions = Functions::new(sprig::FUNCTIONS);
    let mut generator = Generator::new(against::oracle::random());
    let (count, mut done, mut counts) = (against::oracle::cases(5_000), 0, Counts::default());
    let mut different = Vec::new();
    while done < count {
        let cases: Vec<Case> = (0..1000).map(|_| generator.case()).collect();
        let lines: Vec<String> = cases.iter().map(written).collect();
        let all = || {
            cases
                .iter()
                .map(|case| outcome(case, &functions))
                .collect::<Vec<_>>()
        };
        let (answers, own) = oracle.answers(&lines, all);
        for ((case, ours), theirs) in cases.iter().zip(&own).zip(&answers) {
            match &theirs[..1] {
                "t" => counts.outputs += 1,
                "e" => counts.errors += 1,
                "p" => counts.panics += 1,
                _ => counts.unbounded += 1,
            }
            if agree(ours, theirs) {
                continue;
            }
            match known::difference(case, ours, theirs) {
                Some(known) => *counts.known.entry(known.name).or_default() += 1,
                None => different.push(case.clone()),
            }
        }
        done += 1000;
    }
    println!(
        "{done} sets: {} outputs, {} errors, {} too long to compare, {} panics in Go",
        counts.outputs, counts.errors, counts.unbounded, counts.panics
    );
    for known in known::KNOWN {
        let times = counts.known.get(known.name).copied().unwrap_or(0);
        println!(
            "known difference, {times} times: {}: {}",
            known.name, known.reason
        );
    }
    let examples: Vec<String> = different
        .iter()
        .take(10)
        .map(|case| smaller::shown(case, &mut oracle, &functions))
        .collect();
    let total = different.len();
    assert!(
        total == 0,
        "{total} of {done} sets differ\n{}",
        examples.join("\n")
    );
}

/// Whether both outcomes are the same. Nothing is said where one side gave up, or where Go itself fell over.
fn agree(ours: &str, theirs: &str) -> bool {
    ours == "-"
        || theirs == "-"
        || theirs.starts_with('p')
        || against::normal(ours) == against::normal(theirs)
}
