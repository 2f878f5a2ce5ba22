//! Anchors and what refers to them: aliases and merges, within the limits that stop alias bombs.

use gotemplate::{List, Map, Value, grow};

use super::super::parser::MAX_DEPTH;
use super::super::problem::Problem;
use super::{Content, Done, Slot, Tree};

/// A node that aliases may refer to.
pub(super) struct Anchor {
    /// The value, once it is complete.
    value: Option<Value>,
    /// Values made before it.
    pub(super) began: usize,
    /// Values made for it.
    size: usize,
    height: usize,
}

impl Anchor {
    /// An anchor whose node has only started.
    pub(super) fn open(began: usize) -> Self {
        Self {
            value: None,
            began,
            size: 0,
            height: 0,
        }
    }
}

impl<'a> Tree<'a> {
    /// Keeps a finished node, with its size and height, if it has an anchor.
    pub(super) fn remember(&mut self, name: Option<&'a [u8]>, value: &Value, (size, height): (usize, usize)) {
        if let Some(name) = name {
            let anchor = Anchor {
                value: Some(value.clone()),
                began: self.made,
                size,
                height,
            };
            self.anchors.insert(name, anchor);
        }
    }

    /// Puts a copy of what the anchor holds in the alias's place.
    pub(super) fn expand(&mut self, name: &[u8], line: usize) -> Result<(), Problem> {
        let shown = String::from_utf8_lossy(name);
        let Some(anchor) = self.anchors.get(name) else {
            return Err(Problem::new(format!("unknown anchor '{shown}' referenced")));
        };
        let (size, height) = (anchor.size, anchor.height);
        if self.stack.len() + height > MAX_DEPTH {
            return Err(Problem::scanning(
                line,
                format!("exceeded max depth of {MAX_DEPTH}"),
            ));
        }
        self.made = self.made.saturating_add(1 + size).min(usize::MAX / 2);
        self.aliased = self.aliased.saturating_add(size).min(usize::MAX / 2);
        let value = if self.is_excessive() {
            self.fail(Problem::new("document contains excessive aliasing"));
            None
        } else {
            let anchor = &self.anchors[name];
            let value = anchor.value.as_ref().map(fresh);
            if value.is_none() {
                self.fail(Problem::new(format!("anchor '{shown}' value contains itself")));
            }
            value
        };
        if self.at_key() {
            self.key_value(value.as_ref());
        } else {
            self.done(Done {
                value: value.unwrap_or_default(),
                height,
                from_alias: true,
                line,
            });
        }
        Ok(())
    }

    /// Whether too much of the document is made by aliases: nearly all of a small one, a tenth of a large one.
    fn is_excessive(&self) -> bool {
        const SMALL: f64 = 400_000.0;
        const LARGE: f64 = 4_000_000.0;
        if self.aliased <= 100 || self.made <= 1000 {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio need not be exact")]
        let (aliased, made) = (self.aliased as f64, self.made as f64);
        let allowed = 0.99 - 0.89 * ((made - SMALL) / (LARGE - SMALL)).clamp(0.0, 1.0);
        aliased / made > allowed
    }

    /// Takes the entries of the mapping, or of each mapping, that a merge key names.
    pub(super) fn merge(&mut self, done: &Done) {
        let maps: Option<Vec<Map>> = match &done.value {
            Value::Map(map) => Some(vec![map.clone()]),
            Value::List(items) if !done.from_alias => items.iter().map(as_map).collect(),
            _ => None,
        };
        let Some(maps) = maps else {
            self.fail(Problem::new(
                "map merge requires map or sequence of maps as the value",
            ));
            return;
        };
        for map in maps.iter().rev() {
            for (key, value) in map.entries() {
                self.insert(key, value, done.line);
            }
        }
    }

    /// An alias stands for a key.
    fn key_value(&mut self, value: Option<&Value>) {
        let slot = match value {
            Some(value @ (Value::Map(_) | Value::List(_))) => {
                let shown = super::shown::shown(value, true);
                self.fail(Problem::new(format!("invalid map key: {shown}")));
                Slot::Odd(String::new())
            }
            Some(value) => super::keys::slot_of(value),
            None => Slot::Odd(String::new()),
        };
        self.set_slot(slot);
    }

    pub(super) fn end_collection(&mut self) {
        if let Some(skim) = &mut self.skim {
            skim.end();
            self.leave_skim();
        } else {
            self.end();
        }
    }

    /// Whether the mapping that starts here is the value of an object's `metadata`.
    pub(super) fn is_metadata_next(&self) -> bool {
        match self.stack.as_slice() {
            [frame] => match &frame.content {
                Content::Mapping {
                    slot: Slot::Value(key),
                    ..
                } => key.eq_ignore_ascii_case(b"metadata"),
                _ => false,
            },
            _ => false,
        }
    }
}

fn as_map(value: &Value) -> Option<Map> {
    match value {
        Value::Map(map) => Some(map.clone()),
        _ => None,
    }
}

/// A copy that shares no mapping with the original; nesting is bounded by [`MAX_DEPTH`].
fn fresh(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(
            map.read()
                .iter()
                .map(|(key, value)| (key.clone(), grow(|| fresh(value))))
                .collect(),
        ),
        Value::List(items) => Value::List(items.iter().map(|item| grow(|| fresh(item))).collect::<List>()),
        other => other.clone(),
    }
}
