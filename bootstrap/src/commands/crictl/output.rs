//! How a command's answer is printed.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde_json::Value;

/// What `-o` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Json,
    Yaml,
    Table,
}

/// The text of `value`; a table is rendered by the caller.
pub(super) fn serialize(value: &Value, format: Format) -> Result<String> {
    match format {
        Format::Yaml => serde_saphyr::to_string(value).context("write YAML"),
        Format::Json | Format::Table => {
            let mut text = serde_json::to_string_pretty(value).context("write JSON")?;
            text.push('\n');
            Ok(text)
        }
    }
}

/// One line each.
pub(super) fn lines(items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    items.fold(String::new(), |text, item| format!("{text}{item}\n"))
}

/// Writes to standard output; a reader that has gone away (`| head`) is no error.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("write to standard output")
        }
        _ => Ok(()),
    }
}

/// `info` of a verbose answer, whose values are JSON in text.
pub(super) fn parse_info(info: impl IntoIterator<Item = (String, String)>) -> serde_json::Map<String, Value> {
    info.into_iter()
        .map(|(key, text)| {
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            (key, value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_is_unpacked_where_it_is_json() {
        let info = parse_info([
            ("a".to_owned(), r#"{"pid":1}"#.to_owned()),
            ("b".to_owned(), "plain".to_owned()),
        ]);
        assert_eq!(
            Value::Object(info),
            serde_json::json!({"a": {"pid": 1}, "b": "plain"})
        );
    }

    #[test]
    fn yaml_is_what_was_asked_for() {
        let text = serialize(&serde_json::json!({"items": [{"id": "1"}]}), Format::Yaml).unwrap();
        insta::assert_snapshot!(text, @r#"
        items:
        - id: "1"
        "#);
    }
}
