//! `eq ne lt le gt ge`.

use std::cmp::Ordering;

use crate::format;
use crate::{Error, Str, Value};

/// A value that can be compared by order or content.
enum Basic {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    String(Str),
}

impl Basic {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) | Value::Int64(value) | Value::Duration(value) => Self::Int(*value),
            Value::Int32(value) => Self::Int((*value).into()),
            Value::Uint8(value) => Self::Uint((*value).into()),
            Value::Uint64(value) => Self::Uint(*value),
            Value::Float(value) => Self::Float(*value),
            Value::String(value) => Self::String(value.clone()),
            Value::Object(object) => match (object.as_string(), object.as_int()) {
                (Some(text), _) => Self::String(text),
                (_, Some(number)) => Self::Int(number),
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// Whether the first argument equals any of the others.
#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
pub(super) fn equal(arguments: &[Value]) -> Result<bool, Error> {
    let Some((a, others)) = arguments.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err(Error::new("missing argument for comparison"));
    };
    for b in others {
        let same = match (Basic::of(a), Basic::of(b)) {
            (Some(Basic::Bool(a)), Some(Basic::Bool(b))) => a == b,
            (Some(Basic::Int(a)), Some(Basic::Int(b))) => a == b,
            (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a == b,
            (Some(Basic::Float(a)), Some(Basic::Float(b))) => a == b,
            (Some(Basic::String(a)), Some(Basic::String(b))) => a == b,
            (Some(Basic::Int(signed)), Some(Basic::Uint(unsigned)))
            | (Some(Basic::Uint(unsigned)), Some(Basic::Int(signed))) => {
                u64::try_from(signed) == Ok(unsigned)
            }
            (None, None) => equal_composites(a, b)?,
            _ if a.is_nil() || b.is_nil() => false,
            _ => return Err(incompatible(a, b)),
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Values that are no basic ones can hardly be compared, except with nil.
fn equal_composites(a: &Value, b: &Value) -> Result<bool, Error> {
    let has_one_kind = a.kind() == b.kind() || a.is_nil() || b.is_nil();
    if has_one_kind && (is_nil(a) || is_nil(b)) {
        return Ok(is_nil(a) && is_nil(b));
    }
    if !has_one_kind {
        let (shown_a, shown_b) = (format::text_under(a, 's'), format::text(b));
        let (type_a, type_b) = (a.type_name(), b.type_name());
        return Err(Error::new(format!(
            "non-comparable types {shown_a}: {type_a}, {type_b}: {shown_b}"
        )));
    }
    match (a, b) {
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Object(a), Value::Object(b)) if a.as_map().is_none() && a.as_list().is_none() => {
            Ok(a.equal(&**b))
        }
        _ => Err(Error::new(format!(
            "non-comparable type {}: {}",
            format::text_under(b, 's'),
            b.type_name()
        ))),
    }
}

/// Nil, or a list or map that is nil.
fn is_nil(value: &Value) -> bool {
    match value {
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        Value::Object(object) => {
            object.as_map().is_some_and(|map| map.is_nil())
                || object.as_list().is_some_and(|list| list.is_nil())
        }
        value => value.is_nil(),
    }
}

fn incompatible(a: &Value, b: &Value) -> Error {
    let (name_a, name_b) = (a.type_name(), b.type_name());
    Error::new(format!(
        "incompatible types for comparison: {name_a} and {name_b}"
    ))
    .showing(&[a, b])
}

fn order(arguments: &[Value]) -> Result<Option<Ordering>, Error> {
    let [a, b] = arguments else {
        return Err(Error::new("missing argument for comparison"));
    };
    let (Some(basic_a), Some(basic_b)) = (Basic::of(a), Basic::of(b)) else {
        return Err(Error::new("invalid type for comparison"));
    };
    match (basic_a, basic_b) {
        (Basic::Bool(_), Basic::Bool(_)) => Err(Error::new("invalid type for comparison")),
        (Basic::Int(a), Basic::Int(b)) => Ok(Some(a.cmp(&b))),
        (Basic::Uint(a), Basic::Uint(b)) => Ok(Some(a.cmp(&b))),
        (Basic::Float(a), Basic::Float(b)) => Ok(a.partial_cmp(&b)),
        (Basic::String(a), Basic::String(b)) => Ok(Some(a.cmp(&b))),
        (Basic::Int(a), Basic::Uint(b)) => Ok(Some(i128::from(a).cmp(&i128::from(b)))),
        (Basic::Uint(a), Basic::Int(b)) => Ok(Some(i128::from(a).cmp(&i128::from(b)))),
        _ => Err(incompatible(a, b)),
    }
}

pub(super) fn less(arguments: &[Value]) -> Result<bool, Error> {
    Ok(order(arguments)? == Some(Ordering::Less))
}

pub(super) fn less_or_equal(arguments: &[Value]) -> Result<bool, Error> {
    Ok(matches!(
        order(arguments)?,
        Some(Ordering::Less | Ordering::Equal)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Map};

    #[test]
    fn nil_lists_and_maps_equal_nil() {
        let (list, map) = (Value::List(List::default()), Value::Map(Map::nil()));
        assert!(equal(&[Value::Nil, map.clone()]).unwrap());
        assert!(equal(&[Value::Nil, list.clone()]).unwrap());
        assert!(!equal(&[Value::Nil, Map::new().into()]).unwrap());
        assert!(equal(&[list, map]).is_err());
    }
}
