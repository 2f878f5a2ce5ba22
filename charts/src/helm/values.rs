//! Files of values, as Helm reads them.

use std::borrow::Cow;

use gotemplate::{Map, Value};

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
    use crate::json::to_json;

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
}
