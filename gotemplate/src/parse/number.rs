//! Number constants: all the values that one can stand for.

use super::tree::{Number, Span};
use super::unquote;
use crate::format::quote;
use crate::numeral;

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
    let uint = numeral::unsigned(text.as_bytes(), 0).ok();
    let int = numeral::signed(text.as_bytes(), 0).ok();
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

/// A float as Go reads one; out of range is none.
fn float(text: &str) -> Option<f64> {
    numeral::float(text.as_bytes()).filter(|value| value.is_finite())
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
