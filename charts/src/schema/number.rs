//! Numbers of schemas: compared and divided exactly, shown with commas.

use std::cmp::Ordering;

use serde_json::Number;

/// A number as digits times a power of ten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: i128,
    exponent: i32,
    /// The same, for what the digits cannot hold.
    approximate: f64,
}

/// How far apart two exponents may be for exact arithmetic.
const MAX_SHIFT: u32 = 18;

impl Decimal {
    pub(super) fn new(number: &Number) -> Self {
        let text = number.to_string();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let scale = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        Self {
            digits: format!("{whole}{fraction}").parse().unwrap_or_default(),
            exponent: exponent.parse::<i32>().unwrap_or_default().saturating_sub(scale),
            approximate: number.as_f64().unwrap_or_default(),
        }
    }

    pub(super) fn is_integer(self) -> bool {
        self.exponent >= 0
            || 10_i128
                .checked_pow(self.exponent.unsigned_abs())
                .is_some_and(|divisor| self.digits % divisor == 0)
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((a, b)) => a.cmp(&b),
            None => self.approximate.total_cmp(&other.approximate),
        }
    }

    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        match self.aligned(other) {
            Some((_, 0)) => false,
            Some((a, b)) => a % b == 0,
            None => (self.approximate / other.approximate).fract() == 0.0,
        }
    }

    /// Both as integers of one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128)> {
        let lowest = self.exponent.min(other.exponent);
        let scaled = |number: Self| {
            let shift = u32::try_from(number.exponent - lowest).ok()?;
            let factor = 10_i128.checked_pow(shift).filter(|_| shift <= MAX_SHIFT)?;
            number.digits.checked_mul(factor)
        };
        Some((scaled(self)?, scaled(other)?))
    }
}

/// A bound as messages show it: `65,535`, `0.5`.
pub(crate) fn shown(number: &Number) -> String {
    let value = number.as_f64().unwrap_or_default();
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        return format!("{mantissa}×10{}", raised(exponent));
    }
    let text = format!("{value}");
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// An exponent of at least two digits, as it is set in print.
fn raised(exponent: i32) -> String {
    let sign = if exponent < 0 { "⁻" } else { "" };
    let digits = format!("{:02}", exponent.unsigned_abs());
    let raised = digits.chars().map(|digit| match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or_default()).unwrap_or(digit),
    });
    format!("{sign}{}", raised.collect::<String>())
}

/// Digits in groups of three.
pub(super) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn decimal(value: &Value) -> Decimal {
        Decimal::new(value.as_number().unwrap())
    }

    #[test]
    fn numbers_are_compared_and_divided_exactly() {
        assert!(decimal(&json!(0.3)).is_multiple_of(decimal(&json!(0.1))));
        assert!(!decimal(&json!(0.35)).is_multiple_of(decimal(&json!(0.1))));
        assert!(decimal(&json!(1.0)).is_integer());
        assert!(!decimal(&json!(1.5)).is_integer());
        assert!(decimal(&json!(1e300)).is_integer());
        assert_eq!(decimal(&json!(2)).compare(decimal(&json!(2.0))), Ordering::Equal);
        assert_eq!(
            decimal(&json!(1e300)).compare(decimal(&json!(1))),
            Ordering::Greater
        );
        assert_eq!(
            decimal(&json!(-1e-300)).compare(decimal(&json!(0))),
            Ordering::Less
        );
    }

    #[test]
    fn numbers_are_shown_with_commas() {
        for (value, text) in [
            (json!(65535), "65,535"),
            (json!(-123_456), "-123,456"),
            (json!(1_234_567.25), "1.23456725×10⁰⁶"),
            (json!(-1e21), "-1×10²¹"),
            (json!(0.000_012), "1.2×10⁻⁰⁵"),
            (json!(0.5), "0.5"),
            (json!(100), "100"),
        ] {
            assert_eq!(shown(value.as_number().unwrap()), text);
        }
    }
}
