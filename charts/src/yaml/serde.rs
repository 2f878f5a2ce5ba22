//! YAML as types and JSON values. A key may stand only once in a mapping, except in manifests.

use std::fmt;

use ::serde::Serialize;
use ::serde::de::DeserializeOwned;
use gotemplate as go;
use serde_json::{Number, Value};
use thiserror::Error;

use super::tree::{Numbers, Options};
use super::{MAX_BYTES, Problem, decode_all, encode};
use crate::json;

/// A YAML text that cannot be read.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, in one line.
    pub message: String,
    /// The line in the text, from 1, where known.
    pub line: Option<usize>,
}

impl YamlError {
    fn new(message: impl fmt::Display) -> Self {
        Self {
            message: format!("{message}"),
            line: None,
        }
    }
}

/// What is wrong with a text, at one of its lines.
fn at_line(problem: &Problem, text: &str) -> YamlError {
    let message = problem.text.lines().last().unwrap_or_default().trim();
    YamlError {
        message: message.to_owned(),
        line: problem.at.map(|line| line.min(text.lines().count())),
    }
}

/// Reads one document into a type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_json::from_value(read_value(text)?).map_err(YamlError::new)
}

/// Reads one document into a value; an empty text is null.
pub fn read_value(text: &str) -> Result<Value, YamlError> {
    let mut documents = read_documents(text)?;
    match documents.len() {
        0 => Ok(Value::Null),
        1 => Ok(documents.remove(0)),
        _ => Err(YamlError::new("expected one YAML document, found several")),
    }
}

/// Reads every document of a text; empty ones are left out.
pub fn read_documents(text: &str) -> Result<Vec<Value>, YamlError> {
    documents(text, false)
}

/// As [`read_documents`], but of a key that stands twice in a mapping the last value counts: so Helm reads what it
/// applies, and public charts rely on it.
pub fn read_manifest(text: &str) -> Result<Vec<Value>, YamlError> {
    documents(text, true)
}

fn documents(text: &str, duplicates: bool) -> Result<Vec<Value>, YamlError> {
    if text.len() > MAX_BYTES {
        let message = format!("YAML text is larger than {} MiB", MAX_BYTES >> 20);
        return Err(YamlError::new(message));
    }
    let options = Options {
        numbers: Numbers::Typed,
        duplicates,
        head: false,
    };
    // A block scalar at the very end keeps its line break though the text has none.
    let mut bytes = text.as_bytes().to_vec();
    if !text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        bytes.push(b'\n');
    }
    let documents = decode_all(&bytes, options).map_err(|problem| at_line(&problem, text))?;
    let documents = documents.iter().filter(|document| !document.is_nil());
    documents.map(to_json).collect()
}

/// Writes a value as a YAML document ending in a newline.
pub fn write(value: &impl Serialize) -> Result<String, YamlError> {
    let value = serde_json::to_value(value).map_err(YamlError::new)?;
    let text = encode(&json::from_typed(&value), usize::MAX).map_err(YamlError::new)?;
    String::from_utf8(text).map_err(YamlError::new)
}

fn to_json(value: &go::Value) -> Result<Value, YamlError> {
    json::to_json_with(value, &|number| match Number::from_f64(number) {
        Some(number) => Ok(Value::Number(number)),
        None => Err(YamlError::new(format!("a number must be finite, not {number}"))),
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_are_read_as_kubernetes_people_expect() {
        let text = "a: yes\nb: 0755\nc: '0755'\nd: 1.5\ne: ~\nf: 1Gi\ng: 0x10\nh: 1.2.3\n";
        let expected =
            json!({"a": true, "b": 493, "c": "0755", "d": 1.5, "e": null, "f": "1Gi", "g": 16, "h": "1.2.3"});
        assert_eq!(read_value(text).unwrap(), expected);
    }

    #[test]
    fn empty_documents_are_left_out() {
        let text = "# nothing\n---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n";
        assert_eq!(read_documents(text).unwrap(), [json!({"a": 1}), json!({"b": 2})]);
        assert_eq!(read_documents("").unwrap(), Vec::<Value>::new());
        assert_eq!(read_documents("\n# nothing\n").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn duplicate_keys_are_refused_with_their_line() {
        let error = read_value("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.line, Some(3));
        assert_eq!(error.message, "line 3: key \"a\" already set in map");
        let last = [json!({"a": 3, "b": 2})];
        assert_eq!(read_manifest("a: 1\nb: 2\na: 3\n").unwrap(), last);
    }

    #[test]
    fn a_last_block_scalar_keeps_just_its_line_breaks() {
        assert_eq!(read_value("a: |\n  x").unwrap(), json!({"a": "x\n"}));
        assert_eq!(read_value("|+\n  x\u{2028}").unwrap(), json!("x\u{2028}"));
        for value in [json!("x\n"), json!("x\n\n"), json!("\n\n"), json!("\n\n\u{2028}")] {
            assert_eq!(read_value(&write(&value).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..100 {
            let alias = format!("*a{}", level - 1);
            writeln!(text, "a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
        }
        assert!(read_value(&text).is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read_value(&"[".repeat(100_000)).is_err());
        assert!(read_value(&format!("{}1{}", "{a: ".repeat(5000), "}".repeat(5000))).is_err());
        let mut text = "a0: &a0 [".to_owned() + &"[".repeat(500) + &"]".repeat(501) + "\n";
        writeln!(text, "a1: {}*a0{}", "[".repeat(600), "]".repeat(600)).unwrap();
        assert!(read_value(&text).is_err());
    }

    #[test]
    fn what_is_written_reads_back_the_same_in_go_too() {
        let value = json!({
            "a": "yes", "b": "1.0", "c": "0755", "d": "x: y", "e": "two\nlines\n", "f": " x ", "g": [], "h": {},
            "i": ["a", {"b": null}], "j": "long ".repeat(60), "k": "12:30", "l": "", "m": "#x", "n": "1e3",
            "o": "y", "p": "2001-01-01", "q": "~", "r": "tab\there", "s": "trailing \nspace", "t": "\n\nx", "u": "=",
        });
        let text = write(&value).unwrap();
        assert_eq!(read_value(&text).unwrap(), value);
        insta::assert_snapshot!(text);
    }
}
