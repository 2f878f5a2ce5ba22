//! What Helm did with public charts: recorded calls of functions, and all the texts of the charts and their results.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use bowline_charts::yaml::functions;
use gotemplate::json::{self, Style};
use gotemplate::{Map, Str, Value};
use serde_json::Value as Json;

/// The recorded data, beside the repository or where `BOWLINE_SHARED` says.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("BOWLINE_SHARED").map_or(beside, PathBuf::from);
    let path = root.join("charts-corpus").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Float(number.as_f64().unwrap()),
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(fields) => {
            let (kind, inside) = fields.iter().next().unwrap();
            typed(kind, inside)
        }
    }
}

fn typed(kind: &str, json: &Json) -> Value {
    let text = json.as_str().unwrap_or_default();
    let number = || json.as_i64().unwrap_or_else(|| text.parse().unwrap());
    match kind {
        "$f" => Value::Float(json.as_f64().unwrap_or_else(|| text.parse().unwrap())),
        "$int" => Value::Int(number()),
        "$int64" => Value::Int64(number()),
        "$m" => Value::Map(
            json.as_object()
                .unwrap()
                .iter()
                .map(|(key, item)| (key.as_str(), value(item)))
                .collect(),
        ),
        "$ms" => {
            let entries = json.as_object().unwrap().iter();
            Value::StringMap(Rc::new(
                entries
                    .map(|(key, item)| (key.as_str().into(), string(item)))
                    .collect(),
            ))
        }
        "$l" => Value::List(json.as_array().unwrap().iter().map(value).collect()),
        "$ls" => Value::Strings(json.as_array().unwrap().iter().map(string).collect()),
        "$nilmap" => Value::Map(Map::nil()),
        _ => Value::string(format!("unknown type {kind}")),
    }
}

fn string(json: &Json) -> Str {
    Str::from(json.as_str().unwrap())
}

/// What we make of a call; nothing for functions that are not ours.
fn call(name: &str, argument: &Value) -> Option<Value> {
    let text = argument.as_string().unwrap_or_default();
    let styled = |indent, raw| {
        Value::from(
            json::marshal(argument, Style { indent, raw })
                .map(Str::from)
                .unwrap(),
        )
    };
    Some(match name {
        "toYaml" | "mustToYaml" => Value::String(functions::to_yaml(argument, usize::MAX).unwrap()),
        "toYamlPretty" => Value::String(functions::to_yaml_pretty(argument, usize::MAX).unwrap()),
        "toToml" | "mustToToml" => Value::String(functions::to_toml(argument).unwrap()),
        "fromToml" => Value::Map(functions::from_toml(&text)),
        "toJson" | "mustToJson" => Value::String(functions::to_json(argument, usize::MAX).unwrap()),
        "toPrettyJson" => styled(2, false),
        "toRawJson" => styled(0, true),
        "fromYaml" => Value::Map(functions::from_yaml(&text)),
        "fromYamlArray" => Value::List(functions::from_yaml_array(&text)),
        "fromJson" => Value::Map(functions::from_json(&text)),
        "fromJsonArray" => Value::List(functions::from_json_array(&text)),
        "mustFromJson" => json::unmarshal(&text).unwrap(),
        _ => return None,
    })
}

#[test]
fn recorded_calls_give_the_recorded_results() {
    let Some(path) = shared("calls.jsonl.zst") else {
        return;
    };
    let lines = zstd::decode_all(fs_err::File::open(path).unwrap()).unwrap();
    let (mut count, mut wrong) = (0, 0);
    for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let recorded: Json = serde_json::from_slice(line).unwrap();
        let argument = value(&recorded["args"][0]);
        let Some(ours) = call(recorded["fn"].as_str().unwrap(), &argument) else {
            continue;
        };
        count += 1;
        let (ours, theirs) = (
            functions::to_json(&ours, usize::MAX).unwrap(),
            functions::to_json(&value(&recorded["res"]), usize::MAX).unwrap(),
        );
        // Whether an empty list was Go's nil is not recorded; it decides between `[]` and `null`.
        let same = |text: &Str| text.to_string().replace("[]", "null");
        if same(&ours) != same(&theirs) {
            wrong += 1;
            eprintln!("{}\nours:   {ours}\ntheirs: {theirs}", &recorded["fn"]);
        }
    }
    eprintln!("{count} calls, {wrong} differ");
    assert_eq!(wrong, 0);
}

/// The YAML files of the unpacked corpus that `BOWLINE_CORPUS` names, result files cut into their documents.
fn corpus() -> Vec<Vec<u8>> {
    let Some(root) = std::env::var_os("BOWLINE_CORPUS") else {
        eprintln!("skipped: BOWLINE_CORPUS names no unpacked corpus");
        return Vec::new();
    };
    let mut texts = Vec::new();
    let mut open = vec![PathBuf::from(root)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs_err::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Ok(text) = fs_err::read(&path) else { continue };
        if name.starts_with("expected") {
            let documents = bowline_charts::manifest::split(&text, bowline_charts::Generation::Helm4);
            texts.extend(documents.into_iter().map(<[u8]>::to_vec));
        } else if name.ends_with("values.yaml")
            || name == "Chart.yaml"
            || path.extension().is_some_and(|extension| extension == "json")
        {
            texts.push(text);
        }
    }
    texts.sort();
    texts.dedup();
    texts
}

#[test]
#[ignore = "reads a gigabyte; set BOWLINE_CORPUS"]
fn every_text_of_the_corpus_reads_and_writes_as_in_go() {
    let texts = corpus();
    for part in texts.chunks(2000) {
        super::compare("read", part, super::read);
        super::compare("head", part, super::head);
        let values: Vec<_> = part.iter().filter_map(|text| super::read(text).ok()).collect();
        super::compare("write", &values, super::write);
    }
}
