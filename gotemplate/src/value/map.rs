//! Go's `map[string]interface{}`: shared by all who hold it, changed in place, walked in the order of its keys.

use std::cell::{Ref, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::entries::Entries;
use super::{Str, Value, unwind};

/// A map whose changes all holders of it see. A clone is another holder of the same map.
#[derive(Clone, Default)]
pub struct Map(Rc<Shared>);

#[derive(Default)]
struct Shared {
    map: RefCell<Entries>,
    nil: bool,
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Go's nil map: it reads as an empty one, but is `null` in JSON, and no template can set a key in it.
    pub fn nil() -> Self {
        Self(Rc::new(Shared {
            nil: true,
            map: RefCell::default(),
        }))
    }

    fn of(entries: Entries) -> Self {
        Self(Rc::new(Shared {
            map: RefCell::new(entries),
            nil: false,
        }))
    }

    /// Whether this is Go's nil map; what the host puts into one makes it an ordinary map.
    pub fn is_nil(&self) -> bool {
        self.0.nil && self.is_empty()
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.map.borrow().get(key.as_ref()).cloned()
    }

    /// The value of a key, as [`Map::get`] gives it.
    #[inline]
    pub(crate) fn item(&self, key: &Str) -> Option<Value> {
        self.0.map.borrow().find(key).cloned()
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: impl AsRef<[u8]>) -> bool {
        self.0.map.borrow().get(key.as_ref()).is_some()
    }

    /// Sets a key; gives what was there.
    pub fn insert(&self, key: impl Into<Str>, value: impl Into<Value>) -> Option<Value> {
        self.0.map.borrow_mut().insert(key.into(), value.into())
    }

    /// Removes a key; gives what was there.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.map.borrow_mut().remove(key.as_ref())
    }

    /// Removes all entries for which `keep` says no. `keep` must not touch this map.
    pub fn retain(&self, keep: impl FnMut(&Str, &Value) -> bool) {
        self.0.map.borrow_mut().retain(keep);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.map.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A look at the entries without copying them. No change of this map while it lives: that would panic, so hold
    /// it only around code that cannot come back here; anything else takes [`Map::entries`].
    pub fn read(&self) -> Reading<'_> {
        Reading(self.0.map.borrow())
    }

    /// The keys, sorted.
    pub fn keys(&self) -> Vec<Str> {
        self.read().iter().map(|(key, _)| key.clone()).collect()
    }

    /// The entries as they are now, sorted by key.
    pub fn entries(&self) -> Vec<(Str, Value)> {
        self.read()
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// A new map with the same entries; maps inside stay shared.
    #[must_use]
    pub fn shallow_copy(&self) -> Self {
        Self::of(self.0.map.borrow().clone())
    }

    /// A new map with the same keys, and with what `change` makes of the values. It must not change this map.
    #[must_use]
    pub fn mapped(&self, change: impl FnMut(&Value) -> Value) -> Self {
        Self::of(self.0.map.borrow().mapped(change))
    }

    /// Whether both are the very same map.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The bytes that a map of so many entries takes, without what those hold.
    pub(crate) fn size(entries: usize) -> usize {
        let room = entries.max(4).next_power_of_two();
        room.saturating_mul(size_of::<(Str, Value)>()) + size_of::<Shared>()
    }

    pub(super) fn downgrade(&self) -> WeakMap {
        WeakMap(Rc::downgrade(&self.0))
    }

    /// A number that is this map's own as long as it lives: what guards against cycles.
    pub fn identity(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }
}

/// A map that may be gone.
pub(super) struct WeakMap(Weak<Shared>);

impl WeakMap {
    pub(super) fn upgrade(&self) -> Option<Map> {
        self.0.upgrade().map(Map)
    }
}

/// A borrowed look at a [`Map`].
pub struct Reading<'a>(Ref<'a, Entries>);

impl Reading<'_> {
    /// The entries, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Value)> + DoubleEndedIterator {
        self.0.iter()
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        self.0.get(key.as_ref())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let entries = self.map.get_mut();
        if entries.iter().any(|(_, value)| value.is_container()) {
            unwind::release(entries, Entries::into_values);
        }
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self::of(entries)
    }
}

impl<K: Into<Str>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Map {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.read().iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_all_holders() {
        let map = Map::from([("b", 1), ("a", 2)]);
        let holder = map.clone();
        holder.insert("c", "new");
        assert_eq!(map.keys(), ["a", "b", "c"].map(Str::from));
        assert!(map.same(&holder));
        let copy = map.shallow_copy();
        copy.remove("a");
        assert_eq!((map.len(), copy.len()), (3, 2));
    }

    #[test]
    fn a_very_deep_map_is_dropped_without_recursion() {
        let mut value = Value::Nil;
        for _ in 0..1_000_000 {
            value = Value::Map(Map::from([("inside", value)]));
        }
        drop(std::mem::take(&mut value));
        for _ in 0..1_000_000 {
            value = Value::List(vec![value].into());
        }
        drop(value);
    }
}
