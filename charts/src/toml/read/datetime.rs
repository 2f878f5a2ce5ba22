//! Times, with a zone or without; what is missing is told by the name of the zone, as Go does.

use std::rc::Rc;

use gotemplate::format::quoted;
use gotemplate::{Value, time};
use jiff::tz::TimeZone;

use super::Reader;
use super::cursor::Result;

/// The layouts in the order in which they are tried, with the zone for a text that has none.
const LAYOUTS: [(&str, &str); 7] = [
    ("2006-01-02T15:04:05.999999999Z07:00", ""),
    ("2006-01-02T15:04:05.999999999", "<datetime-local>0"),
    ("2006-01-02", "<date-local>0"),
    ("15:04:05.999999999", "<time-local>0"),
    ("2006-01-02T15:04Z07:00", ""),
    ("2006-01-02T15:04", "<datetime-local>0"),
    ("15:04", "<time-local>0"),
];

impl Reader<'_> {
    /// The rest of a time after its first digits.
    pub(super) fn datetime(&mut self) -> Result<Value> {
        self.cursor.run(|character| {
            character.is_ascii_digit()
                || matches!(character, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
        })?;
        let text: String = self
            .cursor
            .token_text()
            .trim()
            .chars()
            .map(|character| match character {
                'z' => 'Z',
                't' | ' ' => 'T',
                _ => character,
            })
            .collect();
        let read = LAYOUTS.iter().find_map(|(layout, zone)| {
            let zone = TimeZone::posix(zone).unwrap_or(TimeZone::UTC);
            let time = time::parse(layout.as_bytes(), text.as_bytes(), &zone).ok()?;
            Some((layout, time))
        });
        match read {
            Some((layout, time)) if !lacks_zero(&text, layout) => Ok(Value::Time(Rc::new(time))),
            _ => Err(self.flaw_of_value(format!("invalid datetime: {}", quoted(text.as_bytes())))),
        }
    }
}

/// Whether a number has fewer digits than its layout, so that the marks stand elsewhere.
fn lacks_zero(text: &str, layout: &str) -> bool {
    let marks = layout
        .bytes()
        .enumerate()
        .take_while(|(_, mark)| !matches!(mark, b'.' | b'Z'));
    let mut marks = marks.filter(|(_, mark)| !mark.is_ascii_digit());
    marks.any(|(place, mark)| text.as_bytes().get(place) != Some(&mark))
}
