//! Go's `reflect.DeepEqual`.

use super::{List, Map, Str, Value};

/// Deeper values than this are compared by identity: only a cycle gets here.
const DEEPEST: u32 = 10_000;

/// Whether both have the same type and, through all their depth, the same content. NaN equals nothing.
pub fn deep_equal(a: &Value, b: &Value) -> bool {
    equal(a, b, 0)
}

/// The same for the fields of two objects of one type.
pub(crate) fn deep_equal_fields(a: &[(Str, Value)], b: &[(Str, Value)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && deep_equal(&a.1, &b.1))
}

#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal(a: &Value, b: &Value, depth: u32) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b))
        | (Value::Int64(a), Value::Int64(b))
        | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Int32(a), Value::Int32(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => equal_lists(a, b, depth),
        (Value::Strings(a), Value::Strings(b)) => a == b,
        (Value::Map(a), Value::Map(b)) => equal_maps(a, b, depth),
        (Value::StringMap(a), Value::StringMap(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Object(a), Value::Object(b)) => match (a.as_map(), b.as_map()) {
            _ if a.type_name() != b.type_name() => false,
            (Some(a), Some(b)) => equal_maps(&a, &b, depth),
            _ => a.equal(&**b),
        },
        _ => false,
    }
}

fn equal_lists(a: &List, b: &List, depth: u32) -> bool {
    a.same(b)
        || a.is_nil() == b.is_nil()
            && a.len() == b.len()
            && depth < DEEPEST
            && crate::stack::grow(|| a.iter().zip(b).all(|(a, b)| equal(a, b, depth + 1)))
}

fn equal_maps(a: &Map, b: &Map, depth: u32) -> bool {
    if a.same(b) {
        return true;
    }
    if a.is_nil() != b.is_nil() {
        return false;
    }
    let (a, b) = (a.read(), b.read());
    a.iter().len() == b.iter().len()
        && depth < DEEPEST
        && crate::stack::grow(|| {
            a.iter()
                .zip(b.iter())
                .all(|(a, b)| a.0 == b.0 && equal(a.1, b.1, depth + 1))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_count_and_so_does_the_content() {
        assert!(deep_equal(&1.into(), &1.into()));
        assert!(!deep_equal(&1.into(), &1.0.into()));
        assert!(!deep_equal(&f64::NAN.into(), &f64::NAN.into()));
        let map = |inner: &str| Value::Map(Map::from([("a", Map::from([("b", inner)]))]));
        assert!(deep_equal(&map("x"), &map("x")));
        assert!(!deep_equal(&map("x"), &map("y")));
    }

    #[test]
    fn two_cycles_are_compared_without_end_of_the_stack() {
        let cycle = || {
            let map = Map::new();
            map.insert("self", map.clone());
            map
        };
        assert!(!deep_equal(&cycle().into(), &cycle().into()));
    }
}
