//! Values from text: YAML files as Helm reads them, JSON to Go's values and back.

use std::borrow::Cow;

use gotemplate::{List, Map, Value};
use serde_json::{Number, Value as Json};

use crate::Generation;
use crate::values::merge_over;
use crate::yaml;

/// Reads a file of values. Helm 4 takes several documents and merges them; it reads by lines and ends the last one too,
/// which a block scalar there keeps.
pub(crate) fn read_values(text: &[u8], generation: Generation) -> Result<Map, String> {
    if generation == Generation::Helm3 {
        return read_map(text);
    }
    let mut merged = Map::new();
    let text = match text {
        [] | [.., b'\n'] => Cow::Borrowed(text),
        _ => Cow::Owned([text, b"\n"].concat()),
    };
    for document in documents(&text) {
        let document = document.map_err(|error| format!("error reading yaml document: {error}"))?;
        let values =
            read_map(document).map_err(|error| format!("cannot unmarshal yaml document: {error}"))?;
        if merged.is_empty() {
            merged = values;
        } else {
            merge_over(&merged, &values);
        }
    }
    Ok(merged)
}

/// Reads a mapping; nothing at all is an empty one.
pub(crate) fn read_map(text: &[u8]) -> Result<Map, String> {
    let map = yaml::unmarshal_map(text, "map[string]interface {}").map_err(|error| error.to_string())?;
    Ok(map.unwrap_or_default())
}

/// Reads the mapping of `Chart.yaml`, whose fields are texts.
pub(crate) fn read_fields(text: &[u8]) -> Result<Map, String> {
    let map = yaml::unmarshal_fields(text, "chart.Metadata").map_err(|error| error.to_string())?;
    Ok(map.unwrap_or_default())
}

/// The parts of a text between lines of `---`, behind which only a comment may stand; one at the start parts nothing.
fn documents(text: &[u8]) -> Vec<Result<&[u8], String>> {
    let mut documents = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"---") {
        if at > 0 && text[at - 1] != b'\n' {
            continue;
        }
        let behind = &text[at + 3..];
        let rest = memchr::memchr(b'\n', behind).map_or(behind, |end| &behind[..=end]);
        let mark = rest.trim_ascii();
        if !mark.is_empty() && !mark.starts_with(b"#") {
            let mark = self::text(mark);
            documents.push(Err(format!("invalid Yaml document separator: {mark}")));
            return documents;
        }
        if at > start {
            documents.push(Ok(&text[start..at]));
            start = at + 3 + rest.len();
        }
    }
    if start < text.len() {
        documents.push(Ok(&text[start..]));
    }
    documents
}

/// JSON as values are: every number is a `float64`.
pub(crate) fn from_json(json: &Json) -> Value {
    converted(json, &|number| Value::Float(number.as_f64().unwrap_or_default()))
}

/// JSON as the cluster's objects are: whole numbers are an `int64`.
pub(crate) fn from_object(json: &Json) -> Value {
    converted(json, &|number| match number.as_i64() {
        Some(whole) => Value::Int64(whole),
        None => Value::Float(number.as_f64().unwrap_or_default()),
    })
}

fn converted(json: &Json, number: &impl Fn(&Number) -> Value) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => number(value),
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => list
            .iter()
            .map(|item| converted(item, number))
            .collect::<List>()
            .into(),
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (key.as_str(), converted(value, number)))
            .collect::<Map>()
            .into(),
    }
}

/// Values as JSON: whole numbers without a point.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => (*number).into(),
        Value::Int32(number) => (*number).into(),
        Value::Uint8(number) => (*number).into(),
        Value::Uint64(number) => (*number).into(),
        Value::Float(number) => float(*number),
        Value::String(text) => text.to_text().into(),
        Value::StringMap(map) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (key.to_string(), value.to_text().into()));
            Json::Object(entries.collect())
        }
        value => {
            if let Some(map) = value.as_map() {
                let entries = map.read();
                let entries = entries.iter();
                return Json::Object(
                    entries
                        .map(|(key, value)| (key.to_string(), to_json(value)))
                        .collect(),
                );
            }
            value
                .as_list()
                .map_or(Json::Null, |list| list.iter().map(to_json).collect())
        }
    }
}

/// Beyond this not every whole number is a float.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

fn float(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() <= MAX_WHOLE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is whole and within the bounds"
        )]
        return Json::from(number as i64);
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

/// Bytes as text; what is not UTF-8, which YAML refuses anyway, is marked.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// As [`text`], without a copy where that can be.
pub(crate) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A value as Go prints it.
pub(crate) fn shown(value: &Value) -> String {
    gotemplate::format::display(value).to_text().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn helm_4_merges_the_documents_of_a_file() {
        let text = b"---\na: 1\nb: {c: 1}\n---  \nb: {d: 2}\n--- # one as well\ne: 1";
        assert_eq!(documents(text).len(), 3);
        let read = |text: &[u8]| to_json(&Value::Map(read_values(text, Generation::Helm4).unwrap()));
        assert_eq!(
            read(b"a: 1\nb: {c: 1}\n---\nb: {d: 2}\n"),
            json!({"a": 1, "b": {"c": 1, "d": 2}})
        );
        assert_eq!(read(b""), json!({}));
        assert_eq!(read(b"# nothing\n"), json!({}));
    }

    #[test]
    fn helm_4_ends_the_last_line() {
        let read = |text: &[u8], generation| to_json(&Value::Map(read_values(text, generation).unwrap()));
        for (text, helm_3) in [("a: |\n  b", "b"), ("a: |\n  b\n", "b\n"), ("a: |-\n  b", "b")] {
            assert_eq!(read(text.as_bytes(), Generation::Helm3), json!({"a": helm_3}));
        }
        for (text, helm_4) in [("a: |\n  b", "b\n"), ("a: |\n  b\n", "b\n"), ("a: |-\n  b", "b")] {
            assert_eq!(read(text.as_bytes(), Generation::Helm4), json!({"a": helm_4}));
        }
    }

    #[test]
    fn helm_4_says_that_it_read_documents() {
        let refused = |text: &[u8], generation| read_values(text, generation).unwrap_err();
        assert_eq!(
            refused(b"a: 1\n--- {b: 1}\n", Generation::Helm4),
            "error reading yaml document: invalid Yaml document separator: {b: 1}"
        );
        let error = refused(b"a: [1\n", Generation::Helm3);
        assert_eq!(
            refused(b"a: [1\n", Generation::Helm4),
            format!("cannot unmarshal yaml document: {error}")
        );
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let json = json!({"a": [1, 1.5, "x", null, true], "b": {"c": 1e300}, "d": 9_007_199_254_740_992_i64});
        assert_eq!(to_json(&from_json(&json)), json);
        assert_eq!(to_json(&from_object(&json)), json);
    }
}
