//! Lists, maps and structs.

use std::borrow::Borrow;

use super::printer::Printer;
use crate::{Kind, Str, Value, stack};

/// Deeper values are cut with `...`, so that a cycle ends.
const DEEPEST: usize = 10_000;

/// What is asked for, and how far inside.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) verb: char,
    pub(super) depth: usize,
}

impl Printer<'_> {
    pub(super) fn composite(&mut self, value: &Value, asked: Asked) {
        if asked.depth > DEEPEST {
            return self.write(b"...");
        }
        stack::grow(|| self.of_any_kind(value, asked));
    }

    fn of_any_kind(&mut self, value: &Value, asked: Asked) {
        let name = value.type_name();
        match value {
            Value::List(list) if list.is_nil() && self.flags.sharp_v => self.nil_of(name),
            Value::Map(map) if map.is_nil() && self.flags.sharp_v => self.nil_of(name),
            Value::List(list) => self.list(name, list.iter(), asked),
            Value::Strings(strings) => self.list(name, strings.iter().cloned().map(Value::String), asked),
            Value::Bytes(bytes) => {
                let name = if asked.depth == 0 { "[]byte" } else { name };
                self.list(name, bytes.iter().copied().map(Value::Uint8), asked);
            }
            Value::Map(map) => self.map(name, map.read().iter(), asked),
            Value::StringMap(map) => {
                let entries = map.iter().map(|(key, text)| (key, Value::String(text.clone())));
                self.map(name, entries, asked);
            }
            Value::Object(object) => match (object.as_map(), object.as_list()) {
                (Some(map), _) => self.map(name, map.read().iter(), asked),
                (_, Some(list)) => self.list(name, list.iter(), asked),
                _ => {
                    let name = if object.kind() == Kind::Pointer {
                        self.write(b"&");
                        name.trim_start_matches('*')
                    } else {
                        name
                    };
                    self.structure(name, &object.fields(), asked);
                }
            },
            _ => self.write(format!("?{name}?").as_bytes()),
        }
    }

    fn nil_of(&mut self, name: &str) {
        self.write(name.as_bytes());
        self.write(b"(nil)");
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item: Borrow<Value>>, asked: Asked) {
        let sharp = self.flags.sharp_v;
        let (open, separator, close) = if sharp { ("{", ", ", "}") } else { ("[", " ", "]") };
        self.write(if sharp { name.as_bytes() } else { b"" });
        self.write(open.as_bytes());
        for (place, item) in items.enumerate() {
            self.write(if place > 0 { separator.as_bytes() } else { b"" });
            self.value(item.borrow(), asked.verb, asked.depth + 1);
            if self.is_full() {
                return;
            }
        }
        self.write(close.as_bytes());
    }

    fn map<'k, V: Borrow<Value>>(
        &mut self,
        name: &str,
        entries: impl Iterator<Item = (&'k Str, V)>,
        asked: Asked,
    ) {
        let sharp = self.flags.sharp_v;
        let (separator, close) = if sharp { (", ", "}") } else { (" ", "]") };
        self.write(if sharp { name.as_bytes() } else { b"map" });
        self.write(if sharp { b"{" } else { b"[" });
        for (place, (key, value)) in entries.enumerate() {
            self.write(if place > 0 { separator.as_bytes() } else { b"" });
            self.value(&Value::String(key.clone()), asked.verb, asked.depth + 1);
            self.write(b":");
            self.value(value.borrow(), asked.verb, asked.depth + 1);
            if self.is_full() {
                return;
            }
        }
        self.write(close.as_bytes());
    }

    fn structure(&mut self, name: &str, fields: &[(Str, Value)], asked: Asked) {
        let sharp = self.flags.sharp_v;
        self.write(if sharp { name.as_bytes() } else { b"" });
        self.write(b"{");
        for (place, (field, value)) in fields.iter().enumerate() {
            let separator: &[u8] = if sharp { b", " } else { b" " };
            self.write(if place > 0 { separator } else { b"" });
            if sharp || self.flags.plus_v {
                self.write(field);
                self.write(b":");
            }
            self.value(value, asked.verb, asked.depth + 1);
            if self.is_full() {
                return;
            }
        }
        self.write(b"}");
    }
}
