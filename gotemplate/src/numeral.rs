//! Numbers written as text, as Go's package strconv reads them.

/// Why a text is no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread<T> {
    /// It is written otherwise.
    Syntax,
    /// It does not fit; this is the nearest that does.
    Range(T),
}

/// Reads an unsigned integer to a base; to base 0 its prefix tells, and underscores may stand between digits.
pub fn unsigned(text: &[u8], base: u32) -> Result<u64, Unread<u64>> {
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'x' | b'X', digits @ ..]) if !digits.is_empty() => (16, digits),
        (0, [b'0', b'b' | b'B', digits @ ..]) if !digits.is_empty() => (2, digits),
        (0, [b'0', b'o' | b'O', digits @ ..]) if !digits.is_empty() => (8, digits),
        (0, [b'0', digits @ ..]) => (8, digits),
        (0, _) => (10, text),
        _ => (base, text),
    };
    if text.is_empty() {
        return Err(Unread::Syntax);
    }
    let mut value = 0_u64;
    for &byte in digits {
        if base == 0 && byte == b'_' {
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(Unread::Syntax)?;
        value = value
            .checked_mul(radix.into())
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or(Unread::Range(u64::MAX))?;
    }
    if base == 0 && !underscores_stand_well(text) {
        return Err(Unread::Syntax);
    }
    Ok(value)
}

/// Reads an integer that may have a sign.
pub fn signed(text: &[u8], base: u32) -> Result<i64, Unread<i64>> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let limit = Unread::Range(if negative { i64::MIN } else { i64::MAX });
    match unsigned(digits, base) {
        Ok(value) if negative => 0_i64.checked_sub_unsigned(value).ok_or(limit),
        Ok(value) => i64::try_from(value).map_err(|_| limit),
        Err(Unread::Range(_)) => Err(limit),
        Err(Unread::Syntax) => Err(Unread::Syntax),
    }
}

/// Underscores stand only between digits, or between a base prefix and a digit.
fn underscores_stand_well(text: &[u8]) -> bool {
    let text = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    let (hexadecimal, digits, mut behind_digit) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (true, digits, true),
        [b'0', b'b' | b'B' | b'o' | b'O', digits @ ..] => (false, digits, true),
        _ => (false, text, false),
    };
    let mut open = false;
    for &byte in digits {
        let digit = byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit();
        let misplaced = if byte == b'_' {
            !behind_digit
        } else {
            !digit && open
        };
        if misplaced {
            return false;
        }
        open = byte == b'_';
        behind_digit = digit;
    }
    !open
}

/// Reads a float; one that is too large is infinite, which is Go's `value out of range`.
pub fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("nan") {
        return (unsigned.len() == text.len()).then_some(f64::NAN);
    }
    if text.contains('_') && !underscores_stand_well(text.as_bytes()) {
        return None;
    }
    let plain = unsigned.replace('_', "");
    let magnitude = match plain.get(..2) {
        Some("0x" | "0X") => hexadecimal(&plain[2..])?,
        _ => plain.parse().ok().filter(|_| !plain.starts_with(['+', '-']))?,
    };
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

/// Reads a float as Go's `ParseFloat` does where an infinite one is only accepted by name.
pub fn finite_float(text: &[u8]) -> Option<f64> {
    let named = text
        .last()
        .is_some_and(|byte| matches!(byte, b'f' | b'F' | b'y' | b'Y'));
    float(text).filter(|value| named || !value.is_infinite())
}

/// `1.8p3`: hexadecimal digits and a power of two, rounded to the nearest float, halves to even.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent = self::power(power)?;
    let mut mantissa = 0_u64;
    for (place, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let room = mantissa >> 60 == 0;
        if room {
            mantissa = mantissa << 4 | digit;
        } else {
            // What no longer fits only tells that the float lies above.
            mantissa |= u64::from(digit != 0);
        }
        exponent += match (room, place < whole.len()) {
            (true, false) => -4,
            (false, true) => 4,
            _ => 0,
        };
    }
    Some(rounded(mantissa, exponent))
}

/// A decimal exponent; beyond the range of floats all are alike.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX).min(1 << 40);
    Some(if text.starts_with('-') { -size } else { size })
}

/// The float nearest to `mantissa · 2^exponent`.
#[expect(clippy::cast_precision_loss, reason = "what is converted has 53 bits at most")]
fn rounded(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift = mantissa.leading_zeros();
    let (mantissa, exponent) = (mantissa << shift, exponent - i64::from(shift));
    // The numbers below the smallest normal one have fewer bits than 53.
    let dropped = (-1074 - exponent).max(11);
    if dropped > 64 {
        return 0.0;
    }
    let mantissa = u128::from(mantissa);
    let (kept, rest) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1));
    let half = 1_u128 << (dropped - 1);
    let up = rest > half || rest == half && kept & 1 == 1;
    let power = i32::try_from(exponent + dropped).unwrap_or(i32::MAX / 2);
    let float = (kept + u128::from(up)) as f64;
    float * 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_by_their_prefix() {
        for (text, number) in [
            ("12", Ok(12)),
            ("-0x1F", Ok(-31)),
            ("017", Ok(15)),
            ("0b11", Ok(3)),
            ("0x_1F", Ok(31)),
            ("1_000", Ok(1000)),
            ("0", Ok(0)),
            ("08", Err(Unread::Syntax)),
            ("0x", Err(Unread::Syntax)),
            ("0_", Err(Unread::Syntax)),
            ("1__0", Err(Unread::Syntax)),
            ("", Err(Unread::Syntax)),
            ("-", Err(Unread::Syntax)),
            ("+-1", Err(Unread::Syntax)),
            ("9223372036854775808", Err(Unread::Range(i64::MAX))),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("-99999999999999999999x", Err(Unread::Range(i64::MIN))),
        ] {
            assert_eq!(signed(text.as_bytes(), 0), number, "{text}");
        }
        assert_eq!(signed(b"1_0", 10), Err(Unread::Syntax));
        assert_eq!(unsigned(b"18446744073709551615", 10), Ok(u64::MAX));
    }

    /// Each with the bits that `strconv.ParseFloat` gives.
    #[test]
    fn floats_are_rounded_as_in_go() {
        for (text, bits) in [
            ("1_0.5", Some(0x4025_0000_0000_0000)),
            ("0x_1p3", Some(0x4020_0000_0000_0000)),
            ("0x1p1_0", Some(0x4090_0000_0000_0000)),
            ("1.5e3_0", Some(0x4632_eec2_eb38_69af)),
            ("iNf", Some(0x7ff0_0000_0000_0000)),
            ("-Infinity", Some(0xfff0_0000_0000_0000)),
            ("+nan", None),
            ("infi", None),
            ("0x.8p1", Some(0x3ff0_0000_0000_0000)),
            ("0x8", None),
            ("1e-400", Some(0)),
            ("-0", Some(1 << 63)),
            ("0x1p-1074", Some(1)),
            ("0x1p-1075", Some(0)),
            ("0x1.8p-1074", Some(2)),
            ("0x1.8p-1075", Some(1)),
            (
                "0x1.0000000000000800000000000000000000001p0",
                Some(0x3ff0_0000_0000_0001),
            ),
            ("0x1.00000000000008p0", Some(0x3ff0_0000_0000_0000)),
            (
                "0x123456789012345678901234567890123456789p-100",
                Some(0x4332_3456_7890_1234),
            ),
            ("0x1p99999999999999999999", Some(0x7ff0_0000_0000_0000)),
            ("1e99999999999999999999", Some(0x7ff0_0000_0000_0000)),
            ("1e+", None),
            (".", None),
            ("", None),
            ("+-1", None),
            ("5.", Some(0x4014_0000_0000_0000)),
            ("1e_5", None),
            ("0x1p+-3", None),
            ("0xp3", None),
            ("0x_p1", None),
            ("0x1fffffffffffffp971", Some(0x7fef_ffff_ffff_ffff)),
            ("0x1.fffffffffffff8p1023", Some(0x7ff0_0000_0000_0000)),
            ("0x0p99999999999", Some(0)),
            ("0x1p", None),
        ] {
            assert_eq!(float(text.as_bytes()).map(f64::to_bits), bits, "{text}");
        }
        assert_eq!(finite_float(b"1e400"), None);
        assert_eq!(finite_float(b"inf"), Some(f64::INFINITY));
    }
}
