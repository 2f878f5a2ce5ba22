//! Decimal numbers of any length: what Sprig calculates with where a result is a float.

use num_bigint::BigInt;
use num_bigint::Sign;

/// How many digits behind the point a quotient has.
const QUOTIENT_DIGITS: i64 = 16;

/// `digits · 10^exponent`
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads as this float; none for infinity and what is no number.
    pub(super) fn from_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let written = format!("{number:e}");
        let (mantissa, exponent) = written.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = if digits.sign() == Sign::NoSign {
            0
        } else {
            exponent
        };
        Some(Self { digits, exponent })
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent)
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// How much it is to calculate with.
    pub(super) fn words(&self) -> u64 {
        1 + self.digits.bits() / 64
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (left, right, exponent) = aligned(self, other);
        Self {
            digits: left + right,
            exponent,
        }
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        let (left, right, exponent) = aligned(self, other);
        Self {
            digits: left - right,
            exponent,
        }
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        Self {
            digits: &self.digits * &other.digits,
            exponent: self.exponent + other.exponent,
        }
    }

    /// The quotient, rounded half away from zero; none for a division by zero.
    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
        if other.digits.sign() == Sign::NoSign {
            return None;
        }
        let shift = self.exponent - other.exponent + QUOTIENT_DIGITS;
        let (numerator, denominator) = if shift < 0 {
            (self.digits.clone(), &other.digits * power_of_ten(-shift))
        } else {
            (&self.digits * power_of_ten(shift), other.digits.clone())
        };
        let (quotient, remainder) = (&numerator / &denominator, &numerator % &denominator);
        let rounds = remainder.magnitude() * 2_u32 >= *denominator.magnitude();
        let step = match (rounds, numerator.sign() == denominator.sign()) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => -1,
        };
        // Zero has no sign of its own, and no remainder either.
        Some(Self {
            digits: quotient + step,
            exponent: -QUOTIENT_DIGITS,
        })
    }
}

fn aligned(left: &Decimal, right: &Decimal) -> (BigInt, BigInt, i64) {
    let exponent = left.exponent.min(right.exponent);
    let scaled = |number: &Decimal| &number.digits * power_of_ten(number.exponent - exponent);
    (scaled(left), scaled(right), exponent)
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}
