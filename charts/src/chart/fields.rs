//! Typed fields of a YAML mapping, read as Helm's reader does: names in any case, scalars as texts, null as nothing.

use std::collections::BTreeMap;

use gotemplate::{List, Map, Value};
use thiserror::Error;

use crate::yaml::scalar_text;

/// The fields of one mapping.
pub(super) struct Fields<'m> {
    owner: &'static str,
    map: &'m Map,
}

/// A field of another type than it should have.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("json: cannot unmarshal {found} into Go struct field {owner}.{field} of type {expected}")]
pub(crate) struct Mistyped {
    owner: &'static str,
    field: String,
    found: &'static str,
    expected: &'static str,
}

impl<'m> Fields<'m> {
    pub(super) fn new(owner: &'static str, map: &'m Map) -> Self {
        Self { owner, map }
    }

    pub(super) fn text(&self, name: &str, field: &mut String) -> Result<(), Mistyped> {
        if let Some(value) = self.get(name) {
            *field = scalar_text(&value).ok_or_else(|| self.mistyped(name, &value, "string"))?;
        }
        Ok(())
    }

    pub(super) fn flag(&self, name: &str, field: &mut bool) -> Result<(), Mistyped> {
        match self.get(name) {
            None => Ok(()),
            Some(Value::Bool(value)) => {
                *field = value;
                Ok(())
            }
            Some(other) => Err(self.mistyped(name, &other, "bool")),
        }
    }

    pub(super) fn texts(&self, name: &str, field: &mut Vec<String>) -> Result<(), Mistyped> {
        let Some(list) = self.list(name)? else {
            return Ok(());
        };
        let texts = list.iter().map(|item| match item {
            Value::Nil => Ok(String::new()),
            item => scalar_text(item).ok_or_else(|| self.mistyped(name, item, "string")),
        });
        *field = texts.collect::<Result<_, _>>()?;
        Ok(())
    }

    pub(super) fn text_map(&self, name: &str, field: &mut BTreeMap<String, String>) -> Result<(), Mistyped> {
        let map = match self.get(name) {
            None => return Ok(()),
            Some(Value::Map(map)) => map,
            Some(other) => return Err(self.mistyped(name, &other, "map[string]string")),
        };
        for (key, value) in map.entries() {
            let text = match &value {
                Value::Nil => String::new(),
                value => scalar_text(value).ok_or_else(|| self.mistyped(name, value, "string"))?,
            };
            field.insert(key.to_string(), text);
        }
        Ok(())
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<List>, Mistyped> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(other) => Err(self.mistyped(name, &other, "[]interface {}")),
        }
    }

    /// A list of mappings; an empty item is refused, as Helm does for all lists of these.
    pub(super) fn tables(&self, name: &str) -> Result<Option<Vec<Map>>, Mistyped> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        let tables = list.iter().map(|item| match item {
            Value::Map(map) => Ok(map.clone()),
            other => Err(self.mistyped(name, other, "object")),
        });
        tables.collect::<Result<_, _>>().map(Some)
    }

    fn get(&self, name: &str) -> Option<Value> {
        let value = self.map.get(name).or_else(|| {
            let entries = self.map.read();
            let mut fields = entries.iter();
            let (_, value) = fields.find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?;
            Some(value.clone())
        });
        value.filter(|value| !value.is_nil())
    }

    fn mistyped(&self, field: &str, value: &Value, expected: &'static str) -> Mistyped {
        let found = match value {
            Value::Bool(_) => "bool",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            Value::Nil => "null",
            _ => "number",
        };
        Mistyped {
            owner: self.owner,
            field: field.to_owned(),
            found,
            expected,
        }
    }
}
