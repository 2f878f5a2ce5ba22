//! `values.schema.json`: do values have the shape that a chart asks for?
//!
//! In comes a schema's text and values, out comes nothing or a text that names every fault with its place, in the
//! layout that Helm's users know. Drafts 4, 6, 7, 2019-09 and 2020-12. Nothing is fetched: a reference that leads
//! out of the schema is an error. Where Helm's order of faults is random, ours is the order of the keys.

mod check;
mod compile;
mod document;
mod drafts;
mod format;
mod node;
mod number;
mod pattern;
mod properties;
mod report;

use serde_json::Value;
use thiserror::Error;

use compile::Schema;
use document::Document;
pub(crate) use number::shown;

/// Values that a schema refuses, or a schema that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub(crate) struct SchemaError(pub(crate) String);

/// Checks `values` against the schema in `text`.
pub(crate) fn validate(text: &[u8], values: &Value) -> Result<(), SchemaError> {
    let root: Value = serde_json::from_slice(text).map_err(|error| SchemaError(error.to_string()))?;
    let document = Document::new(&root, &[]).map_err(SchemaError)?;
    drafts::check(&root, document.resource(0).draft).map_err(SchemaError)?;
    let schema = Schema::new(&document).map_err(SchemaError)?;
    check::check(&schema, values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(schema: &Value, values: &Value) -> String {
        match validate(schema.to_string().as_bytes(), values) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn faults_are_named_with_their_places() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "required": ["name", "image"],
            "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2},
                "port": {"type": "integer", "maximum": 65535},
                "mode": {"enum": ["a", "b", 1]},
                "list": {"type": "array", "items": {"$ref": "#/definitions/item"}, "uniqueItems": true},
            },
            "definitions": {"item": {"type": "object", "properties": {"x": {"const": 1}}}},
        });
        let values = json!({
            "name": "X", "port": 70000, "mode": "c", "list": [{"x": 2}, {"x": 2}], "extra": 1, "more": 2,
        });
        assert_eq!(
            faults(&schema, &values),
            "- at '': missing property 'image'\n\
             - at '/list': validation failed\n  \
               - at '/list': items at 0 and 1 are equal\n  \
               - at '/list/0/x': value must be 1\n  \
               - at '/list/1/x': value must be 1\n\
             - at '/mode': value must be one of 'a', 'b', 1\n\
             - at '/name': validation failed\n  \
               - at '/name': minLength: got 1, want 2\n  \
               - at '/name': 'X' does not match pattern '^[a-z]+$'\n\
             - at '/port': maximum: got 70,000, want 65,535\n\
             - at '': additional properties 'extra', 'more' not allowed"
        );
    }

    #[test]
    fn alternatives_show_why_each_failed() {
        let schema =
            json!({"properties": {"a": {"oneOf": [{"type": "string"}, {"type": ["integer", "null"]}]}}});
        assert_eq!(faults(&schema, &json!({"a": null})), "");
        assert_eq!(
            faults(&schema, &json!({"a": []})),
            "- at '/a': 'oneOf' failed, none matched\n  - at '/a': got array, want string\n  - at '/a': got array, want null or integer"
        );
    }

    #[test]
    fn later_drafts_know_what_is_left_unevaluated() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [{"properties": {"a": true}}],
            "unevaluatedProperties": false,
        });
        assert_eq!(faults(&schema, &json!({"a": 1})), "");
        assert_eq!(faults(&schema, &json!({"b": 1})), "- at '/b': false schema");
    }

    #[test]
    fn a_reference_that_leads_out_is_an_error() {
        let schema = json!({"properties": {"a": {"$ref": "https://example.test/x.json#/y"}}});
        assert_eq!(
            faults(&schema, &json!({})),
            "failing loading \"https://example.test/x.json\": schemas are not fetched"
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let endless = json!({"$ref": "#"});
        assert!(faults(&endless, &json!({})).contains("reference cycle"));
        let tree = json!({"properties": {"child": {"$ref": "#"}, "n": {"type": "number"}}});
        assert_eq!(faults(&tree, &json!({"child": {"child": {"n": 1}}})), "");
        assert_eq!(
            faults(&tree, &json!({"child": {"child": {"n": "x"}}})),
            "- at '/child/child/n': got string, want number"
        );
    }

    #[test]
    fn a_schema_of_doublings_stops() {
        let mut definitions = serde_json::Map::new();
        for level in 0..60 {
            let next = json!({"$ref": format!("#/definitions/a{}", level + 1)});
            definitions.insert(format!("a{level}"), json!({"allOf": [next, next]}));
        }
        definitions.insert("a60".to_owned(), json!({}));
        let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": definitions, "allOf": [{"$ref": "#/definitions/a0"}]});
        assert!(faults(&schema, &json!({})).contains("more work"));
    }

    #[test]
    fn patterns_that_take_long_stop() {
        let long = json!({"properties": {"a": {"pattern": r"\pL{1000}\pL{1000}"}}});
        assert!(faults(&long, &json!({})).contains("more work"));
        let wide = json!({"items": {"pattern": r"(\pL{40}|.)*b$"}});
        let values = Value::Array(vec![json!("x".repeat(100_000)); 1000]);
        assert!(faults(&wide, &values).contains("more work"));
    }

    #[test]
    fn a_broken_schema_is_told_from_broken_values() {
        assert!(validate(b"{", &json!({})).is_err());
        let pattern = json!({"properties": {"a": {"pattern": "("}}});
        assert!(faults(&pattern, &json!({})).contains("is not valid regex"));
        let lost = json!({"$ref": "#/definitions/lost"});
        assert!(faults(&lost, &json!({})).contains("not found"));
    }
}
