//! The methods of the time types. Each gets the time or duration itself as its first argument.

use std::rc::Rc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use crate::time::{duration_text, format, month_name, text, weekday_name};
use crate::{Context, Error, Function, Kind, Object, Str, Type, Value};

/// The method of that name.
pub(crate) fn find(methods: &'static [Function], name: &[u8]) -> Option<&'static Function> {
    methods.iter().find(|method| method.name.as_bytes() == name)
}

/// A method that only looks at a time.
macro_rules! of_time {
    ($name:literal, $look:expr) => {
        Function::new($name, &[], |_, given| {
            let look: fn(&Zoned) -> Value = $look;
            Ok(look(&time(given, 0)))
        })
    };
}

/// A method that only looks at a duration.
macro_rules! of_duration {
    ($name:literal, $look:expr) => {
        Function::new($name, &[], |_, given| {
            let look: fn(i64) -> Value = $look;
            Ok(look(nanoseconds(given, 0)))
        })
    };
}

/// A method that compares two times.
macro_rules! comparison {
    ($name:literal, $compare:expr) => {
        Function::new($name, &[Type::Time], |_, given| {
            let compare: fn(Timestamp, Timestamp) -> Value = $compare;
            Ok(compare(time(given, 0).timestamp(), time(given, 1).timestamp()))
        })
    };
}

/// `time.Time`'s methods: those of one result, but for the ones that write and read other forms of it.
pub(crate) static TIME: &[Function] = &[
    of_time!("Year", |time| Value::Int(time.year().into())),
    of_time!("Month", |time| {
        let month = i64::from(time.month());
        Value::object(Named::new("time.Month", month, month_name(month)))
    }),
    of_time!("Weekday", |time| {
        let day = i64::from(time.weekday().to_sunday_zero_offset());
        Value::object(Named::new("time.Weekday", day, weekday_name(day)))
    }),
    of_time!("Day", |time| Value::Int(time.day().into())),
    of_time!("YearDay", |time| Value::Int(time.day_of_year().into())),
    of_time!("Hour", |time| Value::Int(time.hour().into())),
    of_time!("Minute", |time| Value::Int(time.minute().into())),
    of_time!("Second", |time| Value::Int(time.second().into())),
    of_time!("Nanosecond", |time| Value::Int(time.subsec_nanosecond().into())),
    of_time!("Unix", |time| since_1970(time, 1_000_000_000)),
    of_time!("UnixMilli", |time| since_1970(time, 1_000_000)),
    of_time!("UnixMicro", |time| since_1970(time, 1_000)),
    of_time!("UnixNano", |time| since_1970(time, 1)),
    of_time!("IsZero", |time| (since_year_1(time) == 0).into()),
    of_time!("String", |time| text(time).into()),
    of_time!("UTC", |time| moved(time.with_time_zone(TimeZone::UTC))),
    Function::new("Local", &[], |context, given| {
        let zone = context.now().time_zone().clone();
        Ok(moved(time(given, 0).with_time_zone(zone)))
    })
    .volatile(),
    Function::new("Format", &[Type::String], |context, given| {
        let layout = given[1].as_string().unwrap_or_default();
        context.allocate(layout.len() * 2)?;
        Ok(format(&time(given, 0), &layout).into())
    }),
    Function::new("Add", &[Type::Duration], |_, given| {
        plus(&time(given, 0), nanoseconds(given, 1).into())
    }),
    Function::new("AddDate", &[Type::Int, Type::Int, Type::Int], add_date),
    Function::new("Truncate", &[Type::Duration], |_, given| {
        let (time, step) = (time(given, 0), i128::from(nanoseconds(given, 1)));
        plus(
            &time,
            if step > 0 {
                -since_year_1(&time).rem_euclid(step)
            } else {
                0
            },
        )
    }),
    Function::new("Round", &[Type::Duration], |_, given| {
        let (time, step) = (time(given, 0), i128::from(nanoseconds(given, 1)));
        let over = if step > 0 {
            since_year_1(&time).rem_euclid(step)
        } else {
            0
        };
        plus(
            &time,
            if over * 2 < step.max(1) {
                -over
            } else {
                step - over
            },
        )
    }),
    Function::new("Sub", &[Type::Time], |_, given| {
        let [a, b] = [0, 1].map(|index| time(given, index).timestamp().as_nanosecond());
        let most = if a < b { i64::MIN } else { i64::MAX };
        Ok(Value::Duration(i64::try_from(a - b).unwrap_or(most)))
    }),
    comparison!("After", |a, b| (a > b).into()),
    comparison!("Before", |a, b| (a < b).into()),
    comparison!("Equal", |a, b| (a == b).into()),
    comparison!("Compare", |a, b| Value::Int(i64::from(a.cmp(&b) as i8))),
];

/// `time.Duration`'s methods.
pub(crate) static DURATION: &[Function] = &[
    of_duration!("Hours", |span| parts(span, 3_600_000_000_000)),
    of_duration!("Minutes", |span| parts(span, 60_000_000_000)),
    of_duration!("Seconds", |span| parts(span, 1_000_000_000)),
    of_duration!("Milliseconds", |span| Value::Int64(span / 1_000_000)),
    of_duration!("Microseconds", |span| Value::Int64(span / 1_000)),
    of_duration!("Nanoseconds", Value::Int64),
    of_duration!("Abs", |span| Value::Duration(
        span.checked_abs().unwrap_or(i64::MAX)
    )),
    of_duration!("String", |span| duration_text(span).into()),
    Function::new("Truncate", &[Type::Duration], |_, given| {
        let (span, step) = (nanoseconds(given, 0), nanoseconds(given, 1));
        Ok(Value::Duration(if step > 0 { span - span % step } else { span }))
    }),
];

/// A named integer with a text of its own.
struct Named {
    type_name: &'static str,
    number: i64,
    text: &'static str,
}

impl Named {
    fn new(type_name: &'static str, number: i64, text: &'static str) -> Self {
        Self {
            type_name,
            number,
            text,
        }
    }
}

impl Object for Named {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn as_int(&self) -> Option<i64> {
        Some(self.number)
    }

    fn text(&self) -> Option<Str> {
        Some(self.text.into())
    }
}

fn time(given: &[Value], index: usize) -> Rc<Zoned> {
    match given.get(index) {
        Some(Value::Time(time)) => Rc::clone(time),
        _ => Rc::default(),
    }
}

fn nanoseconds(given: &[Value], index: usize) -> i64 {
    match given.get(index) {
        Some(Value::Duration(span)) => *span,
        _ => 0,
    }
}

fn moved(time: Zoned) -> Value {
    Value::Time(Rc::new(time))
}

/// Rounded down; what does not fit wraps, as in Go.
#[expect(clippy::cast_possible_truncation, reason = "Go truncates here as well")]
fn since_1970(time: &Zoned, unit: i128) -> Value {
    Value::Int64(time.timestamp().as_nanosecond().div_euclid(unit) as i64)
}

/// Nanoseconds since Go's zero time.
fn since_year_1(time: &Zoned) -> i128 {
    const YEAR_1: i128 = -62_135_596_800;
    time.timestamp().as_nanosecond() - YEAR_1 * 1_000_000_000
}

fn plus(time: &Zoned, nanoseconds: i128) -> Result<Value, Error> {
    let span = SignedDuration::from_nanos_i128(nanoseconds);
    let moved_time = time.checked_add(span);
    moved_time
        .map(moved)
        .map_err(|error| Error::new(error.to_string()))
}

/// Months and days beyond the end of a year or month run on into the next.
fn add_date(_: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let number = |index: usize| match given.get(index) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    };
    let time = time(given, 0);
    let (year, month) = (i64::from(time.year()), i64::from(time.month()));
    let months = (month - 1).saturating_add(number(2));
    let year = year
        .saturating_add(number(1))
        .saturating_add(months.div_euclid(12));
    let days = i64::from(time.day() - 1).saturating_add(number(3));
    let first = i16::try_from(year)
        .ok()
        .zip(i8::try_from(months.rem_euclid(12) + 1).ok());
    let date = first.and_then(|(year, month)| Date::new(year, month, 1).ok());
    let date = date.and_then(|date| date.checked_add(Span::new().try_days(days).ok()?).ok());
    let date = date.ok_or_else(|| Error::new("the date is out of range"))?;
    let zoned = date.to_datetime(time.time()).to_zoned(time.time_zone().clone());
    zoned.map(moved).map_err(|error| Error::new(error.to_string()))
}

/// A span in a unit, the whole part apart from the rest as Go adds them up.
#[expect(clippy::cast_precision_loss, reason = "Go converts so as well")]
fn parts(span: i64, unit: i64) -> Value {
    ((span / unit) as f64 + (span % unit) as f64 / unit as f64).into()
}
