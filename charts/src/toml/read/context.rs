//! The tables of a text while it is read: what a key means where it stands, and which keys are taken.

use std::collections::HashSet;

use gotemplate::format::quoted;
use gotemplate::{Map, Str, Value};

use super::super::tables::Tables;
use super::super::write::quoted_key;
use super::cursor::{Flaw, Result};

/// The parts of a key, from the outermost table.
pub(super) type Key = Vec<Str>;

/// Keys have at most so many parts, tables around them counted: each part is remembered with all before it.
const MAX_PARTS: usize = 200;

#[derive(Default)]
pub(super) struct Context {
    pub(super) root: Map,
    /// The table that keys go to.
    pub(super) table: Key,
    /// The last part of the key whose value is read.
    pub(super) current: Str,
    /// On which line the key began.
    pub(super) line: usize,
    /// Tables that exist only because a longer key needs them; they may still be defined.
    implicit: HashSet<Key>,
    /// Keys whose value is a list in brackets.
    lists: HashSet<Key>,
}

impl Context {
    fn flaw(&self, message: impl Into<String>) -> Flaw {
        Flaw {
            line: self.line,
            message: message.into(),
        }
    }

    /// The key that was read last, for messages.
    pub(super) fn last_key(&self) -> String {
        let current = self.current.to_string();
        match (self.table.is_empty(), current.is_empty()) {
            (_, true) => shown(&self.table),
            (true, false) => current,
            (false, false) => format!("{}.{current}", shown(&self.table)),
        }
    }

    /// Goes into a table that the header or the key names; a new one if it is an item of a list of tables.
    pub(super) fn enter(&mut self, key: Key, item: bool) -> Result {
        if key.len() > MAX_PARTS {
            return Err(self.flaw(format!("a key has more than {MAX_PARTS} parts")));
        }
        let (last, parents) = match key.split_last() {
            Some((last, parents)) => (last.clone(), parents.to_vec()),
            None => return Ok(()),
        };
        let mut inside = self.root.clone();
        for (place, part) in parents.iter().enumerate() {
            if !inside.contains_key(part) {
                self.implicit.insert(parents[..=place].to_vec());
                inside.insert(part.clone(), Map::new());
            }
            inside = table_of(&inside, part).ok_or_else(|| {
                self.flaw(format!(
                    "Key '{}' was already created as a hash.",
                    shown(&parents[..=place])
                ))
            })?;
        }
        self.table = parents;
        if item {
            self.add_item(&inside, &last, &key)?;
        } else {
            self.set(&last, Map::new().into())?;
        }
        self.table = key;
        Ok(())
    }

    fn add_item(&self, inside: &Map, last: &Str, key: &[Str]) -> Result {
        match inside.get(last) {
            None => {
                inside.insert(last.clone(), Value::object(Tables::new(Map::new())));
                return Ok(());
            }
            Some(Value::Object(object)) => {
                if let Some(tables) = object.downcast_ref::<Tables>() {
                    tables.push(Map::new());
                    return Ok(());
                }
            }
            Some(_) => {}
        }
        Err(self.flaw(format!(
            "Key '{}' was already created and cannot be used as an array.",
            shown(key)
        )))
    }

    /// Goes into the tables that a dotted key names, from the table where it stands.
    pub(super) fn enter_parents(&mut self, parents: &[Str]) -> Result {
        for part in parents {
            let mut key = self.table.clone();
            key.push(part.clone());
            self.imply(key.clone());
            self.enter(key, false)?;
        }
        Ok(())
    }

    pub(super) fn imply(&mut self, key: Key) {
        self.implicit.insert(key);
    }

    /// Sets a key of the table. A table that was implied may be defined once.
    pub(super) fn set(&mut self, key: &Str, value: Value) -> Result {
        let mut inside = self.root.clone();
        for (place, part) in self.table.iter().enumerate() {
            inside = table_of(&inside, part).ok_or_else(|| self.taken(&self.table[..=place]))?;
        }
        let mut path = self.table.clone();
        path.push(key.clone());
        if inside.contains_key(key) {
            let implied = self.implicit.remove(&path);
            if !implied {
                return Err(self.taken(&path));
            }
            if !self.lists.contains(&path) {
                return Ok(());
            }
        }
        inside.insert(key.clone(), value);
        Ok(())
    }

    fn taken(&self, key: &[Str]) -> Flaw {
        self.flaw(format!("Key '{}' has already been defined.", shown(key)))
    }

    /// Remembers of which type a key of the table is; the table itself has the empty key.
    pub(super) fn set_type(&mut self, key: &Str, list: bool) {
        let mut path = self.table.clone();
        if !key.is_empty() || path.is_empty() {
            path.push(key.clone());
        }
        if list {
            self.lists.insert(path);
        } else {
            self.lists.remove(&path);
        }
    }

    pub(super) fn is_no_table(&self) -> Flaw {
        self.flaw(format!(
            "{} is not a table",
            quoted(shown(&self.table).as_bytes())
        ))
    }
}

/// The table of that name; of a list of tables its last.
fn table_of(map: &Map, part: &Str) -> Option<Map> {
    match map.get(part)? {
        Value::Map(map) => Some(map),
        Value::Object(object) => object.downcast_ref::<Tables>().map(Tables::last),
        _ => None,
    }
}

fn shown(key: &[Str]) -> String {
    let parts: Vec<_> = key.iter().map(quoted_key).collect();
    String::from_utf8_lossy(&parts.join(&b"."[..])).into_owned()
}
