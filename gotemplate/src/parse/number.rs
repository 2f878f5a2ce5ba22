//! Number constants: all the values that one can stand for.

use super::tree::{Number, Span};
use super::unquote;
use crate::format::quote;

/// What a number token says. The error is Go's.
pub(super) fn parse(text: &[u8], written: Span) -> Result<Number, String> {
    let Some(text) = std::str::from_utf8(text).ok() else {
        return Err(format!("illegal number syntax: {}", quote::quoted(text)));
    };
    if let Some(imaginary) = text.strip_suffix('i')
        && let Some(value) = float(imaginary)
    {
        return if value == 0.0 {
            Ok(real(0.0, written))
        } else {
            Err(no_complex(text))
        };
    }
    let (uint, int) = (unsigned(text), signed(text));
    let mut number = Number {
        int,
        uint,
        float: None,
        looks_float: looks_float(text),
        written,
    };
    if int == Some(0) {
        number.uint = Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "Go rounds here as well")]
    match (int, uint) {
        (Some(int), _) => number.float = Some(int as f64),
        (None, Some(uint)) => number.float = Some(uint as f64),
        (None, None) => {
            let value = float(text).ok_or_else(|| format!("illegal number syntax: {text:?}"))?;
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {text:?}"));
            }
            number = Number {
                looks_float: number.looks_float,
                ..real(value, written)
            };
        }
    }
    Ok(number)
}

/// A character constant is an integer.
pub(super) fn character(text: &[u8], written: Span) -> Result<Number, String> {
    let inside = text.get(1..).unwrap_or_default();
    let (unit, rest) = unquote::unit(inside, b'\'').ok_or("invalid syntax")?;
    if rest != b"'" {
        return Err(format!(
            "malformed character constant: {}",
            String::from_utf8_lossy(text)
        ));
    }
    let value = unit.value();
    Ok(Number {
        int: Some(value.into()),
        uint: Some(value.into()),
        float: Some(value.into()),
        looks_float: false,
        written,
    })
}

/// `1+2i`: only those without an imaginary part are numbers here.
pub(super) fn complex(text: &[u8], written: Span) -> Result<Number, String> {
    let text = String::from_utf8_lossy(text);
    let split = text.rfind(['+', '-']).unwrap_or(0);
    let (re, im) = text.split_at(split);
    match (float(re), im.strip_suffix('i').and_then(float)) {
        (Some(re), Some(0.0)) => Ok(real(re, written)),
        (Some(_), Some(_)) => Err(no_complex(&text)),
        _ => Err("syntax error scanning complex number".to_owned()),
    }
}

fn no_complex(text: &str) -> String {
    format!("complex numbers are not supported: {text:?}")
}

/// A float, which is an integer as well when it is whole and fits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges are checked"
)]
fn real(value: f64, written: Span) -> Number {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    let whole = value.fract() == 0.0;
    Number {
        int: (whole && (-TWO_63..TWO_63).contains(&value)).then_some(value as i64),
        uint: (whole && (0.0..2.0 * TWO_63).contains(&value)).then_some(value as u64),
        float: Some(value),
        looks_float: false,
        written,
    }
}

fn looks_float(text: &str) -> bool {
    let hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X"));
    let hex_integer = hex && !text.contains(['p', 'P']);
    !hex_integer && text.contains(['.', 'e', 'E', 'p', 'P'])
}

/// The base that a prefix names, and the digits behind it.
fn based(text: &str) -> (u32, &str) {
    let bytes = text.as_bytes();
    match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    }
}

fn unsigned(text: &str) -> Option<u64> {
    if !underscores_stand_well(text) {
        return None;
    }
    let (base, digits) = based(text);
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits, base).ok()
}

fn signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = i128::from(unsigned(digits)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Underscores stand only between digits or behind a base prefix.
fn underscores_stand_well(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !text.contains('_') {
        return true;
    }
    let prefixed = matches!(
        text.as_bytes(),
        [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]
    );
    let hex = matches!(text.as_bytes(), [b'0', b'x' | b'X', ..]);
    let mut before = if prefixed { b'0' } else { b'^' };
    for &byte in &text.as_bytes()[if prefixed { 2 } else { 0 }..] {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        match (digit, byte) {
            (true, _) => before = b'0',
            (false, b'_') if before == b'0' => before = b'_',
            (false, b'_') => return false,
            (false, _) if before == b'_' => return false,
            (false, _) => before = b'!',
        }
    }
    before != b'_'
}

/// A float as Go reads one; out of range is none.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if text.contains('_') && !(underscores_stand_well(text) && unsigned.starts_with("0x")) {
        return None;
    }
    let value = if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        let value = hex_float(&unsigned[2..].replace('_', ""))?;
        if text.starts_with('-') { -value } else { value }
    } else if unsigned
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        text.parse().ok()?
    } else {
        return None;
    };
    value.is_finite().then_some(value)
}

/// `1.8p3`: hexadecimal digits and a power of two.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let mut exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.len() + fraction.len();
    if digits == 0 || digits > 30 {
        return None;
    }
    exponent = exponent.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    let bits = u128::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is what is asked for"
    )]
    let value = bits as f64;
    let half = exponent / 2;
    Some(value * 2f64.powi(half) * 2f64.powi(exponent - half))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Number, String> {
        parse(text.as_bytes(), Span { start: 0, end: 0 })
    }

    #[test]
    fn integers_of_all_bases_are_read() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("0755", 493),
            ("0o17", 15),
            ("0x_1F", 31),
            ("-0b101", -5),
            ("1_000", 1000),
            ("+7", 7),
        ] {
            let number = read(text).unwrap();
            assert_eq!(number.int, Some(value), "{text}");
            assert!(!number.looks_float, "{text}");
        }
    }

    #[test]
    fn floats_that_are_whole_are_integers_too() {
        let number = read("1e3").unwrap();
        assert_eq!(
            (number.int, number.float, number.looks_float),
            (Some(1000), Some(1000.0), true)
        );
        let number = read("1.5").unwrap();
        assert_eq!((number.int, number.float), (None, Some(1.5)));
        assert_eq!(read("0x1p-2").unwrap().float, Some(0.25));
    }

    #[test]
    fn what_is_no_number_is_refused_in_go_s_words() {
        assert_eq!(read("089").unwrap_err(), "integer overflow: \"089\"");
        assert_eq!(read("1__0").unwrap_err(), "illegal number syntax: \"1__0\"");
        assert_eq!(
            read("18446744073709551616").unwrap_err(),
            "integer overflow: \"18446744073709551616\""
        );
        assert_eq!(read("1e400").unwrap_err(), "illegal number syntax: \"1e400\"");
    }
}
