//! What the head of a manifest says.

use std::collections::BTreeMap;

use gotemplate::json::JsonError;
use gotemplate::{Map, Value};

use crate::Generation;
use crate::yaml::{UnmarshalError, decode_head, scalar_text};

/// The part of an object by which Helm orders manifests and knows hooks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

/// Why a manifest has no head.
pub type HeadError = UnmarshalError;

impl Head {
    /// Reads the head of a manifest, all of which must be valid.
    pub fn read(text: &[u8], generation: Generation) -> Result<Self, HeadError> {
        let value = decode_head(text).map_err(UnmarshalError::Yaml)?;
        let mut reader = Reader::default();
        match &value {
            Value::Nil => {}
            Value::Map(map) => reader.object(map),
            other => {
                let target = match generation {
                    Generation::Helm3 => "releaseutil.SimpleHead",
                    Generation::Helm4 => "util.SimpleHead",
                };
                return Err(UnmarshalError::mismatch(other, target));
            }
        }
        match reader.error {
            Some(error) => Err(UnmarshalError::Json(error)),
            None => Ok(reader.head),
        }
    }
}

/// The type of `metadata` in errors.
const METADATA: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

#[derive(Default)]
struct Reader {
    head: Head,
    error: Option<JsonError>,
}

impl Reader {
    /// Keys count whatever their case; of several the last in order decides.
    fn object(&mut self, map: &Map) {
        for (key, value) in map.entries() {
            if key.eq_ignore_ascii_case(b"apiVersion") {
                if let Some(text) = self.text(&value, "SimpleHead.apiVersion") {
                    self.head.api_version = text;
                }
            } else if key.eq_ignore_ascii_case(b"kind") {
                if let Some(text) = self.text(&value, "SimpleHead.kind") {
                    self.head.kind = text;
                }
            } else if key.eq_ignore_ascii_case(b"metadata") {
                self.metadata(&value);
            }
        }
    }

    fn metadata(&mut self, value: &Value) {
        match value {
            Value::Nil => {
                self.head.name.clear();
                self.head.annotations.clear();
            }
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    if key.eq_ignore_ascii_case(b"name") {
                        if let Some(text) = self.text(&value, ".metadata.name") {
                            self.head.name = text;
                        }
                    } else if key.eq_ignore_ascii_case(b"annotations") {
                        self.annotations(&value);
                    }
                }
            }
            other => self.fail(other, "SimpleHead.metadata", METADATA),
        }
    }

    fn annotations(&mut self, value: &Value) {
        match value {
            Value::Nil => self.head.annotations.clear(),
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    let text = self.text(&value, ".metadata.annotations");
                    let text = text.unwrap_or_default();
                    self.head.annotations.insert(key.to_string(), text);
                }
            }
            other => self.fail(other, ".metadata.annotations", "map[string]string"),
        }
    }

    /// A scalar as a string; null leaves what is there.
    fn text(&mut self, value: &Value, field: &str) -> Option<String> {
        if value.is_nil() {
            return None;
        }
        let text = scalar_text(value);
        if text.is_none() {
            self.fail(value, field, "string");
        }
        text
    }

    fn fail(&mut self, value: &Value, field: &str, target: &str) {
        self.error
            .get_or_insert(JsonError::field_mismatch(value, field, target));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head, String> {
        Head::read(text.as_bytes(), Generation::Helm4).map_err(|error| error.to_string())
    }

    #[test]
    fn the_head_is_read_and_the_rest_checked() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nspec: {a: [1, {b: c}]}\nmetadata:\n  labels: {a: b}\n  \
                    name: 1.10\n  annotations: {a: true, b: 0x10, 1: null}\n";
        let head = head(text).unwrap();
        assert_eq!(
            (&*head.api_version, &*head.kind, &*head.name),
            ("apps/v1", "Deployment", "1.1")
        );
        let annotations: Vec<_> = head
            .annotations
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(annotations, [("1", ""), ("a", "true"), ("b", "16")]);
        assert!(super::Head::read(b"kind: A\nspec: {a: [}", Generation::Helm4).is_err());
        assert!(super::Head::read(b"kind: A\nspec: *a", Generation::Helm4).is_err());
    }

    #[test]
    fn anchors_and_merges_reach_the_head() {
        let text = "x: &m {name: a, annotations: {b: c}}\nkind: A\nmetadata: {<<: *m}\n";
        let head = head(text).unwrap();
        assert_eq!((&*head.name, head.annotations.len()), ("a", 1));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        let prefix = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        assert_eq!(
            head("text").unwrap_err(),
            format!("{prefix} string into Go value of type util.SimpleHead")
        );
        assert_eq!(
            head("kind: [a]").unwrap_err(),
            format!("{prefix} array into Go struct field SimpleHead.kind of type string")
        );
        // Go names the struct that holds the field, and that of the metadata has no name.
        assert_eq!(
            head("metadata: {annotations: {a: {}}}").unwrap_err(),
            format!("{prefix} object into Go struct field .metadata.annotations of type string")
        );
        assert_eq!(head("null").unwrap(), Head::default());
    }
}
