//! Maps that hold themselves: counted references alone would never free them.

use std::collections::HashMap;
use std::rc::Rc;
use std::vec;

use foldhash::fast::RandomState;

use super::map::WeakMap;
use super::{Map, Str, Value};

/// The entries whose values hold others and that a rendering put into maps: every cycle has one of them. When this is
/// dropped, those that are part of a cycle are removed.
#[derive(Default)]
pub(crate) struct Put(Vec<(WeakMap, Str)>);

impl Put {
    /// This entry is about to be put into the map.
    pub(crate) fn note(&mut self, map: &Map, key: &Str, value: &Value) {
        if value.is_container() {
            self.0.push((map.downgrade(), key.clone()));
        }
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        let alive = |(map, key): (WeakMap, Str)| Some((map.upgrade()?, key));
        let put: Vec<_> = self.0.drain(..).filter_map(alive).collect();
        let mut walk = Walk::default();
        for (map, _) in &put {
            walk.start(&map.clone().into());
        }
        // Only now: as long as the walk goes on, all it has seen has to stay where it is.
        for (map, key) in put {
            let value = map.get(&key);
            if value.is_some_and(|value| walk.is_cycle(&map, &value)) {
                map.remove(key);
            }
        }
    }
}

/// Tarjan's walk through all values, which finds those that hold one another.
#[derive(Default)]
struct Walk {
    seen: HashMap<usize, Seen, RandomState>,
    path: Vec<Step>,
    /// The values seen whose component is not complete.
    open: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Seen {
    order: usize,
    /// The first value of those that hold this one and are held by it.
    component: Option<usize>,
}

/// A value on the way, what is left of what it holds, and the earliest open value that is reached from it.
struct Step {
    identity: usize,
    held: vec::IntoIter<Value>,
    earliest: usize,
}

impl Walk {
    fn start(&mut self, value: &Value) {
        self.enter(value);
        while let Some(step) = self.path.last_mut() {
            match step.held.next() {
                Some(value) => self.enter(&value),
                None => self.leave(),
            }
        }
    }

    fn enter(&mut self, value: &Value) {
        let identity = identity(value);
        match (self.seen.get(&identity), self.path.last_mut()) {
            (None, _) => {
                let order = self.seen.len();
                self.seen.insert(
                    identity,
                    Seen {
                        order,
                        component: None,
                    },
                );
                self.open.push(identity);
                self.path.push(Step {
                    identity,
                    held: held(value).into_iter(),
                    earliest: order,
                });
            }
            (Some(seen), Some(holder)) if seen.component.is_none() => {
                holder.earliest = holder.earliest.min(seen.order);
            }
            _ => {}
        }
    }

    fn leave(&mut self) {
        let Some(step) = self.path.pop() else { return };
        if let Some(holder) = self.path.last_mut() {
            holder.earliest = holder.earliest.min(step.earliest);
        }
        let order = self.seen.get(&step.identity).map(|seen| seen.order);
        if order != Some(step.earliest) {
            return;
        }
        while let Some(identity) = self.open.pop() {
            if let Some(seen) = self.seen.get_mut(&identity) {
                seen.component = Some(step.earliest);
            }
            if identity == step.identity {
                break;
            }
        }
    }

    /// Whether the value, which the map holds, holds the map.
    fn is_cycle(&self, map: &Map, value: &Value) -> bool {
        let component = |identity| self.seen.get(&identity).and_then(|seen| seen.component);
        component(map.identity()) == component(identity(value))
    }
}

/// The values in a value that hold others themselves.
fn held(value: &Value) -> Vec<Value> {
    let only =
        |held: &mut dyn Iterator<Item = &Value>| held.filter(|held| held.is_container()).cloned().collect();
    if let Some(map) = value.as_map() {
        return only(&mut map.read().iter().map(|(_, value)| value));
    }
    match value {
        Value::List(items) => only(&mut items.iter()),
        Value::Object(object) => {
            let (fields, items) = (object.fields(), object.as_list().unwrap_or_default());
            only(&mut fields.iter().map(|(_, value)| value).chain(items.iter()))
        }
        _ => Vec::new(),
    }
}

/// A number that is the value's own as long as it lives. That of a named map is the map's.
fn identity(value: &Value) -> usize {
    match (value, value.as_map()) {
        (_, Some(map)) => map.identity(),
        (Value::List(items), _) => items.as_ptr().addr(),
        (Value::Object(object), _) => Rc::as_ptr(object).cast::<()>().addr(),
        _ => 0,
    }
}
