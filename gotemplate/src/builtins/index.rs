//! `index` and `slice`.

use super::type_behind;
use crate::{Error, Kind, List, Map, Str, Value};

/// `index x 1 "a"` is `x[1]["a"]`.
pub(super) fn index(arguments: &[Value]) -> Result<Value, Error> {
    let (item, indexes) = arguments.split_first().unwrap_or((&Value::Nil, &[]));
    if item.is_nil() {
        return Err(Error::new("index of untyped nil"));
    }
    let mut item = item.clone();
    for index in indexes {
        item = step(&item, index)?;
    }
    Ok(item)
}

fn step(item: &Value, index: &Value) -> Result<Value, Error> {
    let place = |length: usize| -> Result<usize, Error> {
        let place = position(index, length)?;
        if place < length {
            Ok(place)
        } else {
            Err(Error::new("reflect: slice index out of range"))
        }
    };
    match item {
        Value::Nil => Err(Error::new("index of nil pointer")),
        Value::List(list) => Ok(list[place(list.len())?].clone()),
        Value::Strings(strings) => Ok(Value::String(strings[place(strings.len())?].clone())),
        Value::Bytes(bytes) => Ok(Value::Uint8(bytes[place(bytes.len())?])),
        Value::String(text) => character(text, index),
        Value::Map(map) => entry(map, index),
        Value::StringMap(map) => Ok(Value::String(map.get(&*key(index)?).cloned().unwrap_or_default())),
        Value::Object(object) => match (object.as_map(), object.as_list(), object.as_string()) {
            (Some(map), _, _) => entry(&map, index),
            (_, Some(list), _) => Ok(list[place(list.len())?].clone()),
            (_, _, Some(text)) => character(&text, index),
            _ => Err(cannot("index", item)),
        },
        _ => Err(cannot("index", item)),
    }
}

fn character(text: &Str, index: &Value) -> Result<Value, Error> {
    let place = position(index, text.len())?;
    match text.get(place) {
        Some(byte) => Ok(Value::Uint8(*byte)),
        None => Err(Error::new("reflect: string index out of range")),
    }
}

fn entry(map: &Map, index: &Value) -> Result<Value, Error> {
    Ok(map.get(key(index)?).unwrap_or_default())
}

fn key(index: &Value) -> Result<Str, Error> {
    match index {
        Value::String(key) => Ok(key.clone()),
        Value::Nil => Err(Error::new("value is nil; should be of type string")),
        _ => Err(Error::new(format!(
            "value has type {}; should be string",
            index.type_name()
        ))),
    }
}

fn cannot(what: &str, item: &Value) -> Error {
    Error::new(format!("can't {what} item of type {}", type_behind(item)))
}

/// An index that may also stand just behind the last item.
fn position(index: &Value, most: usize) -> Result<usize, Error> {
    if index.is_nil() {
        return Err(Error::new("cannot index slice/array with nil"));
    }
    let Some(number) = index.as_int() else {
        let name = index.type_name();
        return Err(Error::new(format!("cannot index slice/array with type {name}")));
    };
    match usize::try_from(number) {
        Ok(place) if place <= most => Ok(place),
        _ => Err(Error::new(format!("index out of range: {number}"))),
    }
}

/// `slice x 1 2` is `x[1:2]`. Lists here have no capacity beyond their length.
pub(super) fn slice(arguments: &[Value]) -> Result<Value, Error> {
    let (item, indexes) = arguments.split_first().unwrap_or((&Value::Nil, &[]));
    if item.is_nil() {
        return Err(Error::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let text = item.kind() == Kind::String;
    if text && indexes.len() == 3 {
        return Err(Error::new("cannot 3-index slice a string"));
    }
    if !text && item.kind() != Kind::Slice {
        return Err(cannot("slice", item));
    }
    let length = item.length().unwrap_or(0);
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    for (low, high) in [(bounds[0], bounds[1]), (bounds[1], bounds[2])] {
        if low > high {
            return Err(Error::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    let within = bounds[0]..bounds[1];
    Ok(match item {
        Value::Strings(strings) => Value::Strings(strings[within].into()),
        Value::Bytes(bytes) => Value::Bytes(bytes[within].into()),
        _ => match (item.as_string(), item.as_list()) {
            (Some(text), _) => Value::String(Str::new(&text[within])),
            (_, list) => Value::List(List::from(list.unwrap_or_default()[within].to_vec())),
        },
    })
}
