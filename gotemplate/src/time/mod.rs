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
