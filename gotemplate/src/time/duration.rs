//! Spans of time: `1h2m3.5s`.

use super::quoted;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// One more than the longest span there is.
const LIMIT: u64 = 1 << 63;

/// Reads a span, in nanoseconds.
pub fn parse_duration(text: &[u8]) -> Result<i64, String> {
    let invalid = |what: &str| format!("time: {what} {}", quoted(text));
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid("invalid duration"));
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (part, after) = part(rest).map_err(|problem| match problem {
            Problem::Invalid => invalid("invalid duration"),
            Problem::NoUnit => invalid("missing unit in duration"),
            Problem::Unit(unit) => invalid(&format!("unknown unit {} in duration", quoted(&unit))),
        })?;
        total = total
            .checked_add(part)
            .filter(|&total| total <= LIMIT)
            .ok_or_else(|| invalid("invalid duration"))?;
        rest = after;
    }
    match i64::try_from(total) {
        Ok(total) if negative => Ok(-total),
        Ok(total) => Ok(total),
        Err(_) if negative => Ok(i64::MIN),
        Err(_) => Err(invalid("invalid duration")),
    }
}

enum Problem {
    Invalid,
    NoUnit,
    Unit(Vec<u8>),
}

/// One number with its unit.
fn part(text: &[u8]) -> Result<(u64, &[u8]), Problem> {
    let (whole, after) = split(text, |byte| byte.is_ascii_digit());
    let (fraction, after) = match after {
        [b'.', after @ ..] => split(after, |byte| byte.is_ascii_digit()),
        _ => (&b""[..], after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(Problem::Invalid);
    }
    let value = number(whole).ok_or(Problem::Invalid)?;
    let (unit, after) = split(after, |byte| byte != b'.' && !byte.is_ascii_digit());
    if unit.is_empty() {
        return Err(Problem::NoUnit);
    }
    let scale = UNITS
        .iter()
        .find_map(|(name, scale)| (name.as_bytes() == unit).then_some(*scale))
        .ok_or_else(|| Problem::Unit(unit.to_vec()))?;
    if value > LIMIT / scale {
        return Err(Problem::Invalid);
    }
    let value = value * scale + fraction_of(fraction, scale);
    if value > LIMIT {
        Err(Problem::Invalid)
    } else {
        Ok((value, after))
    }
}

fn split(text: &[u8], wanted: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().position(|&byte| !wanted(byte)).unwrap_or(text.len());
    text.split_at(length)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, &digit| {
        let value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        (value <= LIMIT).then_some(value)
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as Go rounds"
)]
fn fraction_of(digits: &[u8], unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for &digit in digits {
        // What no longer fits is too small to count.
        let Some(next) = (value <= (LIMIT - 1) / 10).then(|| value * 10 + u64::from(digit - b'0')) else {
            break;
        };
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// What Go prints for a span: the largest unit first, parts of a second with their own.
pub fn duration_text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    let small = match all {
        0 => Some("0s".to_owned()),
        1..1_000 => Some(format!("{all}ns")),
        1_000..1_000_000 => Some(decimal(all, 1_000, "µs")),
        1_000_000..1_000_000_000 => Some(decimal(all, 1_000_000, "ms")),
        _ => None,
    };
    if let Some(small) = small {
        return format!("{sign}{small}");
    }
    let seconds = decimal(all % 60_000_000_000, 1_000_000_000, "s");
    match (all / 3_600_000_000_000, all / 60_000_000_000 % 60) {
        (0, 0) => format!("{sign}{seconds}"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
    }
}

fn decimal(value: u64, unit: u64, name: &str) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", value % unit);
    match fraction.trim_end_matches('0') {
        "" => format!("{}{name}", value / unit),
        fraction => format!("{}.{fraction}{name}", value / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, nanoseconds, written) in [
            ("1h15m30.918s", 4_530_918_000_000, "1h15m30.918s"),
            ("-1.5h", -5_400_000_000_000, "-1h30m0s"),
            ("0", 0, "0s"),
            (".5ms", 500_000, "500µs"),
            ("1us", 1_000, "1µs"),
            ("1.5µs", 1_500, "1.5µs"),
            ("59.000000001s", 59_000_000_001, "59.000000001s"),
            ("5h0m7.001s", 18_007_001_000_000, "5h0m7.001s"),
            ("-9223372036854775808ns", i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(parse_duration(text.as_bytes()), Ok(nanoseconds), "{text}");
            assert_eq!(duration_text(nanoseconds), written);
        }
    }

    #[test]
    fn other_texts_are_refused_in_gos_words() {
        for (text, error) in [
            ("", "time: invalid duration \"\""),
            ("3", "time: missing unit in duration \"3\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            (".s", "time: invalid duration \".s\""),
            (
                "9223372036854775808ns",
                "time: invalid duration \"9223372036854775808ns\"",
            ),
        ] {
            assert_eq!(parse_duration(text.as_bytes()).unwrap_err(), error);
        }
    }
}
