//! Small templates with what Go makes of them under `missingkey=zero`, from the shared chart data; skipped where that is absent.

use std::path::PathBuf;

use gotemplate::{Functions, Map, MissingKey, Templates, Value};
use serde_json::Value as Json;

fn shared(file: &str) -> Option<String> {
    let root = std::env::var_os("BOWLINE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = root.join("charts-corpus").join(file);
    let text = fs_err::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no {}", path.display());
    }
    text
}

/// JSON as Go reads it into an `interface{}`.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => number.as_f64().into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(entries) => entries
            .iter()
            .map(|(key, item)| (key.as_str(), value(item)))
            .collect::<Map>()
            .into(),
    }
}

#[test]
fn every_snippet_gives_what_go_gives() {
    let Some(text) = shared("go-snippets.json") else {
        return;
    };
    let file: Json = serde_json::from_str(&text).unwrap();
    let functions = Functions::default();
    let mut wrong = Vec::new();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap_or_default();
        let mut templates = Templates::new("t", functions.clone()).missing_key(MissingKey::Zero);
        let result = templates
            .parse("t", field("Tpl"))
            .and_then(|()| templates.execute("t", value(&file["data"])));
        let (output, error) = match result {
            Ok(output) => (output.to_string(), String::new()),
            Err(error) => (String::new(), error.to_string()),
        };
        if error != field("Err") || error.is_empty() && output != field("Want") {
            wrong.push(format!(
                "{}\n  want {:?} {:?}\n  got  {output:?} {error:?}",
                field("Tpl"),
                field("Want"),
                field("Err")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
