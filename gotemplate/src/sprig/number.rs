//! How other values become numbers: the rules of the library that Sprig casts with.

use crate::{Value, numeral};

/// The value as an `int` or `int64`; what is no number gives zero.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Float(number) => truncate(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::String(text) => numeral::signed(without_zero_fraction(text), 0).unwrap_or(0),
        Value::Duration(_) => 0,
        _ => value.as_int().unwrap_or(0),
    }
}

/// The value as a `float64`; what is no number gives zero.
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Uint64(number) => *number as f64,
        Value::String(text) => numeral::finite_float(text).unwrap_or(0.0),
        other => to_int(other) as f64,
    }
}

/// The integer part; what does not fit is the least integer there is, as the processors that Go runs on have it.
#[expect(clippy::cast_possible_truncation, reason = "checked")]
pub(super) fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// A text without the zeros behind its point, and without the point.
fn without_zero_fraction(text: &[u8]) -> &[u8] {
    let zeros = text.iter().rev().take_while(|&&byte| byte == b'0').count();
    match text.len().checked_sub(zeros + 1) {
        Some(point) if zeros > 0 && text[point] == b'.' => &text[..point],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_integers_by_their_prefix() {
        for (text, number) in [
            ("12", 12),
            ("-0x1F", -31),
            ("017", 15),
            ("0b11", 3),
            ("1_000", 1000),
            ("12.00", 12),
            ("12.", 0),
            ("08", 0),
            ("1.5", 0),
            ("", 0),
            ("9223372036854775808", 0),
        ] {
            assert_eq!(to_int(&text.into()), number, "{text}");
        }
        assert_eq!(to_int(&1e300.into()), i64::MIN);
        assert_eq!(to_int(&(-2.7).into()), -2);
    }

    #[test]
    fn texts_become_floats() {
        for (text, number) in [
            ("1.5e3", 1500.0),
            ("0x1.8p1", 3.0),
            ("1_0.5", 10.5),
            ("1e999", 0.0),
            ("x", 0.0),
            (".5", 0.5),
        ] {
            assert!((to_float(&text.into()) - number).abs() < f64::EPSILON, "{text}");
        }
    }
}
