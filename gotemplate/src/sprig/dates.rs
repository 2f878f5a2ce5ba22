//! Functions on times and spans.

use std::rc::Rc;

use bstr::ByteSlice;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::arguments::{Arguments, text};
use crate::numeral::{self, Unread};
use crate::time::{duration_text, format, load_zone, parse, parse_duration};
use crate::{Call, Context, Error, Function, Time, Type, Value};

use Type::{Any, String as Text, Time as Moment};

const SECOND: i64 = 1_000_000_000;

const MODIFY: Call = |context, given| modify(context, given).or_else(|_| Ok(given[1].clone()));
const IN_ZONE: Call = |context, given| {
    let given = Arguments(given);
    write(context, given.text(0), given.value(1), given.text(2))
};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("now", &[], |context, _| Ok(Value::Time(Rc::new(context.now())))).volatile(),
    Function::new("date", &[Text, Any], |context, given| {
        write(context, Arguments(given).text(0), &given[1], b"Local")
    })
    .volatile(),
    Function::new("htmlDate", &[Any], |context, given| {
        write(context, b"2006-01-02", &given[0], b"Local")
    })
    .volatile(),
    Function::new("htmlDateInZone", &[Any, Text], |context, given| {
        write(context, b"2006-01-02", &given[0], Arguments(given).text(1))
    })
    .volatile(),
    Function::new("dateInZone", &[Text, Any, Text], IN_ZONE).volatile(),
    Function::new("date_in_zone", &[Text, Any, Text], IN_ZONE).volatile(),
    Function::new("dateModify", &[Text, Moment], MODIFY),
    Function::new("date_modify", &[Text, Moment], MODIFY),
    Function::new("mustDateModify", &[Text, Moment], modify),
    Function::new("must_date_modify", &[Text, Moment], modify),
    Function::new("toDate", &[Text, Text], |context, given| {
        to_date(context, given).or_else(|_| Ok(Value::Time(Rc::new(zero_time()))))
    }),
    Function::new("mustToDate", &[Text, Text], to_date),
    Function::new("unixEpoch", &[Moment], |_, given| match &given[0] {
        Value::Time(time) => Ok(seconds(time).to_string().into()),
        _ => Ok(Value::Nil),
    }),
    Function::new("ago", &[Any], |context, given| {
        let now = context.now();
        let span = match moment(&given[0]) {
            Some(moment) => since(&now, &moment),
            None => 0,
        };
        // Half a second is a second.
        let rounded = (i128::from(span) + i128::from(span.signum() * SECOND / 2)) / i128::from(SECOND);
        let span = i64::try_from(rounded * i128::from(SECOND)).unwrap_or(i64::MAX);
        text(context, duration_text(span))
    })
    .volatile(),
    Function::new("duration", &[Any], |context, given| {
        let seconds = match &given[0] {
            Value::String(digits) => match numeral::signed(digits, 10) {
                Ok(number) | Err(Unread::Range(number)) => number,
                Err(Unread::Syntax) => 0,
            },
            Value::Int64(number) => *number,
            _ => 0,
        };
        text(context, duration_text(seconds.wrapping_mul(SECOND)))
    }),
    Function::new("durationRound", &[Any], |context, given| {
        let span = match &given[0] {
            Value::String(span) => parse_duration(span).unwrap_or(0),
            Value::Int64(span) => *span,
            Value::Time(time) => since(&context.now(), &time.timestamp()),
            _ => 0,
        };
        text(context, largest_unit(span))
    })
    .volatile(),
];

/// Go's zero time.
fn zero_time() -> Time {
    jiff::civil::date(1, 1, 1)
        .to_zoned(TimeZone::UTC)
        .unwrap_or_else(|_| Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC))
}

/// Whole seconds since 1970, rounded down.
fn seconds(time: &Time) -> i64 {
    let timestamp = time.timestamp();
    timestamp.as_second() - i64::from(timestamp.subsec_nanosecond() < 0)
}

/// The moment that a time or a number of seconds means; anything else means now.
fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Time(time) => Some(time.timestamp()),
        Value::Int(seconds) | Value::Int64(seconds) => Timestamp::from_second(*seconds).ok(),
        Value::Int32(seconds) => Timestamp::from_second(i64::from(*seconds)).ok(),
        _ => None,
    }
}

/// The span from a moment until now, in nanoseconds; the longest there is where it does not fit.
fn since(now: &Time, moment: &Timestamp) -> i64 {
    let span = now.timestamp().as_nanosecond() - moment.as_nanosecond();
    i64::try_from(span).unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
}

fn write(context: &mut Context<'_>, layout: &[u8], time: &Value, zone: &[u8]) -> Result<Value, Error> {
    let now = context.now();
    let zone = load_zone(zone, now.time_zone()).unwrap_or(TimeZone::UTC);
    let moment = moment(time).unwrap_or_else(|| now.timestamp());
    context.allocate(layout.len() * 2)?;
    text(context, format(&moment.to_zoned(zone), layout))
}

fn modify(_: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let span = parse_duration(Arguments(given).text(0)).map_err(Error::new)?;
    let Value::Time(time) = &given[1] else {
        return Ok(Value::Nil);
    };
    let moved = time.checked_add(SignedDuration::from_nanos(span));
    moved
        .map(|time| Value::Time(Rc::new(time)))
        .map_err(|error| Error::new(error.to_string()))
}

fn to_date(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let now = context.now();
    let (layout, value) = (Arguments(given).text(0), Arguments(given).text(1));
    let time = parse(layout.as_bytes(), value, now.time_zone()).map_err(Error::new)?;
    Ok(Value::Time(Rc::new(time)))
}

/// The span in its largest unit, rounded down.
fn largest_unit(span: i64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (365 * 86_400, "y"),
        (30 * 86_400, "mo"),
        (86_400, "d"),
        (3_600, "h"),
        (60, "m"),
        (1, "s"),
    ];
    let span = span.unsigned_abs();
    let unit = UNITS.iter().find(|(seconds, _)| span > seconds * 1_000_000_000);
    unit.map_or_else(
        || "0s".to_owned(),
        |(seconds, name)| format!("{}{name}", span / (seconds * 1_000_000_000)),
    )
}
