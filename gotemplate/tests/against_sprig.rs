//! Generated calls, held against the real Sprig: each must give the same value, of the same type, or the same error.
//!
//! Needs Go and its modules, else it skips. `ORACLE_CASES` and `ORACLE_SEED` ask for more.

use std::collections::BTreeMap;

use gotemplate::{Context, Function, Limits, Pinned, Type, Value, sprig};

mod against;
#[path = "against_sprig/generator.rs"]
mod generator;

use against::{LEFT_OUT, Oracle, SOURCE, answer, readable};
use generator::Generator;

/// The value with its types, as the oracle writes it.
fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => format!("i{number}"),
        Value::Int64(number) => format!("I{number}"),
        Value::Float(number) if number.is_nan() => "fNaN".to_owned(),
        Value::Float(number) => format!("f{:x}", number.to_bits()),
        Value::String(text) => format!("t{}", hex::encode(text.as_bytes())),
        Value::List(items) => format!("l[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Strings(texts) => {
            let texts: Vec<String> = texts
                .iter()
                .map(|text| format!("t{}", hex::encode(text.as_bytes())))
                .collect();
            format!("s[{}]", texts.join(" "))
        }
        Value::Map(map) => {
            let entry = |(key, value): &(gotemplate::Str, Value)| {
                format!("{}={}", hex::encode(key.as_bytes()), shown(value))
            };
            let mut entries: Vec<String> = map.entries().iter().map(entry).collect();
            entries.sort();
            format!("m{{{}}}", entries.join(" "))
        }
        Value::StringMap(map) => {
            let entry = |(key, text): (&gotemplate::Str, &gotemplate::Str)| {
                format!(
                    "{}=t{}",
                    hex::encode(key.as_bytes()),
                    hex::encode(text.as_bytes())
                )
            };
            let mut entries: Vec<String> = map.iter().map(entry).collect();
            entries.sort();
            format!("m{{{}}}", entries.join(" "))
        }
        Value::Time(time) => format!("w{}", String::from_utf8_lossy(&gotemplate::time::text(time))),
        Value::Object(object) => {
            let text = object.text().unwrap_or_default();
            format!("o{}:{text}", object.type_name())
        }
        other => format!("?{}", other.type_name()),
    }
}

/// What ours gives, as the oracle would write it.
fn outcome(context: &mut Context<'_>, function: &Function, arguments: &[Value]) -> String {
    match (function.call)(context, arguments) {
        Ok(value) => shown(&value),
        Err(error) => answer('e', error.to_string().as_bytes()),
    }
}

/// Without what may differ: the order where it is chance in Go, and bytes of errors that are no text.
fn normal(name: &str, outcome: &str) -> String {
    if matches!(name, "keys" | "values") && !outcome.starts_with('e') {
        let mut bytes = outcome.as_bytes().to_vec();
        bytes.sort_unstable();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    against::normal(outcome)
}

/// The functions that are called.
fn functions() -> Vec<&'static Function> {
    sprig::FUNCTIONS
        .iter()
        .flat_map(|table| table.iter())
        .filter(|function| !LEFT_OUT.contains(&function.name) && function.name != "dig")
        .filter(|function| {
            !function
                .parameters
                .iter()
                .any(|kind| matches!(kind, Type::Named(_)))
        })
        .collect()
}

/// Whether both outcomes are the same, but for what the module lists.
fn agree(name: &str, ours: &str, theirs: &str) -> bool {
    let (ours, theirs) = (normal(name, ours), normal(name, theirs));
    // A list has no spare capacity here.
    let beyond = hex::encode("slice index out of bounds");
    ours == theirs || name.ends_with("lice") && ours.ends_with(&beyond)
}

#[test]
fn generated_calls_give_what_sprig_gives() {
    let Some(mut oracle) = Oracle::start(SOURCE) else {
        return;
    };
    let count = against::oracle::cases(20_000);
    let mut generator = Generator::new(against::oracle::random());
    let functions = functions();
    let now = "2026-01-01T00:00:00+00:00[UTC]".parse().expect("a time");
    let (mut environment, mut host) = (Pinned::new([1; 32], now), ());
    let mut different: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut called = 0;
    while called < count {
        let calls: Vec<_> = (0..1000).map(|_| generator.call(&functions)).collect();
        let lines: Vec<String> = calls
            .iter()
            .map(|(function, given)| generator::written(function, given))
            .collect();
        let mut context = Context::new(Limits::default(), &mut host, &mut environment);
        let mut own = |(function, given): &(&Function, Vec<Value>)| outcome(&mut context, function, given);
        let (answers, ours) = oracle.answers(&lines, || calls.iter().map(&mut own).collect::<Vec<_>>());
        for ((((function, _), line), theirs), ours) in calls.iter().zip(&lines).zip(&answers).zip(&ours) {
            if !agree(function.name, ours, theirs) {
                let difference = format!(
                    "{line}\n   ours   {}\n   sprig  {}",
                    readable(ours),
                    readable(theirs)
                );
                different.entry(function.name).or_default().push(difference);
            }
        }
        called += 1000;
    }
    let total: usize = different.values().map(Vec::len).sum();
    let examples: Vec<String> = different
        .iter()
        .map(|(name, all)| {
            format!(
                "{name}: {} calls\n{}",
                all.len(),
                all[..all.len().min(3)].join("\n")
            )
        })
        .collect();
    assert!(
        different.is_empty(),
        "{total} of {called} calls differ\n{}",
        examples.join("\n")
    );
}
