//! Floats, as Go's package strconv writes them.

use std::fmt::Write as _;

/// Significant decimal digits without zeros at the end, and where the point stands: `0.digits × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// No float has more significant digits than this; what is asked beyond are zeros.
const MOST_DIGITS: usize = 1_100;

/// With the verb e, E, f, g, G, x, X or b, and a sign only if negative.
pub(super) fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return if sign.is_empty() {
            "+Inf".to_owned()
        } else {
            "-Inf".to_owned()
        };
    }
    let magnitude = value.abs();
    let text = match verb {
        'f' => fixed(magnitude, precision),
        'e' | 'E' => {
            let decimal = Decimal::of(magnitude, precision.map(|precision| precision + 1));
            let precision = precision.unwrap_or(decimal.digits.len().saturating_sub(1));
            decimal.exponential(precision, verb)
        }
        'g' | 'G' => general(magnitude, precision, if verb == 'g' { 'e' } else { 'E' }),
        'b' => binary(magnitude),
        _ => hexadecimal(magnitude, precision, verb),
    };
    format!("{sign}{text}")
}

fn fixed(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        return format!("{value}");
    };
    let mut text = format!("{value:.*}", precision.min(MOST_DIGITS));
    text.extend(std::iter::repeat_n('0', precision.saturating_sub(MOST_DIGITS)));
    text
}

fn general(value: f64, precision: Option<usize>, letter: char) -> String {
    let asked = precision.map(|precision| precision.max(1));
    let decimal = Decimal::of(value, asked);
    let count = decimal.digits.len();
    let point = decimal.point;
    let mut precision = asked.unwrap_or(count);
    let reaches = |digits: usize| i32::try_from(digits).unwrap_or(i32::MAX);
    let threshold = match asked {
        None => 6,
        Some(asked) if asked > count && reaches(count) >= point => reaches(count),
        Some(asked) => reaches(asked),
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= threshold {
        precision = precision.min(count);
        return decimal.exponential(precision.saturating_sub(1), letter);
    }
    if reaches(precision) > point {
        precision = count;
    }
    decimal.plain(usize::try_from(reaches(precision) - point).unwrap_or(0))
}

impl Decimal {
    fn of(value: f64, digits: Option<usize>) -> Self {
        if value == 0.0 {
            return Self {
                digits: Vec::new(),
                point: 0,
            };
        }
        let text = match digits {
            Some(digits) => format!("{value:.*e}", digits.clamp(1, MOST_DIGITS) - 1),
            None => format!("{value:e}"),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Self {
            digits,
            point: exponent.parse::<i32>().unwrap_or(0) + 1,
        }
    }

    fn digit(&self, place: usize) -> char {
        self.digits.get(place).map_or('0', |&digit| char::from(digit))
    }

    fn exponential(&self, precision: usize, letter: char) -> String {
        let mut text = String::from(self.digit(0));
        if precision > 0 {
            text.push('.');
            text.extend((1..=precision).map(|place| self.digit(place)));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(text, "{letter}{sign}{:02}", exponent.abs());
        text
    }

    fn plain(&self, precision: usize) -> String {
        let mut text = String::new();
        match usize::try_from(self.point) {
            Ok(whole) if whole > 0 => text.extend((0..whole).map(|place| self.digit(place))),
            _ => text.push('0'),
        }
        if precision > 0 {
            text.push('.');
            let places = 0..i32::try_from(precision).unwrap_or(i32::MAX);
            text.extend(
                places
                    .map(|place| usize::try_from(self.point + place).map_or('0', |place| self.digit(place))),
            );
        }
        text
    }
}

/// Mantissa and power of two.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent - 1075)
    }
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{exponent:+}")
}

fn hexadecimal(value: f64, precision: Option<usize>, letter: char) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // One digit before the point, fifteen behind it.
        let shift = mantissa.leading_zeros() - 3;
        exponent = exponent - i32::try_from(shift).unwrap_or(0) + 60;
        mantissa <<= shift;
    }
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let cut = 60 - 4 * precision;
        let (kept, rest) = (mantissa >> cut, mantissa & ((1 << cut) - 1));
        let half = 1 << (cut - 1);
        let up = rest > half || rest == half && kept & 1 == 1;
        mantissa = (kept + u64::from(up)) << cut;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        Some(precision) if precision <= 15 => fraction.truncate(precision),
        Some(precision) => fraction.extend(std::iter::repeat_n('0', precision - 15)),
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!(
        "0x{:x}{dot}{fraction}p{sign}{:02}",
        mantissa >> 60,
        exponent.abs()
    );
    if letter == 'X' { text.to_uppercase() } else { text }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn floats_read_as_in_go() {
        for (value, verb, precision, expected) in [
            (1e6, 'g', None, "1e+06"),
            (123_456.0, 'g', None, "123456"),
            (1_234_567.0, 'g', None, "1.234567e+06"),
            (0.0001, 'g', None, "0.0001"),
            (0.00001, 'g', None, "1e-05"),
            (0.0, 'g', None, "0"),
            (-0.0, 'g', None, "-0"),
            (1000.0, 'g', Some(3), "1e+03"),
            (100.0, 'g', Some(3), "100"),
            (1.5, 'e', None, "1.5e+00"),
            (0.0, 'e', Some(2), "0.00e+00"),
            (2.5, 'f', Some(0), "2"),
            (1.0, 'f', Some(3), "1.000"),
            (1.5, 'x', None, "0x1.8p+00"),
            (1.0, 'b', None, "4503599627370496p-52"),
            (1.999, 'x', Some(1), "0x1.0p+01"),
        ] {
            assert_eq!(
                format(value, verb, precision),
                expected,
                "{value} {verb} {precision:?}"
            );
        }
    }
}
