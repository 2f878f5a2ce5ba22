//! What a plain scalar means: YAML 1.1's booleans, nulls and numbers, as Kubernetes tools know them.

use std::borrow::Cow;

use super::timestamp;

/// What a scalar's text means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// A number too large for [`Resolved::Int`].
    Uint(u64),
    Float(f64),
    /// Text that looks like a date; it stays text, but is quoted when written.
    Timestamp,
    Text,
}

impl Resolved {
    /// The name of the tag, as problems give it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Text => "!!str",
        }
    }
}

/// What a plain scalar without a tag means. Dates are told apart only if `dates` asks for it.
#[inline]
pub(super) fn resolve(text: &[u8], dates: bool) -> Resolved {
    match text.first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => match infinite(text) {
            Some(float) => Resolved::Float(float),
            None => point(text),
        },
        Some(b'0'..=b'9' | b'+' | b'-') => number(text, dates),
        _ => Resolved::Text,
    }
}

fn word(text: &[u8]) -> Resolved {
    match text {
        b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"true" | b"True" | b"TRUE" | b"on" | b"On" | b"ON" => {
            Resolved::Bool(true)
        }
        b"n" | b"N" | b"no" | b"No" | b"NO" | b"false" | b"False" | b"FALSE" | b"off" | b"Off" | b"OFF" => {
            Resolved::Bool(false)
        }
        b"~" | b"null" | b"Null" | b"NULL" => Resolved::Null,
        _ => Resolved::Text,
    }
}

fn infinite(text: &[u8]) -> Option<f64> {
    match text {
        b".nan" | b".NaN" | b".NAN" => Some(f64::NAN),
        b".inf" | b".Inf" | b".INF" | b"+.inf" | b"+.Inf" | b"+.INF" => Some(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A fraction that begins with its point; underscores may stand between digits only.
fn point(text: &[u8]) -> Resolved {
    if !text.contains(&b'_') {
        return float(text);
    }
    let between = text.iter().enumerate().all(|(at, &byte)| {
        let digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
        byte != b'_' || digit(at.checked_sub(1)) && digit(Some(at + 1))
    });
    if between {
        float(&without_underscores(text))
    } else {
        Resolved::Text
    }
}

fn without_underscores(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|&byte| byte != b'_').collect()
}

fn number(text: &[u8], dates: bool) -> Resolved {
    if dates && timestamp::is_timestamp(text) {
        return Resolved::Timestamp;
    }
    if let Some(float) = infinite(text) {
        return Resolved::Float(float);
    }
    let text: Cow<'_, [u8]> = if text.contains(&b'_') {
        without_underscores(text).into()
    } else {
        text.into()
    };
    if let Some(integer) = integer(&text) {
        return integer;
    }
    match float(&text) {
        Resolved::Text => late_binary(&text),
        float => float,
    }
}

/// An integer in decimal, or with the prefix of another base; a leading zero means octal.
fn integer(text: &[u8]) -> Option<Resolved> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (Some(true), rest),
        [b'+', rest @ ..] => (Some(false), rest),
        _ => (None, text),
    };
    let negative = sign == Some(true);
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    };
    let magnitude = magnitude(digits, base)?;
    match i64::try_from(magnitude) {
        Ok(value) if negative => Some(Resolved::Int(-value)),
        Ok(value) => Some(Resolved::Int(value)),
        Err(_) if negative && magnitude == 1 << 63 => Some(Resolved::Int(i64::MIN)),
        Err(_) if sign.is_none() => Some(Resolved::Uint(magnitude)),
        Err(_) => None,
    }
}

fn magnitude(digits: &[u8], base: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, &byte| {
        let digit = char::from(byte).to_digit(base)?;
        value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))
    })
}

/// `0b` with a sign behind the prefix is a number too.
fn late_binary(text: &[u8]) -> Resolved {
    let (outer, digits) = match text {
        [b'0', b'b', rest @ ..] => ("", rest),
        [b'-', b'0', b'b', rest @ ..] => ("-", rest),
        _ => return Resolved::Text,
    };
    let value = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| i64::from_str_radix(&format!("{outer}{digits}"), 2).ok());
    value.map_or(Resolved::Text, Resolved::Int)
}

/// A decimal fraction or a number with an exponent; one out of range stays text.
fn float(text: &[u8]) -> Resolved {
    if !is_float(text) {
        return Resolved::Text;
    }
    match std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
    {
        Some(float) if float.is_finite() => Resolved::Float(float),
        _ => Resolved::Text,
    }
}

fn is_float(text: &[u8]) -> bool {
    let text = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    let (whole, rest) = split_digits(text);
    let rest = match rest {
        [b'.', rest @ ..] => {
            let (fraction, rest) = split_digits(rest);
            if whole.is_empty() && fraction.is_empty() {
                return false;
            }
            rest
        }
        _ if whole.is_empty() => return false,
        rest => rest,
    };
    let exponent = match rest {
        [] => return true,
        [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => rest,
        _ => return false,
    };
    !exponent.is_empty() && exponent.iter().all(u8::is_ascii_digit)
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// Whether text is a number of base 60 in YAML 1.1. It is read as text, but quoted when written.
pub(super) fn is_base60(text: &[u8]) -> bool {
    let unsigned = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    let mut parts = unsigned.split(|&byte| byte == b':');
    let first = parts.next().unwrap_or_default();
    if !first.first().is_some_and(u8::is_ascii_digit)
        || !first.iter().all(|&byte| is_digit_or_underscore(byte))
    {
        return false;
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return false;
    }
    while let Some(part) = parts.next() {
        let part = match part.iter().position(|&byte| byte == b'.') {
            Some(dot)
                if parts.peek().is_none()
                    && part[dot + 1..].iter().all(|&byte| is_digit_or_underscore(byte)) =>
            {
                &part[..dot]
            }
            Some(_) => return false,
            None => part,
        };
        if !matches!(part, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']) {
            return false;
        }
    }
    true
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::Resolved::{Bool, Float, Int, Null, Text, Timestamp, Uint};
    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_1_says() {
        let cases: &[(&str, Resolved)] = &[
            ("", Null),
            ("~", Null),
            ("Null", Null),
            ("nULL", Text),
            ("yes", Bool(true)),
            ("Y", Bool(true)),
            ("off", Bool(false)),
            ("0755", Int(493)),
            ("0o17", Int(15)),
            ("0x1F", Int(31)),
            ("-0x1F", Int(-31)),
            ("0b101", Int(5)),
            ("0b-1", Int(-1)),
            ("1_000", Int(1000)),
            ("08", Float(8.0)),
            ("+1", Int(1)),
            ("-9223372036854775808", Int(i64::MIN)),
            ("18446744073709551615", Uint(u64::MAX)),
            ("+18446744073709551615", Float(18_446_744_073_709_551_615.0)),
            ("1e3", Float(1000.0)),
            ("1.", Float(1.0)),
            (".5", Float(0.5)),
            ("-.5E-1", Float(-0.05)),
            ("1e400", Text),
            (".", Text),
            (".5_0", Float(0.5)),
            ("._5", Text),
            ("1.2.3", Text),
            ("500m", Text),
            ("12:30", Text),
            ("<<", Text),
            ("2001-01-01", Timestamp),
            ("-.inf", Float(f64::NEG_INFINITY)),
            ("-", Text),
            ("+", Text),
            ("0x", Text),
        ];
        for (text, expected) in cases {
            assert_eq!(resolve(text.as_bytes(), true), *expected, "{text}");
        }
        assert_eq!(resolve(b"2001-01-01", false), Text);
    }

    #[test]
    fn numbers_of_base_60_are_known() {
        for text in ["12:30", "1:5", "-1_2:59:00", "1:30.5", "1:30._"] {
            assert!(is_base60(text.as_bytes()), "{text}");
        }
        for text in ["1", "1:60", "a:1", ":1", "1:", "1:1.5:2", "1:100"] {
            assert!(!is_base60(text.as_bytes()), "{text}");
        }
    }
}
