//! Functions on maps. A map is shared: `set` and the merges change it for all who hold it.

use super::arguments::{Arguments, list, nil_dereference, reserve, reserve_map, strings};
use super::merge::{Merge, merge};
use super::shown::charged_string_of;
use crate::{Context, Error, Function, List, Map, Type, Value};

use Type::{Any, Map as Dict, String as Text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("dict", &[], |context, given| {
        reserve_map(context, given.len() / 2)?;
        let map = Map::new();
        for entry in given.chunks(2) {
            let key = match &entry[0] {
                Value::String(key) => key.clone(),
                other => charged_string_of(context, other)?.into(),
            };
            map.insert(key, entry.get(1).cloned().unwrap_or_else(|| "".into()));
        }
        Ok(map.into())
    })
    .variadic(Any),
    Function::new("get", &[Dict, Text], |_, given| {
        let found = Arguments(given).map(0).get(Arguments(given).text(1));
        Ok(found.unwrap_or_else(|| "".into()))
    }),
    Function::new("set", &[Dict, Text, Any], |context, given| {
        // The entry, and as much room again when the map grows.
        reserve(context, 4)?;
        let map = Arguments(given).map(0);
        if map.is_nil() {
            return Err(Error::new("assignment to entry in nil map"));
        }
        context.put(&map, given[1].as_string().unwrap_or_default(), given[2].clone());
        Ok(map.into())
    }),
    Function::new("unset", &[Dict, Text], |_, given| {
        let map = Arguments(given).map(0);
        map.remove(Arguments(given).text(1));
        Ok(map.into())
    }),
    Function::new("hasKey", &[Dict, Text], |_, given| {
        Ok(Arguments(given)
            .map(0)
            .contains_key(Arguments(given).text(1))
            .into())
    }),
    Function::new("pluck", &[Text], |context, given| {
        let maps = Arguments(given).rest(1).iter().filter_map(Value::as_map);
        let found = maps.filter_map(|map| map.get(Arguments(given).text(0))).collect();
        list(context, found)
    })
    .variadic(Dict),
    Function::new("keys", &[], |context, given| {
        let maps: Vec<Map> = given.iter().filter_map(Value::as_map).collect();
        reserve(context, maps.iter().map(Map::len).sum())?;
        strings(context, maps.iter().flat_map(Map::keys))
    })
    .variadic(Dict),
    Function::new("values", &[Dict], |context, given| {
        let values = Arguments(given)
            .map(0)
            .entries()
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        list(context, values)
    }),
    Function::new("pick", &[Dict], |context, given| {
        let map = Arguments(given).map(0);
        reserve_map(context, given.len())?;
        let wanted = (1..given.len()).map(|index| Arguments(given).text(index));
        let picked: Map = wanted.filter_map(|key| Some((key, map.get(key)?))).collect();
        Ok(picked.into())
    })
    .variadic(Text),
    Function::new("omit", &[Dict], |context, given| {
        let map = Arguments(given).map(0);
        reserve_map(context, map.len())?;
        let copy = map.shallow_copy();
        for index in 1..given.len() {
            copy.remove(Arguments(given).text(index));
        }
        Ok(copy.into())
    })
    .variadic(Text),
    Function::new("merge", &[Dict], |context, given| {
        lenient(context, given, Merge::Fill)
    })
    .variadic(Dict),
    Function::new("mustMerge", &[Dict], |context, given| {
        merge_all(context, given, Merge::Fill)
    })
    .variadic(Dict),
    Function::new("mergeOverwrite", &[Dict], |context, given| {
        lenient(context, given, Merge::Overwrite)
    })
    .variadic(Dict),
    Function::new("mustMergeOverwrite", &[Dict], |context, given| {
        merge_all(context, given, Merge::Overwrite)
    })
    .variadic(Dict),
    Function::new("deepCopy", &[Any], deep_copy),
    Function::new("mustDeepCopy", &[Any], deep_copy),
    Function::new("dig", &[], dig).variadic(Any),
];

fn merge_all(context: &mut Context<'_>, given: &[Value], mode: Merge) -> Result<Value, Error> {
    let target = Arguments(given).map(0);
    for source in Arguments(given).rest(1).iter().filter_map(Value::as_map) {
        merge(context, &target, &source, mode)?;
    }
    Ok(target.into())
}

/// A merge that is refused gives an empty text.
fn lenient(context: &mut Context<'_>, given: &[Value], mode: Merge) -> Result<Value, Error> {
    match merge_all(context, given, mode) {
        Err(error) if !error.is_limit() => Ok("".into()),
        other => other,
    }
}

fn deep_copy(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    if given[0].is_nil() {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    copy(context, &given[0], 0)
}

fn copy(context: &mut Context<'_>, value: &Value, depth: usize) -> Result<Value, Error> {
    check_depth(context, depth)?;
    if let Some(map) = value.as_map() {
        if map.is_nil() {
            return Ok(value.clone());
        }
        reserve_map(context, map.len())?;
        let mut entries = Vec::with_capacity(map.len());
        crate::stack::grow(|| {
            for (key, value) in map.read().iter() {
                entries.push((key.clone(), copy(context, value, depth + 1)?));
            }
            Ok::<_, Error>(())
        })?;
        let copied: Map = entries.into_iter().collect();
        let named = match value {
            Value::Object(object) => object.copied(&copied),
            _ => None,
        };
        return Ok(named.unwrap_or_else(|| copied.into()));
    }
    let Value::List(items) = value else {
        return Ok(value.clone());
    };
    if items.is_nil() {
        return Ok(value.clone());
    }
    reserve(context, items.len() + 3)?;
    let copied: List = crate::stack::grow(|| {
        items
            .iter()
            .map(|item| copy(context, item, depth + 1))
            .collect::<Result<_, Error>>()
    })?;
    Ok(copied.into())
}

/// Values that hold themselves have no end.
pub(super) fn check_depth(context: &Context<'_>, depth: usize) -> Result<(), Error> {
    if depth > context.limits().depth {
        return Err(Error::limit("values are nested too deeply"));
    }
    Ok(())
}

/// A value deep within maps: keys, what to give when one is missing, and the map.
fn dig(_: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let [keys @ .., default, map] = given else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let wrong = |value: &Value, expected: &str| {
        let name = if value.is_nil() { "nil" } else { value.type_name() };
        Error::new(format!(
            "interface conversion: interface {{}} is {name}, not {expected}"
        ))
    };
    let as_map = |value: &Value| match value {
        Value::Map(map) => Ok(map.clone()),
        other => Err(wrong(other, "map[string]interface {}")),
    };
    let mut map = as_map(map)?;
    let mut names = Vec::with_capacity(keys.len());
    for key in keys {
        let Value::String(name) = key else {
            return Err(wrong(key, "string"));
        };
        names.push(name);
    }
    let (last, steps) = names.split_last().ok_or_else(nil_dereference)?;
    for step in steps {
        let Some(next) = map.get(step) else {
            return Ok(default.clone());
        };
        map = as_map(&next)?;
    }
    Ok(map.get(last).unwrap_or_else(|| default.clone()))
}
