//! The entries of a map in the order of their keys: a sorted list, as most maps are small, and a tree where a large
//! one is changed entry by entry.

use std::collections::{BTreeMap, btree_map};
use std::{mem, slice};

use super::{Str, Value};

/// Up to so many entries a key is looked for one by one: most differ in length, which is seen at once.
const FEW: usize = 12;

/// A list of so many entries becomes a tree when a key is added or removed.
const MANY: usize = 64;

#[derive(Clone)]
pub(super) enum Entries {
    List(Vec<(Str, Value)>),
    Tree(BTreeMap<Str, Value>),
}

impl Default for Entries {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Entries {
    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        match self {
            Self::List(list) if list.len() <= FEW => {
                let found = list.iter().find(|(other, _)| other.as_bytes() == key);
                found.map(|(_, value)| value)
            }
            Self::List(list) => place(list, key).ok().map(|place| &list[place].1),
            Self::Tree(tree) => tree.get(key),
        }
    }

    /// The same for a key that is at hand as a string, which is compared faster.
    #[inline]
    pub(super) fn find(&self, key: &Str) -> Option<&Value> {
        match self {
            Self::List(list) if list.len() <= FEW => {
                let found = list.iter().find(|(other, _)| other == key);
                found.map(|(_, value)| value)
            }
            Self::List(list) => {
                let place = list.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
                Some(&list[place].1)
            }
            Self::Tree(tree) => tree.get(key),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Tree(tree) => tree.len(),
        }
    }

    pub(super) fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        match self {
            Self::Tree(tree) => tree.insert(key, value),
            Self::List(list) => match list.binary_search_by(|(other, _)| other.cmp(&key)) {
                Ok(place) => Some(mem::replace(&mut list[place].1, value)),
                Err(_) if list.len() >= MANY => {
                    let mut tree = tree(list);
                    let before = tree.insert(key, value);
                    *self = Self::Tree(tree);
                    before
                }
                Err(place) => {
                    list.insert(place, (key, value));
                    None
                }
            },
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Value> {
        match self {
            Self::Tree(tree) => tree.remove(key),
            Self::List(list) => match place(list, key) {
                Err(_) => None,
                Ok(_) if list.len() >= MANY => {
                    let mut tree = tree(list);
                    let before = tree.remove(key);
                    *self = Self::Tree(tree);
                    before
                }
                Ok(place) => Some(list.remove(place).1),
            },
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Str, &Value) -> bool) {
        match self {
            Self::List(list) => list.retain(|(key, value)| keep(key, value)),
            Self::Tree(tree) => tree.retain(|key, value| keep(key, value)),
        }
    }

    pub(super) fn mapped(&self, mut change: impl FnMut(&Value) -> Value) -> Self {
        Self::List(
            self.iter()
                .map(|(key, value)| (key.clone(), change(value)))
                .collect(),
        )
    }

    #[inline]
    pub(super) fn iter(&self) -> Iter<'_> {
        match self {
            Self::List(list) => Iter::List(list.iter()),
            Self::Tree(tree) => Iter::Tree(tree.iter()),
        }
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        match self {
            Self::List(list) => list.into_iter().map(|(_, value)| value).collect(),
            Self::Tree(tree) => tree.into_values().collect(),
        }
    }
}

/// What is in the list, as a tree.
fn tree(list: &mut Vec<(Str, Value)>) -> BTreeMap<Str, Value> {
    mem::take(list).into_iter().collect()
}

/// Where the key is in the sorted list, or where it belongs.
fn place(list: &[(Str, Value)], key: &[u8]) -> Result<usize, usize> {
    list.binary_search_by(|(other, _)| other.as_bytes().cmp(key))
}

/// Of entries with the same key the last one counts.
impl FromIterator<(Str, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(entries: I) -> Self {
        let mut list: Vec<_> = entries.into_iter().collect();
        if !list.is_sorted_by(|(a, _), (b, _)| a < b) {
            list.sort_by(|(a, _), (b, _)| a.cmp(b));
            list.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    mem::swap(later, kept);
                }
                same
            });
        }
        Self::List(list)
    }
}

/// The entries, sorted by key.
pub(super) enum Iter<'a> {
    List(slice::Iter<'a, (Str, Value)>),
    Tree(btree_map::Iter<'a, Str, Value>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Str, &'a Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::List(list) => list.next().map(|(key, value)| (key, value)),
            Self::Tree(tree) => tree.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::List(list) => list.size_hint(),
            Self::Tree(tree) => tree.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::List(list) => list.next_back().map(|(key, value)| (key, value)),
            Self::Tree(tree) => tree.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entries: &Entries) -> Vec<(String, i64)> {
        let number = |value: &Value| match value {
            Value::Int(number) => *number,
            _ => -1,
        };
        entries
            .iter()
            .map(|(key, value)| (key.to_string(), number(value)))
            .collect()
    }

    #[test]
    fn lists_and_trees_do_what_an_ordered_map_does() {
        let (mut entries, mut model) = (Entries::default(), BTreeMap::new());
        let mut random = 1_u32;
        for step in 0..5_000_i64 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Few keys at first, then many, then few again.
            let keys = if (1_000..4_000).contains(&step) { 300 } else { 30 };
            let key = format!("key{}", (random >> 8) % keys);
            let removes = random >> 30 == 0 || step > 4_500;
            let (was, expected) = if removes {
                (entries.remove(key.as_bytes()), model.remove(&key))
            } else {
                let was = entries.insert(Str::from(key.as_str()), Value::Int(step));
                (was, model.insert(key.clone(), step))
            };
            assert!(matches!((was, expected), (None, None) | (Some(_), Some(_))));
            assert_eq!(entries.get(key.as_bytes()).is_some(), model.contains_key(&key));
            assert_eq!(
                entries.find(&Str::from(key.as_str())).is_some(),
                model.contains_key(&key)
            );
            assert_eq!(entries.len(), model.len());
        }
        let expected: Vec<_> = model.into_iter().collect();
        assert_eq!(shown(&entries), expected);
    }

    #[test]
    fn of_the_same_keys_the_last_one_counts() {
        let pairs = [("b", 1), ("a", 2), ("b", 3), ("a", 4), ("c", 5), ("b", 6)];
        let entries: Entries = pairs
            .into_iter()
            .map(|(key, value)| (Str::from(key), Value::Int(value)))
            .collect();
        assert_eq!(
            shown(&entries),
            [("a", 4), ("b", 6), ("c", 5)].map(|(key, value)| (key.to_owned(), value))
        );
    }

    #[test]
    fn a_large_list_stays_sorted_when_it_becomes_a_tree() {
        let number = |index: usize| (Str::from(format!("{index:04}")), Value::Int(0));
        let mut entries: Entries = (0..1_000).map(number).collect();
        assert!(matches!(&entries, Entries::List(list) if list.len() == 1_000));
        entries.insert(Str::from("0500x"), Value::Nil);
        assert!(matches!(&entries, Entries::Tree(tree) if tree.len() == 1_001));
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.clone()).collect();
        assert!(keys.is_sorted());
        assert_eq!(
            entries
                .iter()
                .next_back()
                .map(|(key, _)| key.to_string())
                .as_deref(),
            Some("0999")
        );
    }
}
