//! Values: layers in, one mapping out.
//!
//! Two merges, as in Helm. [`merge`] lays what people gave over one another, and a null wins like any other value.
//! [`coalesce`] puts the chart's defaults beneath the result; there a null deletes the chart's key.

use serde_json::{Map, Value};
use thiserror::Error;

/// Values from one place, with the name by which an error speaks of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Where the values come from: `spec.valuesContent`, a file's name.
    pub name: String,
    /// A mapping, or null for nothing.
    pub values: Value,
}

impl Layer {
    /// A layer of `values` from the place called `name`.
    pub fn new(name: impl Into<String>, values: Value) -> Self {
        Self {
            name: name.into(),
            values,
        }
    }

    /// A layer read from YAML text.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, ValuesError> {
        let name = name.into();
        match crate::yaml::read_value(text) {
            Ok(values) => Ok(Self { name, values }),
            Err(source) => Err(ValuesError::Yaml {
                layer: name,
                line: source.line,
                source,
            }),
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
    /// A layer's text is no YAML.
    #[error("{layer}: not valid YAML{}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Yaml {
        /// The layer.
        layer: String,
        /// The line of the fault.
        line: Option<usize>,
        /// The parser's words.
        #[source]
        source: crate::yaml::YamlError,
    },
}

/// Lays the layers over one another, the last the strongest. Mappings merge, everything else replaces.
pub fn merge(layers: &[Layer]) -> Result<Value, ValuesError> {
    let mut merged = Map::new();
    for layer in layers {
        match &layer.values {
            Value::Null => {}
            Value::Object(values) => merge_over(&mut merged, values),
            other => {
                return Err(ValuesError::NoMapping {
                    layer: layer.name.clone(),
                    found: type_name(other),
                });
            }
        }
    }
    Ok(Value::Object(merged))
}

/// Puts the chart's `defaults` beneath what people gave. A null among theirs deletes the key; a null that is
/// itself a default stays, so that a template can ask for it.
#[must_use]
pub fn coalesce(defaults: &Value, given: &Value) -> Value {
    let (Value::Object(defaults), Value::Object(given)) = (defaults, given) else {
        return if given.is_object() {
            given.clone()
        } else {
            defaults.clone()
        };
    };
    let mut result = defaults.clone();
    for (key, value) in given {
        match (value, result.get(key)) {
            (Value::Null, Some(_)) => {
                result.remove(key);
            }
            (Value::Object(_), Some(default @ Value::Object(_))) => {
                let merged = coalesce(default, value);
                result.insert(key.clone(), merged);
            }
            _ => {
                result.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(result)
}

fn merge_over(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge_over(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
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

    #[test]
    fn later_layers_win_and_mappings_merge_at_every_depth() {
        let layers = [
            Layer::new("a", json!({"x": {"p": 1, "q": [1, 2]}, "y": "a"})),
            Layer::new("b", Value::Null),
            Layer::new("c", json!({"x": {"q": [3], "r": {"s": true}}})),
        ];
        assert_eq!(
            merge(&layers).unwrap(),
            json!({"x": {"p": 1, "q": [3], "r": {"s": true}}, "y": "a"})
        );
    }

    #[test]
    fn between_layers_a_null_replaces_and_a_later_value_takes_it_back() {
        let layers = [
            Layer::new("a", json!({"x": {"p": 1}, "y": {"p": 1}})),
            Layer::new("b", json!({"x": null, "y": null})),
            Layer::new("c", json!({"y": {"q": 2}})),
        ];
        assert_eq!(merge(&layers).unwrap(), json!({"x": null, "y": {"q": 2}}));
    }

    #[test]
    fn a_null_deletes_the_charts_default_at_every_depth() {
        let defaults = json!({"a": 1, "b": {"c": 2, "d": {"e": 3}}, "f": null});
        let given = json!({"a": null, "b": {"c": null, "d": {"g": 4}}});
        assert_eq!(
            coalesce(&defaults, &given),
            json!({"b": {"d": {"e": 3, "g": 4}}, "f": null})
        );
    }

    #[test]
    fn a_scalar_replaces_a_mapping_of_defaults_and_the_other_way_round() {
        assert_eq!(
            coalesce(&json!({"a": {"b": 1}}), &json!({"a": 2})),
            json!({"a": 2})
        );
        assert_eq!(
            coalesce(&json!({"a": 2}), &json!({"a": {"b": 1}})),
            json!({"a": {"b": 1}})
        );
    }

    #[test]
    fn a_layer_that_is_no_mapping_is_named() {
        let error = merge(&[Layer::new("spec.values", json!([1]))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "spec.values: values must be a mapping, found a list"
        );
    }

    #[test]
    fn broken_yaml_is_named_with_its_line() {
        let error = Layer::parse("values.yaml", "a: 1\nb: [\n").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("values.yaml: not valid YAML (line "),
            "{error}"
        );
    }
}
