//! Keys: every one becomes a string, as JSON knows no others.

use gotemplate::json::float;
use gotemplate::{Str, Value};

use super::super::parser::Node;
use super::super::resolve::Resolved;
use super::super::scanner::Scalar;
use super::skim::Skim;
use super::{Content, Slot, Tree};

impl<'a> Tree<'a> {
    /// A scalar stands for a key.
    pub(super) fn key(&mut self, node: &Node<'a>, scalar: &Scalar<'a>) {
        let is_merge = scalar.text.as_ref() == b"<<"
            && (scalar.plain || node.tag.as_deref() == Some(b"tag:yaml.org,2002:merge"));
        let slot = if is_merge {
            Slot::Merge
        } else {
            self.made += 1;
            match self.resolved(node, scalar) {
                Resolved::Text | Resolved::Timestamp => self.text_key(node, scalar),
                Resolved::Int(value) => Slot::Value(Str::from(value.to_string())),
                Resolved::Bool(value) => slot_of(&Value::Bool(value)),
                Resolved::Float(value) => slot_of(&Value::Float(value)),
                Resolved::Uint(value) => slot_of(&Value::Uint64(value)),
                Resolved::Null => slot_of(&Value::Nil),
            }
        };
        if node.anchor.is_some() {
            let value = self.value_of(node, scalar);
            self.remember(node.anchor, &value, (1, 0));
        }
        if self.options.head
            && let Slot::Value(key) = &slot
            && !self.is_wanted(key)
        {
            self.skim = Some(Skim::default());
        }
        self.set_slot(slot);
    }

    fn text_key(&mut self, node: &Node<'a>, scalar: &Scalar<'a>) -> Slot {
        match self.text_of(node, &scalar.text) {
            Value::String(key) => Slot::Value(key),
            _ => Slot::Odd(String::new()),
        }
    }

    /// Whether the head of an object has use for this key of the innermost mapping.
    fn is_wanted(&self, key: &Str) -> bool {
        let known: &[&[u8]] = match self.stack.as_slice() {
            [_] => &[b"apiVersion", b"kind", b"metadata"],
            [_, frame] => match frame.content {
                Content::Mapping { metadata: true, .. } => &[b"name", b"annotations"],
                _ => return true,
            },
            _ => return true,
        };
        known.iter().any(|known| key.eq_ignore_ascii_case(known))
    }

    /// Goes on with the mapping whose value was passed over.
    pub(super) fn leave_skim(&mut self) {
        if self.skim.as_ref().is_some_and(Skim::is_over) {
            self.skim = None;
            self.set_slot(Slot::Key);
        }
    }
}

/// No key that was read begins like this.
const ODD: &[u8] = b"\xFF";

/// The key that stands for one that JSON does not know, and its value.
pub(super) fn odd(text: &str, value: &str) -> Str {
    Str::from([ODD, text.as_bytes(), value.as_bytes()].concat())
}

/// What is wrong with the first key that JSON does not know.
pub(super) fn first_odd(value: &Value) -> Option<String> {
    match value {
        Value::List(items) => items.iter().find_map(first_odd),
        Value::Map(map) => map
            .read()
            .iter()
            .find_map(|(key, value)| match key.strip_prefix(ODD) {
                Some(text) => Some(String::from_utf8_lossy(text).into_owned()),
                None => first_odd(value),
            }),
        _ => None,
    }
}

/// A key that is no plain text. JSON has no word for nil and for the largest numbers.
pub(super) fn slot_of(value: &Value) -> Slot {
    match value {
        Value::String(text) => Slot::Value(text.clone()),
        Value::Bool(value) => Slot::Value(Str::from(if *value { "true" } else { "false" })),
        Value::Int(value) => Slot::Value(Str::from(value.to_string())),
        Value::Float(value) => Slot::Value(Str::from(float::yaml_single(*value))),
        other => {
            let (kind, key) = match other {
                Value::Uint64(value) => ("uint64", format!("{value:#x}")),
                _ => ("%!s(<nil>)", "<nil>".to_owned()),
            };
            Slot::Odd(format!(
                "unsupported map key of type: {kind}, key: {key}, value: "
            ))
        }
    }
}
