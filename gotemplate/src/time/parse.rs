//! A time read by a layout.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::layout::{Element, Fraction, MONTHS, Offset, WEEKDAYS, next_chunk};
use super::scan::{
    Bad, fraction_length, lookup, nanoseconds, signed, skip, three_digits, two_digits, zone_name_length,
};
use super::{quoted, zone};

/// Reads a time; where the text names no zone it is a time of `local`. The error has Go's words.
pub fn parse(layout: &[u8], value: &[u8], local: &TimeZone) -> Result<Zoned, String> {
    let mut fields = Fields::default();
    let (mut layout_left, mut left) = (layout, value);
    loop {
        let chunk = next_chunk(layout_left);
        let cannot = |element: &[u8], left: &[u8]| {
            let (value, layout, left, element) =
                (quoted(value), quoted(layout), quoted(left), quoted(element));
            format!("parsing time {value} as {layout}: cannot parse {left} as {element}")
        };
        left = skip(left, chunk.prefix).map_err(|left| cannot(chunk.prefix, left))?;
        let Some(element) = chunk.element else { break };
        layout_left = chunk.rest;
        left = fields.read(element, left, layout_left).map_err(|bad| match bad {
            Bad::Value => cannot(chunk.written, left),
            Bad::Range(what) => out_of_range(value, what),
        })?;
    }
    if !left.is_empty() {
        return Err(format!(
            "parsing time {}: extra text: {}",
            quoted(value),
            quoted(left)
        ));
    }
    fields
        .time(local)
        .map_err(|problem| format!("parsing time {}: {problem}", quoted(value)))
}

fn out_of_range(value: &[u8], what: &str) -> String {
    format!("parsing time {}: {what} out of range", quoted(value))
}

#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    afternoon: Option<bool>,
    zone: Zone,
}

#[derive(Default)]
struct Zone {
    utc: bool,
    offset: Option<i32>,
    name: String,
}

impl Fields {
    /// Reads one element; `layout` is what follows it.
    fn read<'v>(&mut self, element: Element, value: &'v [u8], layout: &[u8]) -> Result<&'v [u8], Bad> {
        let left;
        match element {
            Element::Year => {
                let (digits, after) = value.split_at_checked(2).ok_or(Bad::Value)?;
                let year = signed(digits).ok_or(Bad::Value)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                left = after;
            }
            Element::LongYear => {
                let (digits, after) = value.split_at_checked(4).ok_or(Bad::Value)?;
                self.year = signed(digits)
                    .filter(|_| digits[0].is_ascii_digit())
                    .ok_or(Bad::Value)?;
                left = after;
            }
            Element::Month | Element::LongMonth => {
                let length = if element == Element::Month { 3 } else { usize::MAX };
                let (index, after) = lookup(&MONTHS, length, value)?;
                self.month = i64::try_from(index + 1).ok();
                left = after;
            }
            Element::Weekday | Element::LongWeekday => {
                let length = if element == Element::Weekday {
                    3
                } else {
                    usize::MAX
                };
                left = lookup(&WEEKDAYS, length, value)?.1;
            }
            Element::Offset(form) => left = self.read_offset(form, value)?,
            Element::ZoneName => left = self.read_zone_name(value)?,
            Element::UpperHalf | Element::LowerHalf => left = self.read_half(element, value)?,
            Element::Fraction(form) => left = self.read_fraction(form, value)?,
            _ => left = self.read_number(element, value, layout)?,
        }
        Ok(left)
    }

    fn read_number<'v>(&mut self, element: Element, value: &'v [u8], layout: &[u8]) -> Result<&'v [u8], Bad> {
        let fixed = matches!(
            element,
            Element::ZeroMonth
                | Element::ZeroDay
                | Element::ZeroHour12
                | Element::ZeroMinute
                | Element::ZeroSecond
        );
        if matches!(element, Element::SpaceYearDay | Element::ZeroYearDay) {
            let spaces = value.iter().take(2).take_while(|&&byte| byte == b' ').count();
            let spaces = if element == Element::SpaceYearDay {
                spaces
            } else {
                0
            };
            let (day, left) = three_digits(&value[spaces..], element == Element::ZeroYearDay)?;
            self.year_day = Some(day);
            return Ok(left);
        }
        let value = match (element, value) {
            (Element::SpaceDay, [b' ', after @ ..]) => after,
            _ => value,
        };
        let (number, mut left) = two_digits(value, fixed)?;
        let within = |low: i64, high: i64, what: &'static str| {
            if (low..=high).contains(&number) {
                Ok(number)
            } else {
                Err(Bad::Range(what))
            }
        };
        match element {
            Element::NumberMonth | Element::ZeroMonth => self.month = Some(within(1, 12, "month")?),
            Element::Day | Element::SpaceDay | Element::ZeroDay => self.day = Some(number),
            Element::Hour => self.hour = within(0, 23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => self.hour = within(0, 12, "hour")?,
            Element::Minute | Element::ZeroMinute => self.minute = within(0, 59, "minute")?,
            _ => {
                self.second = within(0, 59, "second")?;
                left = self.read_unasked_fraction(left, layout)?;
            }
        }
        Ok(left)
    }

    /// A fraction behind the seconds is read even where the layout has none.
    fn read_unasked_fraction<'v>(&mut self, value: &'v [u8], layout: &[u8]) -> Result<&'v [u8], Bad> {
        if matches!(next_chunk(layout).element, Some(Element::Fraction(_))) || fraction_length(value) < 2 {
            return Ok(value);
        }
        let (fraction, left) = value.split_at(fraction_length(value));
        self.nanosecond = nanoseconds(fraction)?;
        Ok(left)
    }

    fn read_fraction<'v>(&mut self, form: Fraction, value: &'v [u8]) -> Result<&'v [u8], Bad> {
        let length = match (form.trimmed, fraction_length(value)) {
            (true, 0 | 1) => return Ok(value),
            (true, length) => length,
            (false, _) => 1 + form.digits,
        };
        let (fraction, left) = value.split_at_checked(length).ok_or(Bad::Value)?;
        self.nanosecond = nanoseconds(fraction)?;
        Ok(left)
    }

    fn read_half<'v>(&mut self, element: Element, value: &'v [u8]) -> Result<&'v [u8], Bad> {
        let (half, left) = value.split_at_checked(2).ok_or(Bad::Value)?;
        self.afternoon = match (element, half) {
            (Element::UpperHalf, b"PM") | (Element::LowerHalf, b"pm") => Some(true),
            (Element::UpperHalf, b"AM") | (Element::LowerHalf, b"am") => Some(false),
            _ => return Err(Bad::Value),
        };
        Ok(left)
    }

    fn read_offset<'v>(&mut self, form: Offset, value: &'v [u8]) -> Result<&'v [u8], Bad> {
        if let (true, [b'Z', left @ ..]) = (form.zulu, value) {
            self.zone.utc = true;
            return Ok(left);
        }
        let parts = 1 + usize::from(form.minutes) + usize::from(form.seconds);
        let length = 1 + 2 * parts + if form.colons { parts - 1 } else { 0 };
        let (written, left) = value.split_at_checked(length).ok_or(Bad::Value)?;
        let step = if form.colons { 3 } else { 2 };
        if form.colons && (1..parts).any(|part| written[part * step] != b':') {
            return Err(Bad::Value);
        }
        let mut numbers = [0_i64; 3];
        for (part, number) in numbers.iter_mut().enumerate().take(parts) {
            *number = two_digits(&written[1 + part * step..3 + part * step], true)?.0;
        }
        let [hours, minutes, seconds] = numbers;
        for (number, most, what) in [
            (seconds, 60, "time zone offset second"),
            (minutes, 60, "time zone offset minute"),
            (hours, 24, "time zone offset hour"),
        ] {
            if number > most {
                return Err(Bad::Range(what));
            }
        }
        let offset = i32::try_from((hours * 60 + minutes) * 60 + seconds).map_err(|_| Bad::Value)?;
        self.zone.offset = match written[0] {
            b'+' => Some(offset),
            b'-' => Some(-offset),
            _ => return Err(Bad::Value),
        };
        Ok(left)
    }

    fn read_zone_name<'v>(&mut self, value: &'v [u8]) -> Result<&'v [u8], Bad> {
        if let Some(left) = value.strip_prefix(b"UTC") {
            self.zone.utc = true;
            return Ok(left);
        }
        let (name, left) = value.split_at(zone_name_length(value).ok_or(Bad::Value)?);
        self.zone.name = String::from_utf8_lossy(name).into_owned();
        Ok(left)
    }

    fn time(mut self, local: &TimeZone) -> Result<Zoned, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let date = self.date()?;
        let days = i64::from(
            date.since(Date::constant(1970, 1, 1))
                .map_or(0, |span| span.get_days()),
        );
        let clock = days * 86_400 + self.hour * 3600 + self.minute * 60 + self.second;
        let (zone, offset) = self.zone.settle(clock, local);
        let moment = Timestamp::new(clock - offset, i32::try_from(self.nanosecond).unwrap_or(0))
            .map_err(|_| "year out of range")?;
        Ok(moment.to_zoned(zone))
    }

    fn date(&self) -> Result<Date, &'static str> {
        let year = i16::try_from(self.year).map_err(|_| "year out of range")?;
        let date = |month: i64, day: i64| {
            let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Date::new(year, month, day).ok()
        };
        let Some(year_day) = self.year_day else {
            return date(self.month.unwrap_or(1), self.day.unwrap_or(1)).ok_or("day out of range");
        };
        let first = date(1, 1).ok_or("year out of range")?;
        let found = i16::try_from(year_day)
            .ok()
            .filter(|&day| day >= 1 && day <= first.days_in_year())
            .and_then(|day| first.with().day_of_year(day).build().ok())
            .ok_or("day-of-year out of range")?;
        if self.month.is_some_and(|month| month != i64::from(found.month())) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != i64::from(found.day())) {
            return Err("day-of-year does not match day");
        }
        Ok(found)
    }
}

impl Zone {
    /// The zone and the offset of a time that a clock shows.
    fn settle(&self, clock: i64, local: &TimeZone) -> (TimeZone, i64) {
        if self.utc {
            return (TimeZone::UTC, 0);
        }
        if let Some(offset) = self.offset {
            // The local zone, if this could be a time of it.
            let matches = Timestamp::from_second(clock - i64::from(offset)).is_ok_and(|moment| {
                let info = local.to_offset_info(moment);
                info.offset().seconds() == offset
                    && (self.name.is_empty() || info.abbreviation() == self.name)
            });
            let zone = if matches {
                local.clone()
            } else {
                zone::fixed(&self.name, offset)
            };
            return (zone, i64::from(offset));
        }
        if self.name.is_empty() {
            return (local.clone(), zone::offset_of_clock(local, clock));
        }
        let offset = zone::offset_of_clock(local, clock);
        let named = Timestamp::from_second(clock - offset)
            .is_ok_and(|moment| local.to_offset_info(moment).abbreviation() == self.name);
        if named {
            return (local.clone(), offset);
        }
        // A name that the local zone does not know has no meaning but for hours behind GMT.
        let hours: i32 = self
            .name
            .strip_prefix("GMT")
            .and_then(|hours| hours.parse().ok())
            .unwrap_or(0);
        (zone::fixed(&self.name, hours * 3600), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(layout: &str, value: &str) -> Result<String, String> {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        parse(layout.as_bytes(), value.as_bytes(), &berlin)
            .map(|time| String::from_utf8_lossy(&super::super::text(&time)).into_owned())
    }

    #[test]
    fn times_are_read_by_their_layout() {
        for (layout, value, expected) in [
            ("2006-01-02", "2017-12-31", "2017-12-31 00:00:00 +0100 CET"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2006-01-02T15:04:05.25Z",
                "2006-01-02 15:04:05.25 +0000 UTC",
            ),
            (
                "Jan _2 2006 3:04PM -0700",
                "jul  4 2020 1:05AM +0200",
                "2020-07-04 01:05:00 +0200 CEST",
            ),
            (
                "02 Jan 06 15:04 MST",
                "02 Jan 70 15:04 PST",
                "1970-01-02 15:04:00 +0000 PST",
            ),
            (
                "2006 002 -07:00",
                "2024 366 -03:30",
                "2024-12-31 00:00:00 -0330 -0330",
            ),
            (
                "2006-01-02 15:04",
                "2024-03-31 02:30",
                "2024-03-31 03:30:00 +0200 CEST",
            ),
            ("15h", "07h", "0000-01-01 07:00:00 +0053 LMT"),
        ] {
            assert_eq!(read(layout, value).as_deref(), Ok(expected), "{layout}");
        }
    }

    #[test]
    fn other_texts_are_refused_in_gos_words() {
        for (layout, value, expected) in [
            (
                "2006-01-02",
                "x",
                r#"parsing time "x" as "2006-01-02": cannot parse "x" as "2006""#,
            ),
            (
                "2006-01-02",
                "2020-13-01",
                r#"parsing time "2020-13-01": month out of range"#,
            ),
            (
                "2006-01-02",
                "2020-02-30",
                r#"parsing time "2020-02-30": day out of range"#,
            ),
            ("2006", "2020 ", r#"parsing time "2020 ": extra text: " ""#),
            (
                "2006 Jan",
                "2020-Jan",
                r#"parsing time "2020-Jan" as "2006 Jan": cannot parse "-Jan" as " ""#,
            ),
        ] {
            assert_eq!(read(layout, value).unwrap_err(), expected);
        }
    }
}
