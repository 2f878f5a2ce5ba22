//! Go's way with moments and spans of time: layouts such as `2006-01-02`, and durations such as `1h2m3s`.

mod duration;
mod format;
mod layout;
mod parse;
mod scan;
mod zone;

pub use duration::{duration_text, parse_duration};
pub use format::{format, text};
pub use parse::parse;
pub use zone::load_zone;

/// The name of a month, from 1.
pub(crate) fn month_name(number: i64) -> &'static str {
    let index = usize::try_from(number - 1).unwrap_or(0);
    layout::MONTHS.get(index).copied().unwrap_or_default()
}

/// The name of a day of the week, from 0 for Sunday.
pub(crate) fn weekday_name(number: i64) -> &'static str {
    let index = usize::try_from(number).unwrap_or(0);
    layout::WEEKDAYS.get(index).copied().unwrap_or_default()
}

/// A text in double quotes, as Go's `time` package writes it in errors: all that is not ASCII as `\x…`.
fn quoted(text: &[u8]) -> String {
    use std::fmt::Write;
    let mut quoted = String::from('"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('"');
    quoted
}
