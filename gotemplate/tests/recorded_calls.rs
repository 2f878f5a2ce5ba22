//! Calls of Sprig's functions, recorded while Helm rendered public charts: each must give the recorded result.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use gotemplate::{Context, Function, Limits, Pinned, Str, Value, sprig};
use serde_json::Value as Json;

/// Functions of Helm's own, or replaced by it, and those of Go's that are no functions of Sprig.
const ELSEWHERE: [&str; 10] = [
    "toYaml",
    "fromYaml",
    "fromYamlArray",
    "fromJsonArray",
    "fromJson",
    "toJson",
    "mustToJson",
    "printf",
    "print",
    "println",
];

/// Those whose order is chance in Go.
const UNORDERED: [&str; 3] = ["keys", "values", "pluck"];

fn recorded() -> Option<String> {
    let shared = std::env::var_os("BOWLINE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let candidates = [
        shared.clone(),
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    ];
    let file = candidates
        .iter()
        .find_map(|shared| fs_err::File::open(shared.join("charts-corpus/calls.jsonl.zst")).ok())?;
    let mut text = String::new();
    let mut decoder = zstd::Decoder::new(file).expect("a zstd stream");
    decoder.window_log_max(27).expect("a window");
    decoder.read_to_string(&mut text).expect("readable");
    Some(text)
}

/// A value as the recording writes it: plain numbers are floats, other types are marked.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => number.as_f64().expect("a float").into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(fields) => marked(fields),
    }
}

fn marked(fields: &serde_json::Map<String, Json>) -> Value {
    let (mark, content) = fields.iter().next().expect("a mark");
    let integer = || {
        content
            .as_i64()
            .or_else(|| content.as_str()?.parse().ok())
            .expect("an integer")
    };
    match mark.as_str() {
        "$int" => Value::Int(integer()),
        "$int64" => Value::Int64(integer()),
        "$f" => match content {
            Json::String(text) => text.parse::<f64>().expect("a float").into(),
            other => other.as_f64().expect("a float").into(),
        },
        "$m" => {
            let entries = content.as_object().expect("an object").iter();
            Value::Map(
                entries
                    .map(|(key, content)| (key.as_str(), value(content)))
                    .collect(),
            )
        }
        "$l" => content
            .as_array()
            .into_iter()
            .flatten()
            .map(value)
            .collect::<Vec<_>>()
            .into(),
        "$ls" => content
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect::<Vec<_>>()
            .into(),
        "$ms" => {
            let entries = content.as_object().into_iter().flatten();
            Value::StringMap(Rc::new(
                entries
                    .map(|(key, content)| (key.as_str().into(), text(content)))
                    .collect(),
            ))
        }
        "$nilmap" => Value::Map(gotemplate::Map::new()),
        _ => unreachable!("unknown mark {mark}"),
    }
}

fn text(json: &Json) -> Str {
    json.as_str().expect("a text").into()
}

/// Both as text, with types; where the order is chance, the items sorted.
fn shown(name: &str, value: &Value) -> String {
    let items = value.as_list().filter(|_| UNORDERED.contains(&name));
    match items {
        Some(items) => {
            let mut shown: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
            shown.sort();
            shown.join(" ")
        }
        None => format!("{value:?}"),
    }
}

#[test]
fn every_recorded_call_gives_the_recorded_result() {
    let Some(recorded) = recorded() else {
        println!("skipped: there is no recording beside this repository");
        return;
    };
    let functions: HashMap<&str, &Function> = sprig::FUNCTIONS
        .iter()
        .flat_map(|table| table.iter())
        .map(|function| (function.name, function))
        .collect();
    let now = "2026-01-01T00:00:00+00:00[UTC]".parse().expect("a time");
    let (mut environment, mut host) = (Pinned::new([1; 32], now), ());
    let mut context = Context::new(
        Limits {
            fuel: u64::MAX,
            memory: usize::MAX,
            ..Limits::default()
        },
        &mut host,
        &mut environment,
    );
    let (mut called, mut failed) = (0, Vec::new());
    for line in recorded.lines() {
        let call: Json = serde_json::from_str(line).expect("JSON");
        let name = call["fn"].as_str().expect("a name");
        if ELSEWHERE.contains(&name) {
            continue;
        }
        let arguments: Vec<Value> = call["args"].as_array().into_iter().flatten().map(value).collect();
        let function = functions.get(name).expect("a known function");
        let expected = shown(name, &value(&call["res"]));
        let result = match (function.call)(&mut context, &arguments) {
            Ok(result) => shown(name, &result),
            Err(error) => format!("error: {error}"),
        };
        called += 1;
        if result != expected {
            failed.push(format!(
                "{}\n  gave     {result}\n  expected {expected}",
                line.chars().take(400).collect::<String>()
            ));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {called} calls differ:\n{}",
        failed.len(),
        failed[..failed.len().min(20)].join("\n")
    );
}
