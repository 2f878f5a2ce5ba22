//! Schemas that are plainly what their draft asks for, so that it need not be asked.
//!
//! Nearly all of charts are. Whatever is wrong, rare, or means something else in some draft is left to the draft's own
//! schema, which knows what to say.

use serde_json::{Map, Value};

use super::super::format;

/// The names that a type may have.
const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Keywords that some draft asks something of, and that are not judged here.
const LEFT: [&str; 16] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Longer lists are not searched for what stands twice.
const MOST_CHOICES: usize = 64;

/// Whether a schema is plainly sound; no may mean that it is not plain.
pub(super) fn is_sound(schema: &Value, draft: u16) -> bool {
    match schema {
        Value::Bool(_) => draft > 4,
        Value::Object(map) => map
            .iter()
            .all(|(name, value)| is_sound_keyword(name, value, draft)),
        _ => false,
    }
}

fn is_sound_keyword(name: &str, value: &Value, draft: u16) -> bool {
    let schema = |value| is_sound(value, draft);
    match name {
        "title" | "description" | "format" | "$comment" => value.is_string(),
        "default" | "const" => true,
        "type" => is_type(value),
        "enum" => value.as_array().is_some_and(|choices| are_choices(choices)),
        "required" => value.as_array().is_some_and(|names| are_names(names, draft)),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            value.is_u64()
        }
        "minimum" | "maximum" => value.is_number(),
        "exclusiveMinimum" | "exclusiveMaximum" => draft > 4 && value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|factor| factor > 0.0),
        "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" => value.is_boolean(),
        "examples" => value.is_array(),
        "pattern" => value.as_str().is_some_and(is_pattern),
        "properties" | "definitions" | "$defs" => are_schemas(value.as_object(), draft),
        "patternProperties" => {
            let map = value.as_object();
            map.is_some_and(|map| map.keys().all(|name| is_pattern(name))) && are_schemas(map, draft)
        }
        "additionalProperties" | "additionalItems" => value.is_boolean() || schema(value),
        "not" | "if" | "then" | "else" | "contains" | "propertyNames" => schema(value),
        "items" if draft >= 2020 || !value.is_array() => schema(value),
        "items" | "allOf" | "anyOf" | "oneOf" | "prefixItems" => is_list(value, draft),
        "$schema" => value
            .as_str()
            .is_some_and(|url| format::check("uri", url).is_ok()),
        "$id" => value.as_str().is_some_and(|url| !url.contains(['\\', '#'])),
        "$ref" | "id" => value.as_str().is_some_and(|url| !url.contains('\\')),
        _ => !LEFT.contains(&name),
    }
}

fn is_pattern(text: &str) -> bool {
    format::check("regex", text).is_ok()
}

fn is_list(value: &Value, draft: u16) -> bool {
    let list = value.as_array();
    list.is_some_and(|list| !list.is_empty() && list.iter().all(|schema| is_sound(schema, draft)))
}

fn are_schemas(map: Option<&Map<String, Value>>, draft: u16) -> bool {
    map.is_some_and(|map| map.values().all(|schema| is_sound(schema, draft)))
}

fn is_type(value: &Value) -> bool {
    let is_name = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match value {
        Value::Array(names) => !names.is_empty() && names.iter().all(is_name) && are_unique(names),
        value => is_name(value),
    }
}

/// Numbers may be equal and yet not look so: one at most.
fn are_choices(choices: &[Value]) -> bool {
    let is_plain = |choice: &Value| !choice.is_array() && !choice.is_object();
    let numbers = choices.iter().filter(|choice| choice.is_number()).count();
    !choices.is_empty() && choices.iter().all(is_plain) && numbers < 2 && are_unique(choices)
}

fn are_names(names: &[Value], draft: u16) -> bool {
    let is_long_enough = draft > 4 || !names.is_empty();
    is_long_enough && names.iter().all(Value::is_string) && are_unique(names)
}

fn are_unique(values: &[Value]) -> bool {
    let is_new = |(index, value): (usize, &Value)| !values[..index].contains(value);
    values.len() <= MOST_CHOICES && values.iter().enumerate().all(is_new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{DRAFTS, check_closely};
    use super::*;

    /// Schemas of which each is one keyword with one value, right or wrong.
    fn examples() -> Vec<Value> {
        let values = [
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(""),
            json!("string"),
            json!("("),
            json!("a\\"),
            json!("a#"),
            json!("http://json-schema.org/draft-07/schema#"),
            json!([]),
            json!(["a"]),
            json!(["a", "a"]),
            json!([1, 1.0]),
            json!(["null", "string"]),
            json!([{}]),
            json!([true]),
            json!([[1], [1.0]]),
            json!({}),
            json!({"type": 5}),
            json!({"a": {}}),
            json!({"a": true}),
            json!({"(": {}}),
            json!({"a": 1}),
        ];
        let mut examples = vec![json!(true), json!(null), json!([])];
        for document in DRAFTS.iter().flat_map(|(_, draft)| draft.documents()) {
            let known = document["properties"].as_object().unwrap();
            for name in known.keys().map(String::as_str).chain(["unknown"]) {
                examples.extend(values.iter().map(|value| json!({ name: value })));
            }
        }
        let within: Vec<Value> = examples
            .iter()
            .flat_map(|example| {
                [
                    json!({"properties": {"a": example}}),
                    json!({"items": example}),
                    json!({"allOf": [example]}),
                ]
            })
            .collect();
        examples.extend(within);
        examples
    }

    #[test]
    fn what_is_plainly_sound_is_so_by_its_draft_too() {
        let examples = examples();
        for (draft, _) in DRAFTS {
            let sound: Vec<&Value> = examples
                .iter()
                .filter(|example| is_sound(example, draft))
                .collect();
            assert!(sound.len() > 300, "{draft}");
            for schema in sound {
                assert_eq!(check_closely(schema, draft), Ok(()), "{draft} {schema}");
            }
        }
    }
}
