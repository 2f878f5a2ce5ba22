//! Values as the oracle reads them: JSON in which each value carries its type as a mark.

use gotemplate::{Map, Str, Value};

pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => format!("{{\"i\":\"{number}\"}}"),
        Value::Int64(number) => format!("{{\"I\":\"{number}\"}}"),
        Value::Float(number) => format!("{{\"f\":\"{:x}\"}}", number.to_bits()),
        Value::String(string) => text(string),
        Value::Time(time) => format!("{{\"w\":\"{}\"}}", time.timestamp().as_second()),
        Value::List(items) => format!("{{\"l\":[{}]}}", joined(items.iter().map(written))),
        Value::Strings(items) => format!("{{\"s\":[{}]}}", joined(items.iter().map(text))),
        Value::Map(map) => entries("m", &map.entries()),
        Value::Object(object) => match object.as_map() {
            Some(map) => entries("n", &Map::entries(&map)),
            None => entries("p", &object.fields()),
        },
        _ => "null".to_owned(),
    }
}

fn text(text: &Str) -> String {
    format!("{{\"t\":\"{}\"}}", hex::encode(text.as_bytes()))
}

fn entries(mark: &str, entries: &[(Str, Value)]) -> String {
    let entry = |(key, value): &(Str, Value)| format!("\"{key}\":{}", written(value));
    format!("{{\"{mark}\":{{{}}}}}", joined(entries.iter().map(entry)))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}
