//! Go's layouts: the reference time, Monday 2 January 2006 15:04:05 -0700, written as times shall be.

/// What an element of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumberMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    ZoneName,
    Offset(Offset),
    Fraction(Fraction),
}

/// How an offset from UTC is written.
#[expect(clippy::struct_excessive_bools, reason = "ten forms, told by four questions")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` for UTC itself.
    pub(super) zulu: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// How parts of a second are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) separator: u8,
    pub(super) digits: usize,
    /// Without zeros at the end.
    pub(super) trimmed: bool,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Sunday on.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A layout up to and behind its first element.
pub(super) struct Chunk<'l> {
    pub(super) prefix: &'l [u8],
    pub(super) element: Option<Element>,
    /// The element as it is written.
    pub(super) written: &'l [u8],
    pub(super) rest: &'l [u8],
}

pub(super) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for start in 0..layout.len() {
        if let Some((element, skip, length)) = element(&layout[start..]) {
            let (prefix, rest) = layout.split_at(start + skip);
            let (written, rest) = rest.split_at(length - skip);
            return Chunk {
                prefix,
                element: Some(element),
                written,
                rest,
            };
        }
    }
    Chunk {
        prefix: layout,
        element: None,
        written: b"",
        rest: b"",
    }
}

/// The element at the start: how many bytes before it are plain after all, and where it ends.
fn element(text: &[u8]) -> Option<(Element, usize, usize)> {
    let plain = |element: Element, length: usize| Some((element, 0, length));
    match text[0] {
        b'J' | b'M' => named(text),
        b'0' => zero_padded(text),
        b'1' if text.get(1) == Some(&b'5') => plain(Element::Hour, 2),
        b'1' => plain(Element::NumberMonth, 1),
        b'2' if text.starts_with(b"2006") => plain(Element::LongYear, 4),
        b'2' => plain(Element::Day, 1),
        // An underscore before the long year stands for itself.
        b'_' if text.starts_with(b"_2006") => Some((Element::LongYear, 1, 5)),
        b'_' if text.starts_with(b"_2") => plain(Element::SpaceDay, 2),
        b'_' if text.starts_with(b"__2") => plain(Element::SpaceYearDay, 3),
        b'3' => plain(Element::Hour12, 1),
        b'4' => plain(Element::Minute, 1),
        b'5' => plain(Element::Second, 1),
        b'P' if text.get(1) == Some(&b'M') => plain(Element::UpperHalf, 2),
        b'p' if text.get(1) == Some(&b'm') => plain(Element::LowerHalf, 2),
        b'-' | b'Z' => offset(text),
        b'.' | b',' => fraction(text),
        _ => None,
    }
}

fn named(text: &[u8]) -> Option<(Element, usize, usize)> {
    // `Mon` in `Month` is no weekday.
    let ends_word = |length: usize| !text.get(length).is_some_and(u8::is_ascii_lowercase);
    let (element, length) = match text {
        _ if text.starts_with(b"January") => (Element::LongMonth, 7),
        _ if text.starts_with(b"Jan") && ends_word(3) => (Element::Month, 3),
        _ if text.starts_with(b"Monday") => (Element::LongWeekday, 6),
        _ if text.starts_with(b"Mon") && ends_word(3) => (Element::Weekday, 3),
        _ if text.starts_with(b"MST") => (Element::ZoneName, 3),
        _ => return None,
    };
    Some((element, 0, length))
}

fn zero_padded(text: &[u8]) -> Option<(Element, usize, usize)> {
    let element = match text.get(1)? {
        b'1' => Element::ZeroMonth,
        b'2' => Element::ZeroDay,
        b'3' => Element::ZeroHour12,
        b'4' => Element::ZeroMinute,
        b'5' => Element::ZeroSecond,
        b'6' => Element::Year,
        b'0' if text.get(2) == Some(&b'2') => return Some((Element::ZeroYearDay, 0, 3)),
        _ => return None,
    };
    Some((element, 0, 2))
}

fn offset(text: &[u8]) -> Option<(Element, usize, usize)> {
    const WRITTEN: [(&[u8], bool, bool, bool); 5] = [
        (b"070000", false, true, true),
        (b"07:00:00", true, true, true),
        (b"0700", false, true, false),
        (b"07:00", true, true, false),
        (b"07", false, false, false),
    ];
    let zulu = text[0] == b'Z';
    let (written, colons, minutes, seconds) = WRITTEN
        .into_iter()
        .find(|(written, ..)| text[1..].starts_with(written))?;
    Some((
        Element::Offset(Offset {
            zulu,
            colons,
            minutes,
            seconds,
        }),
        0,
        1 + written.len(),
    ))
}

fn fraction(text: &[u8]) -> Option<(Element, usize, usize)> {
    let digit = *text.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = text[1..].iter().take_while(|&&byte| byte == digit).count();
    // Only a run that is all zeros or all nines is a fraction.
    if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let fraction = Fraction {
        separator: text[0],
        digits,
        trimmed: digit == b'9',
    };
    Some((Element::Fraction(fraction), 0, 1 + digits))
}
