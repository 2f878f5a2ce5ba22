//! Go's `reflect.DeepEqual`.

use super::{List, Map, Str, Value};

/// Deeper values than this are compared by identity: only a cycle gets here.
const DEEPEST: u32 = 10_000;

/// Whether both have the same type and, through all their depth, the same content. NaN equals nothing.
pub fn deep_equal(a: &Value, b: &Value) -> bool {
    equal_within(a, b, &mut { u64::MAX })
}

/// The same; each value looked at is a step, and when there are none left the answer means nothing.
pub(crate) fn equal_within(a: &Value, b: &Value, steps: &mut u64) -> bool {
    Comparison { steps, depth: 0 }.equal(a, b)
}

/// The same for the fields of two objects of one type.
pub(crate) fn deep_equal_fields(a: &[(Str, Value)], b: &[(Str, Value)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && deep_equal(&a.1, &b.1))
}

struct Comparison<'s> {
    steps: &'s mut u64,
    depth: u32,
}

impl Comparison<'_> {
    #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
    fn equal(&mut self, a: &Value, b: &Value) -> bool {
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
            (Value::String(a), Value::String(b)) => self.step(a.len() / 64) && a == b,
            (Value::Bytes(a), Value::Bytes(b)) => self.step(a.len() / 64) && a == b,
            (Value::List(a), Value::List(b)) => self.lists(a, b),
            (Value::Strings(a), Value::Strings(b)) => self.step(a.len()) && a == b,
            (Value::Map(a), Value::Map(b)) => self.maps(a, b),
            (Value::StringMap(a), Value::StringMap(b)) => self.step(a.len()) && a == b,
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => match (a.as_map(), b.as_map()) {
                _ if a.type_name() != b.type_name() => false,
                (Some(a), Some(b)) => self.maps(&a, &b),
                _ => self.step(1) && a.equal(&**b),
            },
            _ => false,
        }
    }

    fn step(&mut self, steps: usize) -> bool {
        *self.steps = self.steps.saturating_sub(1 + steps as u64);
        *self.steps > 0
    }

    fn lists(&mut self, a: &List, b: &List) -> bool {
        a.same(b)
            || a.is_nil() == b.is_nil()
                && a.len() == b.len()
                && self.within(a.len(), |inner| a.iter().zip(b).all(|(a, b)| inner.equal(a, b)))
    }

    fn maps(&mut self, a: &Map, b: &Map) -> bool {
        if a.same(b) {
            return true;
        }
        if a.is_nil() != b.is_nil() {
            return false;
        }
        let (a, b) = (a.read(), b.read());
        a.iter().len() == b.iter().len()
            && self.within(a.iter().len(), |inner| {
                a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| a.0 == b.0 && inner.equal(a.1, b.1))
            })
    }

    /// Compares what is inside.
    fn within(&mut self, count: usize, inside: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth >= DEEPEST || !self.step(count) {
            return false;
        }
        self.depth += 1;
        let equal = crate::stack::grow(|| inside(self));
        self.depth -= 1;
        equal
    }
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
    fn a_comparison_without_end_runs_out_of_steps() {
        let doubled = |value: Value| Value::List(vec![value.clone(), value].into());
        let (a, b) = (
            (0..40).fold(Value::Nil, |value, _| doubled(value)),
            (0..40).fold(Value::Nil, |value, _| doubled(value)),
        );
        let mut steps = 100_000;
        equal_within(&a, &b, &mut steps);
        assert_eq!(steps, 0);
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
