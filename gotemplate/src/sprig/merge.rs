//! Merging maps, with the rules of the library that Sprig uses.

use super::defaults::is_set;
use super::dicts::check_depth;
use crate::{Context, Error, Kind, Map, Value};

/// What happens to a key that both maps have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// Only what is empty or missing is taken over.
    Fill,
    /// What the source has wins, also an empty value or nil.
    Overwrite,
}

/// Merges `source` into `target`, and so do maps within them that are at the same place.
pub(super) fn merge(context: &mut Context<'_>, target: &Map, source: &Map, mode: Merge) -> Result<(), Error> {
    merge_level(context, target, source, (mode, 0))
}

fn merge_level(
    context: &mut Context<'_>,
    target: &Map,
    source: &Map,
    at: (Merge, usize),
) -> Result<(), Error> {
    let (mode, depth) = at;
    check_depth(context, depth)?;
    let overwrite = mode == Merge::Overwrite;
    super::arguments::reserve(context, source.len())?;
    for (key, value) in source.entries() {
        let current = target.get(&key);
        if value.is_nil() {
            if overwrite {
                context.put(target, key, value);
            }
            continue;
        }
        let maps = current.as_ref().and_then(inner_map).zip(inner_map(&value));
        let both_maps = maps.is_some();
        if let Some((target, source)) = maps {
            crate::stack::grow(|| merge_level(context, &target, &source, (mode, depth + 1)))?;
        }
        // Looked at after the maps within were merged: what was filled by that stays.
        let filled = current.as_ref().is_some_and(is_set);
        if filled && both_maps {
            continue;
        }
        if overwrite || !filled {
            context.put(target, key, value);
        }
    }
    Ok(())
}

/// The map, if it is one in Go's eyes.
fn inner_map(value: &Value) -> Option<Map> {
    value.as_map().filter(|_| value.kind() == Kind::Map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, System};

    fn merged(target: &Map, source: &Map, mode: Merge) {
        let (mut host, mut environment) = ((), System);
        let mut context = Context::new(Limits::default(), &mut host, &mut environment);
        merge(&mut context, target, source, mode).expect("merges");
    }

    #[test]
    fn filling_takes_only_what_is_empty_or_missing() {
        let target = Map::from([("a", Value::from(1)), ("zero", 0.into()), ("no", false.into())]);
        let source = Map::from([
            ("a", Value::from(2)),
            ("zero", 3.into()),
            ("no", true.into()),
            ("new", Value::Nil),
        ]);
        merged(&target, &source, Merge::Fill);
        assert_eq!(
            format!("{target:?}"),
            r#"{"a": Int(1), "no": Bool(true), "zero": Int(3)}"#
        );
    }

    #[test]
    fn overwriting_takes_everything_also_nil() {
        let target = Map::from([("a", Value::from(1)), ("b", 2.into()), ("c", 3.into())]);
        let source = Map::from([("a", Value::from(0)), ("b", Value::Nil)]);
        merged(&target, &source, Merge::Overwrite);
        assert_eq!(format!("{target:?}"), r#"{"a": Int(0), "b": Nil, "c": Int(3)}"#);
    }

    #[test]
    fn maps_within_are_merged_in_place() {
        let inner = Map::from([("x", 1)]);
        let target = Map::from([("m", inner.clone())]);
        let source = Map::from([
            ("m", Map::from([("x", 2), ("y", 3)])),
            ("n", Map::from([("z", 4)])),
        ]);
        merged(&target, &source, Merge::Fill);
        assert_eq!(format!("{inner:?}"), r#"{"x": Int(1), "y": Int(3)}"#);
        assert_eq!(target.len(), 2);
    }
}
