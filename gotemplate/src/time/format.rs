//! A time in a layout.

use jiff::Zoned;

use super::layout::{Element, Fraction, MONTHS, Offset, WEEKDAYS, next_chunk};
use super::zone;

/// Writes a time as the layout says.
pub fn format(time: &Zoned, layout: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(layout.len() + 10);
    let mut layout = layout;
    loop {
        let chunk = next_chunk(layout);
        output.extend_from_slice(chunk.prefix);
        let Some(element) = chunk.element else {
            return output;
        };
        write_element(&mut output, time, element);
        layout = chunk.rest;
    }
}

/// What Go prints for a time.
pub fn text(time: &Zoned) -> Vec<u8> {
    format(time, b"2006-01-02 15:04:05.999999999 -0700 MST")
}

fn write_element(output: &mut Vec<u8>, time: &Zoned, element: Element) {
    let (day, year_day) = (i64::from(time.day()), i64::from(time.day_of_year()));
    let year = i64::from(time.year());
    let hour = i64::from(time.hour());
    let half_day_hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    let month = usize::from(time.month().unsigned_abs());
    let weekday = usize::from(time.weekday().to_sunday_zero_offset().unsigned_abs());
    match element {
        Element::LongMonth => name(output, MONTHS[month - 1], usize::MAX),
        Element::Month => name(output, MONTHS[month - 1], 3),
        Element::NumberMonth => number(output, i64::from(time.month()), 0),
        Element::ZeroMonth => number(output, i64::from(time.month()), 2),
        Element::LongWeekday => name(output, WEEKDAYS[weekday], usize::MAX),
        Element::Weekday => name(output, WEEKDAYS[weekday], 3),
        Element::Day => number(output, day, 0),
        Element::SpaceDay => spaced(output, day, 2),
        Element::ZeroDay => number(output, day, 2),
        Element::SpaceYearDay => spaced(output, year_day, 3),
        Element::ZeroYearDay => number(output, year_day, 3),
        Element::Hour => number(output, hour, 2),
        Element::Hour12 => number(output, half_day_hour, 0),
        Element::ZeroHour12 => number(output, half_day_hour, 2),
        Element::Minute => number(output, i64::from(time.minute()), 0),
        Element::ZeroMinute => number(output, i64::from(time.minute()), 2),
        Element::Second => number(output, i64::from(time.second()), 0),
        Element::ZeroSecond => number(output, i64::from(time.second()), 2),
        Element::LongYear => number(output, year, 4),
        Element::Year => number(output, year.abs() % 100, 2),
        Element::UpperHalf => name(output, if hour >= 12 { "PM" } else { "AM" }, 2),
        Element::LowerHalf => name(output, if hour >= 12 { "pm" } else { "am" }, 2),
        Element::ZoneName => zone_name(output, time),
        Element::Offset(form) => offset(output, time.offset().seconds(), form),
        Element::Fraction(form) => fraction(output, time.subsec_nanosecond(), form),
    }
}

fn name(output: &mut Vec<u8>, name: &str, longest: usize) {
    output.extend_from_slice(&name.as_bytes()[..name.len().min(longest)]);
}

fn number(output: &mut Vec<u8>, number: i64, width: usize) {
    let sign = if number < 0 { "-" } else { "" };
    output.extend_from_slice(format!("{sign}{:0width$}", number.unsigned_abs()).as_bytes());
}

fn spaced(output: &mut Vec<u8>, number: i64, width: usize) {
    output.extend_from_slice(format!("{number:width$}").as_bytes());
}

fn zone_name(output: &mut Vec<u8>, time: &Zoned) {
    match zone::abbreviation(time) {
        Some(name) => output.extend_from_slice(name.as_bytes()),
        None => offset(
            output,
            time.offset().seconds(),
            Offset {
                zulu: false,
                colons: false,
                minutes: true,
                seconds: false,
            },
        ),
    }
}

fn offset(output: &mut Vec<u8>, seconds: i32, form: Offset) {
    if form.zulu && seconds == 0 {
        output.push(b'Z');
        return;
    }
    // Less than a minute west of Greenwich has no sign of its own.
    output.push(if seconds / 60 < 0 { b'-' } else { b'+' });
    let minutes = i64::from((seconds / 60).abs());
    let mut part = |value: i64, first: bool| {
        if form.colons && !first {
            output.push(b':');
        }
        number(output, value, 2);
    };
    part(minutes / 60, true);
    if form.minutes {
        part(minutes % 60, false);
    }
    if form.seconds {
        let left = if seconds / 60 < 0 { -seconds } else { seconds };
        part(i64::from(left % 60), false);
    }
}

fn fraction(output: &mut Vec<u8>, nanoseconds: i32, form: Fraction) {
    if form.trimmed && nanoseconds == 0 {
        return;
    }
    let digits = format!("{:09}", nanoseconds.unsigned_abs());
    let mut digits = &digits[..form.digits.min(9)];
    if form.trimmed {
        digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return;
        }
    }
    output.push(form.separator);
    output.extend_from_slice(digits.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_of_a_layout_is_written() {
        let time: Zoned = "2024-02-03T15:04:05.06708+01:00[Europe/Berlin]"
            .parse()
            .expect("a time");
        for (layout, expected) in [
            ("Mon Jan _2 15:04:05 2006", "Sat Feb  3 15:04:05 2024"),
            (
                "Monday, 02-Jan-06 03:04:05pm MST",
                "Saturday, 03-Feb-24 03:04:05pm CET",
            ),
            (
                "2006-01-02T15:04:05.999999999Z07:00",
                "2024-02-03T15:04:05.06708+01:00",
            ),
            ("3:4:5PM .000 ,000000 .99", "3:4:5PM .067 ,067080 .06"),
            ("__2 002 _2006 1/2/06", " 34 034 _2024 2/3/24"),
            ("-07 -0700 -070000 Z07:00:00", "+01 +0100 +010000 +01:00:00"),
            ("Month Janus 20060102", "Month Janus 20240203"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&format(&time, layout.as_bytes())),
                expected,
                "{layout}"
            );
        }
    }
}
