//! Floats as text: the forms of JSON and of YAML in Go.

use std::fmt::LowerExp;

/// Digits and the place of the point: `0.d₁d₂… × 10^point`.
struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

impl Decimal {
    /// The shortest digits that read back as the same float.
    fn new(float: impl LowerExp) -> Self {
        let text = format!("{float:e}");
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text.as_str()),
        };
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        Self {
            negative,
            digits: digits.chars().filter(|&digit| digit != '.').collect(),
            point: exponent + 1,
        }
    }

    /// `d.ddde±dd`, the exponent with at least `width` digits.
    fn exponential(&self, width: usize) -> String {
        let (first, rest) = self.digits.split_at(1);
        let exponent = if self.digits == "0" { 0 } else { self.point - 1 };
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!(
            "{}{first}{point}{rest}e{sign}{:0width$}",
            self.sign(),
            exponent.abs()
        )
    }

    /// All digits written out.
    fn positional(&self) -> String {
        let length = i32::try_from(self.digits.len()).unwrap_or(i32::MAX);
        let pad = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
        let digits = if self.point <= 0 {
            format!("0.{}{}", pad(-self.point), self.digits)
        } else if self.point >= length {
            format!("{}{}", self.digits, pad(self.point - length))
        } else {
            let (whole, fraction) = self.digits.split_at(usize::try_from(self.point).unwrap_or(0));
            format!("{whole}.{fraction}")
        };
        format!("{}{digits}", self.sign())
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    fn general(&self) -> String {
        let exponent = self.point - 1;
        if self.digits != "0" && !(-4..6).contains(&exponent) {
            self.exponential(2)
        } else {
            self.positional()
        }
    }
}

/// JSON's form: exponents only for the very large and the very small. Not for infinities.
pub fn json(float: f64) -> String {
    let decimal = Decimal::new(float);
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        decimal.exponential(1)
    } else {
        decimal.positional()
    }
}

/// YAML's form: exponents from a million on.
pub fn yaml(float: f64) -> String {
    special(float).map_or_else(|| Decimal::new(float).general(), str::to_owned)
}

/// YAML's form of a float's value in single precision, which keys are written in.
#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is what is wanted"
)]
pub fn yaml_single(float: f64) -> String {
    let single = float as f32;
    special(f64::from(single)).map_or_else(|| Decimal::new(single).general(), str::to_owned)
}

fn special(float: f64) -> Option<&'static str> {
    if float.is_nan() {
        Some(".nan")
    } else if float.is_infinite() {
        Some(if float > 0.0 { ".inf" } else { "-.inf" })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_writes_whole_numbers_out() {
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1e6, "1000000"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.1, "0.1"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (-2.5e-10, "-2.5e-10"),
        ] {
            assert_eq!(json(float), text);
        }
    }

    #[test]
    fn yaml_writes_exponents_from_a_million_on() {
        for (float, text) in [
            (1.5, "1.5"),
            (123_456.75, "123456.75"),
            (2_097_152.5, "2.0971525e+06"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (f64::NEG_INFINITY, "-.inf"),
        ] {
            assert_eq!(yaml(float), text);
        }
        assert_eq!(yaml_single(1.1), "1.1");
        assert_eq!(yaml_single(1e40), ".inf");
    }
}
