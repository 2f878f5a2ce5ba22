//! `--set` and its kin: `a.b[0].c=value` into values.
//!
//! The grammar is Helm's (`pkg/strvals`): keys are separated by dots, list items named by `[n]`, assignments by
//! commas, `{a,b}` is a list, and a backslash takes the meaning from the character after it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value};
use thiserror::Error;

const MAX_INDEX: usize = 65_536;
const MAX_DEPTH: usize = 30;
/// How many list items all assignments of one call may create: an index is a cheap way to ask for much memory.
const MAX_NEW_ITEMS: usize = 1 << 20;

/// An assignment that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("cannot read {expression:?}: {reason}; expected key=value, as in a.b[0]=c")]
pub struct SetError {
    /// The whole expression.
    pub expression: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Whether a value may become a number, a boolean or null (`--set`), or stays text (`--set-string`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// `--set`: `5` is a number, `true` a boolean, `null` deletes.
    Inferred,
    /// `--set-string`: everything is a string.
    Text,
}

/// Applies one expression, which may hold several assignments, to `values`.
pub fn apply(values: &mut Map<String, Value>, expression: &str, typing: Typing) -> Result<(), SetError> {
    apply_within(values, expression, typing, &mut { MAX_NEW_ITEMS })
}

fn apply_within(
    values: &mut Map<String, Value>,
    expression: &str,
    typing: Typing,
    room: &mut usize,
) -> Result<(), SetError> {
    let mut parser = Parser {
        input: expression.chars().peekable(),
        typing,
        room,
    };
    while parser.input.peek().is_some() {
        parser.assignment(values, 0).map_err(|reason| SetError {
            expression: expression.to_owned(),
            reason,
        })?;
    }
    Ok(())
}

/// Applies a `HelmChart`'s `spec.set`: integers, booleans and null as `--set`, and after them everything else as
/// `--set-string` with its commas escaped, each in the order of the keys.
pub fn apply_chart_set(
    values: &mut Map<String, Value>,
    set: &BTreeMap<String, Value>,
) -> Result<(), SetError> {
    let mut room = MAX_NEW_ITEMS;
    for typing in [Typing::Inferred, Typing::Text] {
        for (key, value) in set {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let is_typed = !value.is_string() || is_keyword(&text);
            match typing {
                Typing::Inferred if is_typed => {
                    apply_within(values, &format!("{key}={text}"), typing, &mut room)?;
                }
                Typing::Text if !is_typed => {
                    let expression = format!("{key}={}", escape_commas(&text));
                    apply_within(values, &expression, typing, &mut room)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
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

struct Parser<'a> {
    input: Peekable<Chars<'a>>,
    typing: Typing,
    room: &'a mut usize,
}

impl Parser<'_> {
    /// One `key…=value` of the mapping `into`, with the comma after it.
    fn assignment(&mut self, into: &mut Map<String, Value>, depth: usize) -> Result<(), String> {
        let (key, stop) = self.until(&['=', '[', ',', '.']);
        match stop {
            None => Err(format!("key {key:?} has no value")),
            Some(',') => Err(format!("key {key:?} has no value (cannot end with ,)")),
            Some('=') => {
                let value = self.value()?;
                insert(into, key, value);
                Ok(())
            }
            Some('[') => {
                let mut list = match into.remove(&key) {
                    None => Vec::new(),
                    Some(Value::Array(list)) => list,
                    Some(_) => return Err(format!("{key:?} is not a list")),
                };
                self.item(&mut list, depth)?;
                insert(into, key, Value::Array(list));
                Ok(())
            }
            Some(_) => {
                if depth >= MAX_DEPTH {
                    return Err(format!("keys may be nested at most {MAX_DEPTH} deep"));
                }
                let mut inner = match into.remove(&key) {
                    None => Map::new(),
                    Some(Value::Object(inner)) => inner,
                    Some(_) => return Err(format!("{key:?} is not a mapping")),
                };
                self.assignment(&mut inner, depth + 1)?;
                if inner.is_empty() {
                    return Err(format!("key map {key:?} has no value"));
                }
                insert(into, key, Value::Object(inner));
                Ok(())
            }
        }
    }

    /// What follows a `[`: the index, then a value, a further index or a key of the item.
    fn item(&mut self, list: &mut Vec<Value>, depth: usize) -> Result<(), String> {
        let index = self.index()?;
        if list.len() <= index {
            let new = index + 1 - list.len();
            *self.room = self
                .room
                .checked_sub(new)
                .ok_or("lists grow too long".to_owned())?;
            list.resize(index + 1, Value::Null);
        }
        if depth >= MAX_DEPTH {
            return Err(format!("keys may be nested at most {MAX_DEPTH} deep"));
        }
        match self.input.next() {
            Some('=') => list[index] = self.value()?,
            Some('[') => {
                let mut inner = match list[index].take() {
                    Value::Null => Vec::new(),
                    Value::Array(inner) => inner,
                    _ => return Err(format!("item {index} is not a list")),
                };
                self.item(&mut inner, depth + 1)?;
                list[index] = Value::Array(inner);
            }
            Some('.') => {
                let mut inner = match list[index].take() {
                    Value::Object(inner) => inner,
                    _ => Map::new(),
                };
                self.assignment(&mut inner, depth + 1)?;
                list[index] = Value::Object(inner);
            }
            Some(c) => return Err(format!("unexpected {c:?} after the index {index}")),
            None => return Err(format!("item {index} has no value")),
        }
        Ok(())
    }

    fn index(&mut self) -> Result<usize, String> {
        let (text, stop) = self.until(&[']']);
        let index = text
            .parse::<usize>()
            .map_err(|_| format!("{text:?} is no list index"))?;
        if stop.is_none() {
            return Err("missing ]".to_owned());
        }
        if index > MAX_INDEX {
            return Err(format!("index {index} is greater than {MAX_INDEX}"));
        }
        Ok(index)
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.input.next_if_eq(&'{').is_none() {
            let (text, _) = self.until(&[',']);
            return Ok(self.typed(text));
        }
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            let item = self.typed(text);
            match stop {
                Some(',') => list.push(item),
                Some(_) => {
                    list.push(item);
                    self.input.next_if_eq(&',');
                    return Ok(Value::Array(list));
                }
                None => return Err("list must end with }".to_owned()),
            }
        }
    }

    fn typed(&self, text: String) -> Value {
        if self.typing == Typing::Text {
            return Value::String(text);
        }
        match text.to_ascii_lowercase().as_str() {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            "null" => return Value::Null,
            _ => {}
        }
        // A leading zero marks text (a telephone number, an octal mode), except for zero itself.
        if (text == "0" || !text.starts_with('0'))
            && let Ok(number) = text.parse::<i64>()
        {
            return Value::from(number);
        }
        Value::String(text)
    }

    /// The text up to one of the stops, which is consumed; none at the end.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.input.next() {
            if stops.contains(&c) {
                return (text, Some(c));
            }
            match (c, self.input.peek()) {
                ('\\', Some(_)) => text.extend(self.input.next()),
                ('\\', None) => {}
                _ => text.push(c),
            }
        }
        (text, None)
    }
}

/// An empty key sets nothing, as in Helm.
fn insert(into: &mut Map<String, Value>, key: String, value: Value) {
    if !key.is_empty() {
        into.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(base: Value, expression: &str) -> Value {
        let Value::Object(mut values) = base else {
            panic!("a mapping")
        };
        apply(&mut values, expression, Typing::Inferred).unwrap();
        Value::Object(values)
    }

    fn refused(expression: &str) -> String {
        apply(&mut Map::new(), expression, Typing::Inferred)
            .unwrap_err()
            .reason
    }

    #[test]
    fn scalars_take_their_types() {
        let expression = "a=1,b=true,c=NULL,d=0,e=007,f=1.5,g=,h=-3,i=text here";
        let expected = json!({"a": 1, "b": true, "c": null, "d": 0, "e": "007", "f": "1.5", "g": "", "h": -3, "i": "text here"});
        assert_eq!(set(json!({}), expression), expected);
    }

    #[test]
    fn as_text_nothing_takes_a_type() {
        let mut values = Map::new();
        apply(&mut values, "a=1,b={true,2}", Typing::Text).unwrap();
        assert_eq!(Value::Object(values), json!({"a": "1", "b": ["true", "2"]}));
    }

    #[test]
    fn paths_reach_into_mappings_and_lists() {
        assert_eq!(
            set(json!({"a": {"x": 1}}), "a.b[1].c=2"),
            json!({"a": {"x": 1, "b": [null, {"c": 2}]}})
        );
        assert_eq!(set(json!({"a": [[1]]}), "a[0][1]=2"), json!({"a": [[1, 2]]}));
        assert_eq!(
            set(json!({"a": [{"b": 1}]}), "a[0].c=2"),
            json!({"a": [{"b": 1, "c": 2}]})
        );
        assert_eq!(
            set(json!({}), r"a={x,y\,z},b=1"),
            json!({"a": ["x", "y,z"], "b": 1})
        );
    }

    #[test]
    fn a_backslash_takes_the_meaning_of_the_next_character() {
        assert_eq!(set(json!({}), r"a\.b/c=x\,y"), json!({"a.b/c": "x,y"}));
        assert_eq!(set(json!({}), r"a=c:\\d"), json!({"a": r"c:\d"}));
    }

    #[test]
    fn broken_expressions_say_what_is_missing() {
        assert_eq!(refused("a"), r#"key "a" has no value"#);
        assert_eq!(refused("a,b=1"), r#"key "a" has no value (cannot end with ,)"#);
        assert_eq!(refused("a[x]=1"), r#""x" is no list index"#);
        assert_eq!(refused("a[0"), "missing ]");
        assert_eq!(refused("a[0]x=1"), "unexpected 'x' after the index 0");
        assert_eq!(refused("a[65537]=1"), "index 65537 is greater than 65536");
        assert_eq!(refused("a={1,2"), "list must end with }");
        assert_eq!(
            refused(&format!("{}=1", ["a"; 40].join("."))),
            "keys may be nested at most 30 deep"
        );
        assert_eq!(
            refused(&format!("a{}=1", "[0]".repeat(40))),
            "keys may be nested at most 30 deep"
        );
    }

    #[test]
    fn many_large_indexes_do_not_fill_the_memory() {
        let expression: Vec<String> = (0..20).map(|key| format!("k{key}[65536]=1")).collect();
        assert_eq!(refused(&expression.join(",")), "lists grow too long");
    }

    #[test]
    fn a_scalar_in_the_way_of_a_path_is_named() {
        let mut values = Map::from_iter([("a".to_owned(), json!(1))]);
        let error = apply(&mut values, "a.b=2", Typing::Inferred).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"cannot read "a.b=2": "a" is not a mapping; expected key=value, as in a.b[0]=c"#
        );
    }

    #[test]
    fn a_helm_charts_set_keeps_text_as_text() {
        let set = BTreeMap::from([
            ("replicas".to_owned(), json!(3)),
            ("version".to_owned(), json!("1.0")),
            ("enabled".to_owned(), json!("True")),
            ("gone".to_owned(), json!("null")),
            ("count".to_owned(), json!("5")),
            ("list".to_owned(), json!(r"a,b\,c\\,d")),
        ]);
        let mut values = Map::new();
        apply_chart_set(&mut values, &set).unwrap();
        let expected = json!({
            "replicas": 3, "version": "1.0", "enabled": true, "gone": null, "count": "5", "list": r"a,b,c\,d",
        });
        assert_eq!(Value::Object(values), expected);
    }
}
