//! `--set` and its kin: `a.b[0].c=value` into values.
//!
//! The grammar is Helm's (`pkg/strvals`): keys are separated by dots, list items named by `[n]`, assignments by
//! commas, `{a,b}` is a list, and a backslash takes the meaning from the character after it. Faults are told in
//! Helm's words.

mod parser;

use std::collections::BTreeMap;

use gotemplate::Map;
use serde_json::Value;
use thiserror::Error;

use crate::Generation;
use crate::json::from_json;
use crate::values::merge_over;

/// How many list items all assignments together may create: an index is a cheap way to ask for much memory.
const MAX_NEW_ITEMS: usize = 1 << 20;

/// An assignment that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("failed parsing {option} data{separator}{reason}", separator = if matches!(typing, Typing::Json) { " " } else { ": " }, option = typing.option())]
pub struct SetError {
    typing: Typing,
    reason: String,
}

/// What becomes of an assignment's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// `--set-json`: it is JSON.
    Json,
    /// `--set`: `5` is a number, `true` a boolean, `null` deletes.
    Inferred,
    /// `--set-string`: everything is a string.
    Text,
    /// `--set-file`: it names a file, whose content is the value.
    File,
    /// `--set-literal`: everything after the first `=` is a string, with nothing escaped.
    Literal,
}

impl Typing {
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Json => "--set-json",
            Self::Inferred => "--set",
            Self::Text => "--set-string",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}

/// One expression, which may hold several assignments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// How values are read.
    pub typing: Typing,
    /// `a.b=c`
    pub expression: String,
}

/// Reads the file that `--set-file` names.
pub type ReadFile = fn(&str) -> Result<Vec<u8>, String>;

/// Applies all assignments in order.
pub(crate) fn apply(
    values: &Map,
    assignments: &[Assignment],
    generation: Generation,
    read_file: ReadFile,
) -> Result<(), SetError> {
    let mut room = MAX_NEW_ITEMS;
    for assignment in assignments {
        let Assignment { typing, expression } = assignment;
        let fail = |reason| SetError {
            typing: *typing,
            reason,
        };
        let is_object = expression.trim_start().starts_with('{');
        if *typing == Typing::Json && is_object && generation == Generation::Helm4 {
            let object: serde_json::Map<String, Value> =
                serde_json::from_str(expression).map_err(|_| fail(format!("JSON: {expression}")))?;
            if let gotemplate::Value::Map(object) = from_json(&Value::Object(object)) {
                merge_over(values, &object);
            }
            continue;
        }
        let mut parser = parser::Parser::new(expression, *typing, read_file, &mut room).of(generation);
        parser.all(values).map_err(|reason| match typing {
            Typing::Json => fail(expression.clone()),
            _ => fail(reason),
        })?;
    }
    Ok(())
}

/// The assignments of a `HelmChart`'s `spec.set`: integers, booleans and null as `--set`, and after them everything
/// else as `--set-string` with its commas escaped, each in the order of the keys.
pub fn of_chart_set(set: &BTreeMap<String, Value>) -> Vec<Assignment> {
    let mut typed = Vec::new();
    let mut texts = Vec::new();
    for (key, value) in set {
        match value {
            Value::String(text) if !is_keyword(text) => texts.push(Assignment {
                typing: Typing::Text,
                expression: format!("{key}={}", escape_commas(text)),
            }),
            value => typed.push(Assignment {
                typing: Typing::Inferred,
                expression: match value {
                    Value::String(text) => format!("{key}={text}"),
                    other => format!("{key}={other}"),
                },
            }),
        }
    }
    typed.extend(texts);
    typed
}

fn is_keyword(text: &str) -> bool {
    ["true", "false", "null"]
        .iter()
        .any(|keyword| text.eq_ignore_ascii_case(keyword))
}

/// Escapes each comma that is not yet escaped: one with an even number of backslashes before it.
fn escape_commas(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut backslashes = 0;
    for c in text.chars() {
        if c == ',' && backslashes % 2 == 0 {
            escaped.push('\\');
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::to_json;

    fn apply_to(start: &Value, typing: Typing, expressions: &[&str]) -> Result<Value, String> {
        let gotemplate::Value::Map(values) = from_json(start) else {
            return Err("a mapping".to_owned());
        };
        let assignments: Vec<Assignment> = expressions
            .iter()
            .map(|expression| Assignment {
                typing,
                expression: (*expression).to_owned(),
            })
            .collect();
        let read_file: ReadFile = |path| Ok(format!("content of {path}").into_bytes());
        apply(&values, &assignments, Generation::Helm4, read_file).map_err(|error| error.to_string())?;
        Ok(to_json(&gotemplate::Value::Map(values)))
    }

    fn set(expression: &str) -> Result<Value, String> {
        apply_to(&json!({}), Typing::Inferred, &[expression])
    }

    #[test]
    fn keys_lists_and_types_are_read() {
        for (expression, expected) in [
            ("a=b", json!({"a": "b"})),
            (
                "a=1,b=-2,c=01,d=1.5",
                json!({"a": 1, "b": -2, "c": "01", "d": "1.5"}),
            ),
            ("a=0,b=TRUE,c=null", json!({"a": 0, "b": true, "c": null})),
            ("a.b.c=d", json!({"a": {"b": {"c": "d"}}})),
            ("a={x,1,}", json!({"a": ["x", 1, ""]})),
            ("a={},b=1", json!({"a": [""], "b": 1})),
            ("a[1].b=c", json!({"a": [null, {"b": "c"}]})),
            ("a[0][1]=x", json!({"a": [[null, "x"]]})),
            (r"a\.b=c\,d", json!({"a.b": "c,d"})),
            ("a=", json!({"a": ""})),
            ("a=b=c", json!({"a": "b=c"})),
            ("a[0]", json!({"a": []})),
            ("a[0]=x,a[0].b=", json!({"a": [{"b": ""}]})),
            ("b=1,a[0", json!({"b": 1})),
            ("a[0][1", json!({"a": []})),
            ("", json!({})),
        ] {
            assert_eq!(set(expression).as_ref(), Ok(&expected), "{expression}");
        }
    }

    #[test]
    fn faults_are_told_in_helms_words() {
        for (expression, reason) in [
            ("a", r#"key "a" has no value"#),
            ("a,b=1", r#"key "a" has no value (cannot end with ,)"#),
            ("a.=1", r#"key map "a" has no value"#),
            ("a={b", "list must terminate with '}'"),
            (
                "a[x]=1",
                r#"error parsing index: strconv.Atoi: parsing "x": invalid syntax"#,
            ),
            ("a[-1]=1", "negative -1 index not allowed"),
            (
                "a[65537]=1",
                "index of 65537 is greater than maximum supported index of 65536",
            ),
            ("a[0]b=1", "unexpected data at end of array index: ['b']"),
            (
                "a=1,a.b=2",
                "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
            ),
            (
                "a=x,a[0]=2",
                "unable to parse key: interface conversion: interface {} is string, not []interface {}",
            ),
        ] {
            assert_eq!(
                set(expression).unwrap_err(),
                format!("failed parsing --set data: {reason}"),
                "{expression}"
            );
        }
        let deep = format!("{}=1", vec!["a"; 32].join("."));
        assert!(set(&deep).unwrap_err().contains("nested level is greater"));
    }

    #[test]
    fn an_assignment_changes_only_what_it_names() {
        let start = json!({"a": {"b": 1, "c": [1, {"d": 2}]}});
        assert_eq!(
            apply_to(&start, Typing::Inferred, &["a.b=2", "a.c[1].e=3"]),
            Ok(json!({"a": {"b": 2, "c": [1, {"d": 2, "e": 3}]}}))
        );
    }

    #[test]
    fn texts_files_json_and_literals_have_rules_of_their_own() {
        let one =
            |typing, expression: &str| apply_to(&json!({"o": {"k": 1}}), typing, &[expression]).unwrap();
        assert_eq!(
            one(Typing::Text, "a=1,b={2}"),
            json!({"o": {"k": 1}, "a": "1", "b": ["2"]})
        );
        assert_eq!(
            one(Typing::File, "a=x.txt"),
            json!({"o": {"k": 1}, "a": "content of x.txt"})
        );
        assert_eq!(
            one(Typing::Json, r#"a={"b":[1,null]} ,c="x",d="#),
            json!({"o": {"k": 1}, "a": {"b": [1, null]}, "c": "x", "d": null})
        );
        assert_eq!(
            one(Typing::Json, "a=01=2,b=1.5e1true=3,c=nullx=4"),
            json!({"o": {"k": 1}, "a": 0, "1": 2, "b": 15, "true": 3, "c": null, "x": 4})
        );
        assert!(apply_to(&json!({}), Typing::Json, &["a=1.x=2"]).is_err());
        assert_eq!(
            one(Typing::Json, r#"{"o": {"l": 2}}"#),
            json!({"o": {"k": 1, "l": 2}})
        );
        assert_eq!(
            one(Typing::Literal, r"a.b=c,d={e}\n"),
            json!({"o": {"k": 1}, "a": {"b": r"c,d={e}\n"}})
        );
        let error = apply_to(&json!({}), Typing::Json, &["a={"]).unwrap_err();
        assert_eq!(error, "failed parsing --set-json data a={");
    }

    #[test]
    fn a_hostile_expression_does_not_exhaust_memory_or_stack() {
        let greedy: Vec<String> = (0..40).map(|n| format!("a{n}[65536]=1")).collect();
        let greedy: Vec<&str> = greedy.iter().map(String::as_str).collect();
        assert!(apply_to(&json!({}), Typing::Inferred, &greedy).is_err());
        assert!(set(&format!("a{}=1", "[0]".repeat(100_000))).is_err());
        assert!(set(&format!("a{}=1", "[0].b".repeat(100_000))).is_err());
    }

    #[test]
    fn a_helmcharts_set_is_typed_as_k3s_does() {
        let set = BTreeMap::from([
            ("a".to_owned(), json!(5)),
            ("b".to_owned(), json!("1.0")),
            ("c".to_owned(), json!("True")),
            ("d".to_owned(), json!("x,y")),
            ("e".to_owned(), json!(r"x\,y")),
        ]);
        let shown: Vec<_> = of_chart_set(&set)
            .into_iter()
            .map(|assignment| (assignment.typing, assignment.expression))
            .collect();
        assert_eq!(
            shown,
            [
                (Typing::Inferred, "a=5".to_owned()),
                (Typing::Inferred, "c=True".to_owned()),
                (Typing::Text, "b=1.0".to_owned()),
                (Typing::Text, r"d=x\,y".to_owned()),
                (Typing::Text, r"e=x\,y".to_owned()),
            ]
        );
    }
}
