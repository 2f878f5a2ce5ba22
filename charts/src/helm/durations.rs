//! Helm 4's functions on spans of time. A span is a `time.Duration`, a text such as `1h30m`, or a number of seconds.

use gotemplate::format::{quoted, text};
use gotemplate::numeral::finite_float;
use gotemplate::time::parse_duration;
use gotemplate::{Error, Function, Type, Value};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("mustToDuration", &[Type::Any], |_, given| {
        span(&given[0]).map(Value::Duration).map_err(Error::new)
    }),
    Function::new("durationSeconds", &[Type::Any], |_, given| {
        Ok(in_units(&given[0], SECOND).into())
    }),
    Function::new("durationMilliseconds", &[Type::Any], |_, given| {
        Ok(Value::Int64(lenient(&given[0]) / 1_000_000))
    }),
    Function::new("durationMicroseconds", &[Type::Any], |_, given| {
        Ok(Value::Int64(lenient(&given[0]) / 1_000))
    }),
    Function::new("durationNanoseconds", &[Type::Any], |_, given| {
        Ok(Value::Int64(lenient(&given[0])))
    }),
    Function::new("durationMinutes", &[Type::Any], |_, given| {
        Ok(in_units(&given[0], MINUTE).into())
    }),
    Function::new("durationHours", &[Type::Any], |_, given| {
        Ok(in_units(&given[0], HOUR).into())
    }),
    Function::new("durationDays", &[Type::Any], |_, given| {
        Ok((in_units(&given[0], HOUR) / 24.0).into())
    }),
    Function::new("durationWeeks", &[Type::Any], |_, given| {
        Ok((in_units(&given[0], HOUR) / 24.0 / 7.0).into())
    }),
    Function::new("durationRoundTo", &[Type::Any, Type::Any], |_, given| {
        Ok(to_multiple(given, rounded))
    }),
    Function::new("durationTruncateTo", &[Type::Any, Type::Any], |_, given| {
        Ok(to_multiple(given, |span, unit| span - span % unit))
    }),
];

/// The span in nanoseconds.
fn span(value: &Value) -> Result<i64, String> {
    match value {
        Value::Duration(span) => Ok(*span),
        Value::Nil => Err("invalid duration".to_owned()),
        Value::String(written) => {
            let trimmed = bstr::ByteSlice::trim(written.as_bytes());
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            parse_duration(trimmed).or_else(|_| match finite_float(trimmed) {
                Some(seconds) => of_float(seconds),
                None => Err(format!("could not parse duration {}", quoted(written))),
            })
        }
        Value::Int(seconds) | Value::Int64(seconds) => of_seconds((*seconds).into()),
        Value::Int32(seconds) => of_seconds((*seconds).into()),
        Value::Uint8(seconds) => of_seconds((*seconds).into()),
        Value::Uint64(seconds) => of_seconds((*seconds).into()),
        Value::Float(seconds) => of_float(*seconds),
        other => Err(format!("unsupported duration type {}", other.type_name())),
    }
}

fn of_seconds(seconds: i128) -> Result<i64, String> {
    let whole = i64::try_from(seconds).ok();
    whole
        .and_then(|seconds| seconds.checked_mul(SECOND))
        .ok_or_else(|| format!("duration seconds overflow: {seconds}"))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Go calculates with floats here"
)]
fn of_float(seconds: f64) -> Result<i64, String> {
    const LONGEST: f64 = i64::MAX as f64;
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", text(&seconds.into())));
    }
    if seconds.abs() > LONGEST / SECOND as f64 {
        return Err(format!("duration seconds overflow: {}", text(&seconds.into())));
    }
    Ok((seconds * SECOND as f64) as i64)
}

/// The span; what is none counts as no time at all.
fn lenient(value: &Value) -> i64 {
    span(value).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "Go's result is a float too")]
fn in_units(value: &Value, unit: i64) -> f64 {
    let span = lenient(value);
    (span / unit) as f64 + (span % unit) as f64 / unit as f64
}

/// The first span made a multiple of the second, if that is one to be multiplied.
fn to_multiple(given: &[Value], made: fn(i64, i64) -> i64) -> Value {
    let Ok(duration) = span(&given[0]) else {
        return Value::Duration(0);
    };
    let unit = span(&given[1]).ok().filter(|unit| *unit > 0);
    Value::Duration(unit.map_or(duration, |unit| made(duration, unit)))
}

/// The nearest multiple; what lies in the middle goes away from zero.
fn rounded(span: i64, unit: i64) -> i64 {
    let rest = span % unit;
    let whole = span - rest;
    if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
        whole
    } else {
        whole.saturating_add(unit * span.signum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_from_texts_and_numbers() {
        for (value, expected) in [
            (Value::from("1h30m"), Ok(90 * MINUTE)),
            (" 2.5 ".into(), Ok(2 * SECOND + SECOND / 2)),
            (3.into(), Ok(3 * SECOND)),
            (0.25.into(), Ok(SECOND / 4)),
            (Value::Duration(7), Ok(7)),
            ("".into(), Err("empty duration")),
            ("soon".into(), Err("could not parse duration \"soon\"")),
            (Value::Nil, Err("invalid duration")),
            (true.into(), Err("unsupported duration type bool")),
            (
                Value::Int64(i64::MAX),
                Err("duration seconds overflow: 9223372036854775807"),
            ),
            (1e300.into(), Err("duration seconds overflow: 1e+300")),
        ] {
            assert_eq!(span(&value), expected.map_err(str::to_owned), "{value:?}");
        }
    }

    #[test]
    fn spans_are_brought_to_multiples() {
        let rounded = |span: &str, unit: &str| match to_multiple(&[span.into(), unit.into()], rounded) {
            Value::Duration(span) => span,
            other => panic!("{other:?}"),
        };
        assert_eq!(rounded("2h29m", "1h"), 2 * HOUR);
        assert_eq!(rounded("2h30m", "1h"), 3 * HOUR);
        assert_eq!(rounded("-90s", "1m"), -2 * MINUTE);
        assert_eq!(rounded("90s", "nonsense"), 90 * SECOND);
        assert_eq!(rounded("90s", "0s"), 90 * SECOND);
        assert_eq!(rounded("nonsense", "1s"), 0);
        assert_eq!(rounded("9223372036854775807ns", "1h"), i64::MAX);
    }
}
