//! Values: layers in, one mapping out.
//!
//! What people gave is laid file over file, where a null wins like any other value, and then assigned to. The
//! chart's defaults are put beneath the result when a chart is rendered; there a null deletes.

use gotemplate::{Map, Value as Go};
use serde_json::Value;
use thiserror::Error;

use crate::Generation;
use crate::helm::values::read_values;
use crate::json::{from_json, to_json};
use crate::set::{self, Assignment, ReadFile, SetError};

/// Values from one place, with the name by which an error speaks of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Where the values come from: `spec.valuesContent`, a file's name.
    pub name: String,
    content: Content,
    is_secret: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Json(Value),
    Yaml(Vec<u8>),
}

impl Layer {
    /// A layer of `values`, a mapping or null, from the place called `name`.
    pub fn new(name: impl Into<String>, values: Value) -> Self {
        Self {
            name: name.into(),
            content: Content::Json(values),
            is_secret: false,
        }
    }

    /// A layer of YAML text, which is read when it is needed.
    pub fn yaml(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            content: Content::Yaml(text.into()),
            is_secret: false,
        }
    }

    /// The same, marked as one whose values no error may quote.
    #[must_use]
    pub fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }

    /// Whether no error may quote a value of this layer.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The layer as a mapping of its own.
    pub(crate) fn read(&self, generation: Generation) -> Result<Map, ValuesError> {
        match &self.content {
            Content::Yaml(text) => read_values(text, generation).map_err(|message| ValuesError::Yaml {
                layer: self.name.clone(),
                message: if self.is_secret { String::new() } else { message },
            }),
            Content::Json(Value::Null) => Ok(Map::new()),
            Content::Json(values) => match from_json(values) {
                Go::Map(map) => Ok(map),
                _ => Err(ValuesError::NoMapping {
                    layer: self.name.clone(),
                    found: type_name(values),
                }),
            },
        }
    }
}

/// Values that cannot be used.
#[derive(Debug, Error)]
pub enum ValuesError {
    /// A layer is a list or a scalar.
    #[error("{layer}: values must be a mapping, found {found}")]
    NoMapping {
        /// The layer.
        layer: String,
        /// What was there instead.
        found: &'static str,
    },
    /// A layer's text is no YAML, or no mapping.
    #[error("failed to parse {layer}")]
    Yaml {
        /// The layer.
        layer: String,
        /// The reader's words; empty where they might quote a secret.
        message: String,
    },
    /// An assignment cannot be read.
    #[error(transparent)]
    Set(#[from] SetError),
}

impl ValuesError {
    /// The whole sentence, with the reader's words. Those may quote values.
    pub fn in_full(&self) -> String {
        match self {
            Self::Yaml { message, .. } if !message.is_empty() => format!("{self}: {message}"),
            other => other.to_string(),
        }
    }
}

/// All that people gave.
#[derive(Clone, Debug)]
pub struct Given {
    /// The last is the strongest.
    pub layers: Vec<Layer>,
    /// Stronger than all layers, each than those before it.
    pub assignments: Vec<Assignment>,
    /// How `--set-file` reads files.
    pub read_file: ReadFile,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            assignments: Vec::new(),
            read_file: |path| Err(format!("open {path}: files are not read here")),
        }
    }
}

/// Values that are ready.
impl From<Value> for Given {
    fn from(values: Value) -> Self {
        Self {
            layers: vec![Layer::new("values", values)],
            ..Self::default()
        }
    }
}

impl Given {
    /// Everything laid over one another: mappings merge, everything else replaces.
    pub(crate) fn merged(&self, generation: Generation) -> Result<Map, ValuesError> {
        let merged = Map::new();
        for layer in &self.layers {
            merge_over(&merged, &layer.read(generation)?);
        }
        set::apply(&merged, &self.assignments, generation, self.read_file)?;
        Ok(merged)
    }

    /// Whether some of the values may not be quoted.
    pub(crate) fn has_secrets(&self) -> bool {
        self.layers.iter().any(Layer::is_secret)
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Result<Value, ValuesError> {
        Ok(to_json(&Go::Map(self.merged(Generation::Helm4)?)))
    }
}

/// Lays `above` over `below`, which takes over what is in it.
pub(crate) fn merge_over(below: &Map, above: &Map) {
    for (key, value) in above.entries() {
        match (below.get(&key), value) {
            (Some(Go::Map(inner)), Go::Map(above)) => merge_over(&inner, &above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::set::Typing;

    fn merge(layers: &[Value]) -> Result<Value, ValuesError> {
        let layers = layers.iter().enumerate();
        let layers = layers.map(|(index, values)| Layer::new(format!("layer {index}"), values.clone()));
        let given = Given {
            layers: layers.collect(),
            ..Given::default()
        };
        given.to_json()
    }

    #[test]
    fn later_layers_win_and_mappings_merge_at_every_depth() {
        let layers = [
            json!({"x": {"p": 1, "q": [1, 2]}, "y": "a"}),
            Value::Null,
            json!({"x": {"q": [3], "r": {"s": true}}}),
        ];
        assert_eq!(
            merge(&layers).unwrap(),
            json!({"x": {"p": 1, "q": [3], "r": {"s": true}}, "y": "a"})
        );
    }

    #[test]
    fn between_layers_a_null_replaces_and_a_later_value_takes_it_back() {
        let layers = [
            json!({"x": {"p": 1}, "y": {"p": 1}}),
            json!({"x": null, "y": null}),
            json!({"y": {"q": 2}}),
        ];
        assert_eq!(merge(&layers).unwrap(), json!({"x": null, "y": {"q": 2}}));
    }

    #[test]
    fn assignments_win_over_layers() {
        let given = Given {
            layers: vec![Layer::yaml("a.yaml", "a: 1\nb: {c: 2}\n")],
            assignments: vec![Assignment {
                typing: Typing::Inferred,
                expression: "b.c=3,d=x".to_owned(),
            }],
            ..Given::default()
        };
        assert_eq!(given.to_json().unwrap(), json!({"a": 1, "b": {"c": 3}, "d": "x"}));
    }

    #[test]
    fn a_layer_that_is_no_mapping_is_named() {
        let error = merge(&[json!([1])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer 0: values must be a mapping, found a list"
        );
    }

    #[test]
    fn broken_yaml_is_named_and_quoted_only_in_full() {
        let given = Given {
            layers: vec![Layer::yaml("values.yaml", "a: secret\nb: [\n")],
            ..Given::default()
        };
        let error = given.to_json().unwrap_err();
        assert_eq!(error.to_string(), "failed to parse values.yaml");
        assert!(error.in_full().starts_with("failed to parse values.yaml: "));
    }
}
