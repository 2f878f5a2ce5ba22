//! How other values become numbers: the rules of the library that Sprig casts with, and of Go's `strconv`.

use crate::{Kind, Value};

/// The value as an `int` or `int64`; what is no number gives zero.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Int32(number) => i64::from(*number),
        Value::Uint8(number) => i64::from(*number),
        Value::Uint64(number) => number.cast_signed(),
        Value::Float(number) => truncate(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::String(text) => parse_int(without_zero_fraction(text), 0).unwrap_or(0),
        Value::Object(object) if object.kind() == Kind::Int => object.as_int().unwrap_or(0),
        _ => 0,
    }
}

/// The value as a `float64`; what is no number gives zero.
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Uint64(number) => *number as f64,
        Value::String(text) => parse_float(text).unwrap_or(0.0),
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

/// Why a text is no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntError {
    Syntax,
    /// It does not fit; this is the nearest that does.
    Range(i64),
}

/// Reads an integer to a base; to base 0 its prefix tells, and underscores may stand between digits.
pub(super) fn parse_int(text: &[u8], base: u32) -> Result<i64, IntError> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let (radix, body) = match (base, digits) {
        (0, [b'0', b'x' | b'X', body @ ..]) => (16, body),
        (0, [b'0', b'b' | b'B', body @ ..]) => (2, body),
        (0, [b'0', b'o' | b'O', body @ ..]) => (8, body),
        (0, [b'0', body @ ..]) if !body.is_empty() => (8, body),
        (0, _) => (10, digits),
        _ => (base, digits),
    };
    if body.is_empty() || (body.contains(&b'_') && (base != 0 || !underscores_allowed(digits))) {
        return Err(IntError::Syntax);
    }
    let mut magnitude = Some(0_u64);
    for &byte in body.iter().filter(|&&byte| byte != b'_') {
        let digit = char::from(byte).to_digit(radix).ok_or(IntError::Syntax)?;
        magnitude =
            magnitude.and_then(|value| value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit)));
    }
    let limit = if negative {
        IntError::Range(i64::MIN)
    } else {
        IntError::Range(i64::MAX)
    };
    match magnitude {
        Some(value) if negative => 0_i64.checked_sub_unsigned(value).ok_or(limit),
        Some(value) => i64::try_from(value).map_err(|_| limit),
        None => Err(limit),
    }
}

/// Underscores only stand between digits, or between a prefix and a digit.
fn underscores_allowed(digits: &[u8]) -> bool {
    let (hexadecimal, body, mut before) = match digits {
        [b'0', b'x' | b'X', body @ ..] => (true, body, true),
        [b'0', b'b' | b'B' | b'o' | b'O', body @ ..] => (false, body, true),
        _ => (false, digits, false),
    };
    let mut pending = false;
    for &byte in body {
        let digit = byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit();
        let misplaced = if byte == b'_' { !before } else { !digit && pending };
        if misplaced {
            return false;
        }
        pending = byte == b'_';
        before = digit;
    }
    !pending
}

/// Reads a number as Go's `ParseFloat` does; one that does not fit is refused.
pub fn parse_float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("nan") {
        return (unsigned.len() == text.len()).then_some(f64::NAN);
    }
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return text.parse().ok();
    }
    if text.contains('_') && !underscores_allowed(unsigned.as_bytes()) {
        return None;
    }
    let plain = text.replace('_', "");
    let parsed = match unsigned.get(..2) {
        Some("0x" | "0X") => hexadecimal_float(&plain)?,
        _ => plain.parse().ok()?,
    };
    f64::is_finite(parsed).then_some(parsed)
}

/// `0x1.8p3`
#[expect(
    clippy::cast_precision_loss,
    reason = "digits beyond those of a float are dropped"
)]
fn hexadecimal_float(text: &str) -> Option<f64> {
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1.0, body),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = body.get(2..)?.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent: i32 = exponent.parse().ok()?;
    let mut value = 0_u64;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = digit.to_digit(16)?;
        let behind_point = index >= whole.len();
        if value < 1 << 56 {
            value = value << 4 | u64::from(digit);
            exponent = exponent.saturating_sub(if behind_point { 4 } else { 0 });
        } else {
            exponent = exponent.saturating_add(if behind_point { 0 } else { 4 });
        }
    }
    // In two steps, so that a power below the least float does not make zero of it.
    let half = exponent / 2;
    Some(sign * value as f64 * 2_f64.powi(half) * 2_f64.powi(exponent - half))
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
