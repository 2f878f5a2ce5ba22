//! YAML in and out, within limits.
//!
//! Reading follows what Kubernetes people know from Go's reader (`yes` is true, `0755` is octal) but refuses
//! duplicate keys, and gives up on alias bombs and deep nesting.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Options;
use thiserror::Error;

/// The longest text that is read: rendered output is bounded by the same figure.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// A YAML text that cannot be read.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, in one line.
    pub message: String,
    /// The line in the text, from 1, where known.
    pub line: Option<usize>,
}

/// Reads one document into a type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    check_size(text)?;
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| yaml_error(&error))
}

/// Reads one document into a value; an empty text is null.
pub fn read_value(text: &str) -> Result<Value, YamlError> {
    let mut documents = read_documents(text)?;
    match documents.len() {
        0 => Ok(Value::Null),
        1 => Ok(documents.remove(0)),
        _ => Err(YamlError {
            message: "expected one YAML document, found several".to_owned(),
            line: None,
        }),
    }
}

/// Reads every document of a text; empty ones are left out.
pub fn read_documents(text: &str) -> Result<Vec<Value>, YamlError> {
    check_size(text)?;
    let documents: Vec<Document> =
        serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| yaml_error(&error))?;
    Ok(documents
        .into_iter()
        .map(|document| document.0)
        .filter(|value| !value.is_null())
        .collect())
}

/// Writes a value as a YAML document ending in a newline.
pub fn write(value: &impl Serialize) -> Result<String, YamlError> {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_string_with_options(value, options).map_err(|error| YamlError {
        message: error.to_string(),
        line: None,
    })
}

/// One document of a stream; its own type because the reader drops documents only of some types.
#[derive(Deserialize)]
#[serde(transparent)]
struct Document(Value);

fn options() -> Options {
    let budget = serde_saphyr::budget! {
        max_depth: 64,
        max_documents: 10_000,
        max_nodes: 1_000_000,
        max_events: 4_000_000,
        max_aliases: 1_000,
        max_anchors: 1_000,
    };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
        legacy_octal_numbers: true,
        with_snippet: false,
    }
}

fn check_size(text: &str) -> Result<(), YamlError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(YamlError {
        message: format!("YAML text is larger than {} MiB", MAX_BYTES >> 20),
        line: None,
    })
}

fn yaml_error(error: &serde_saphyr::Error) -> YamlError {
    let line = error
        .location()
        .and_then(|location| usize::try_from(location.line()).ok());
    let message = error.without_snippet().to_string();
    YamlError {
        message: message.lines().next().unwrap_or_default().to_owned(),
        line,
    }
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
        assert_eq!(read_value("a: 1\nb: 2\na: 3\n").unwrap_err().line, Some(3));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            writeln!(text, "a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
        }
        assert!(read_value(&text).is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read_value(&"[".repeat(100_000)).is_err());
        assert!(read_value(&format!("{}1{}", "{a: ".repeat(100), "}".repeat(100))).is_err());
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
