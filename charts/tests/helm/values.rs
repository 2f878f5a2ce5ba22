//! Values from chance, with nulls at every level.

use serde_json::{Map, Value, json};

use crate::process::Random;

/// Keys of every chart, among them such that mean something to Helm.
const KEYS: &[&str] = &["a", "b", "c", "list", "enabled", "global", "t", "exports", "tags"];

/// A mapping; `names` are keys that stand for subcharts, whose values are mostly mappings.
pub(crate) fn map(random: &mut Random, depth: usize, names: &[String]) -> Value {
    let mut map = Map::new();
    for _ in 0..random.below(5) {
        let key = random.pick(KEYS);
        let value = match key {
            "global" | "exports" if !random.once_in(12) => self::map(random, depth.max(1), &[]),
            "tags" if !random.once_in(12) => tags(random),
            "enabled" if !random.once_in(6) => json!(random.once_in(2)),
            _ => any(random, depth),
        };
        map.insert(key.to_owned(), value);
    }
    for name in names {
        if random.once_in(2) {
            let value = match random.below(24) {
                0 if random.once_in(3) => Value::Null,
                1 if random.once_in(4) => any(random, 0),
                _ => {
                    let inner = &names[..random.below(names.len())];
                    self::map(random, depth, inner)
                }
            };
            map.insert(name.clone(), value);
        }
    }
    Value::Object(map)
}

fn tags(random: &mut Random) -> Value {
    let mut tags = Map::new();
    for name in ["front", "back"] {
        if random.once_in(2) {
            tags.insert(name.to_owned(), json!(random.once_in(2)));
        }
    }
    if random.once_in(10) {
        tags.insert("front".to_owned(), json!("yes"));
    }
    Value::Object(tags)
}

pub(crate) fn any(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 8 } else { 12 }) {
        0 | 1 => Value::Null,
        2 => json!(random.once_in(2)),
        3 => [
            json!(0),
            json!(1),
            json!(8080),
            json!(12_345_678),
            json!(1.5),
            json!(-3),
        ][random.below(6)]
        .clone(),
        4..8 => json!(text(random)),
        8 => {
            let length = random.below(3);
            (0..length).map(|_| any(random, depth - 1)).collect()
        }
        _ => map(random, depth - 1, &[]),
    }
}

fn text(random: &mut Random) -> &'static str {
    random.pick(&[
        "",
        "x",
        "two words",
        "true",
        "12",
        "a: b",
        "{{ .Release.Name }}",
        "{{ .Values.a }}",
        "{{ include \"shared\" . }}",
        "multi\nline\n",
        "ä",
    ])
}

/// A file of values, as JSON, which is YAML too; at times as several documents.
pub(crate) fn file(random: &mut Random, depth: usize, names: &[String]) -> String {
    let mut text = map(random, depth, names).to_string();
    while random.once_in(8) {
        let separator = random.pick(&["\n---\n", "\n--- \n", "\n--- # note\n"]);
        text = text + separator + &map(random, depth, names).to_string();
    }
    match random.below(40) {
        0 => String::new(),
        1 => "null".to_owned(),
        2 => "# nothing\n".to_owned(),
        3 if random.once_in(3) => "[1, 2]".to_owned(),
        4 if random.once_in(3) => "a: [1\nb".to_owned(),
        _ => text,
    }
}
