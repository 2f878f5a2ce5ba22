//! What a template may ask for. minijinja bounds instructions, text and its own recursion; the rest is here:
//! long chains of operators, deep values, and values that share their parts so often that to write them takes ages.
//!
//! One way out of the bounds is left: minijinja's own operators and filters (`==`, `~`, `in`, `join`) walk a value
//! that shares its parts without counting. Sixty doublings of a list, then compared, keep a render busy for ages.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

/// The work all templates of a chart may do together: about so many instructions, or 64 bytes of text each.
/// A bundled chart needs less than a thousand.
pub(super) const FUEL: u64 = 500_000;

/// The longest template, and the longest tag: each operator of a chain costs the parser some stack.
const MAX_TEMPLATE_BYTES: usize = 1 << 20;
const MAX_TAG_BYTES: usize = 16 << 10;

/// How deep a value may be nested where it is written or converted.
const MAX_DEPTH: usize = 64;

/// Refuses a template that is too long to be parsed safely.
pub(super) fn check_source(text: &str) -> Result<(), Error> {
    if text.len() > MAX_TEMPLATE_BYTES {
        let message = format!("a template may have at most {} KiB", MAX_TEMPLATE_BYTES >> 10);
        return Err(Error::new(ErrorKind::SyntaxError, message));
    }
    if longest_tag(text.as_bytes()) > MAX_TAG_BYTES {
        let message = format!("a tag may have at most {} KiB", MAX_TAG_BYTES >> 10);
        return Err(Error::new(ErrorKind::SyntaxError, message));
    }
    Ok(())
}

/// Walks a value before it is written or converted: fuel for each part, and a bound on the depth.
pub(super) fn weigh(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    weigh_at(state, value, 0)
}

fn weigh_at(state: &State<'_, '_>, value: &Value, depth: usize) -> Result<(), Error> {
    let is_map = value.kind() == ValueKind::Map;
    if !is_map && !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Ok(());
    }
    if depth == MAX_DEPTH {
        let message = format!("a value is nested more than {MAX_DEPTH} deep");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    for item in value.try_iter()? {
        state.consume_fuel(1)?;
        let part = if is_map { value.get_item(&item)? } else { item };
        weigh_at(state, &part, depth + 1)?;
    }
    Ok(())
}

/// The length of the longest `{{ … }}` or `{% … %}`; strings in it may hold anything.
fn longest_tag(text: &[u8]) -> usize {
    let mut longest = 0;
    let mut at = 0;
    while let Some(pair) = text.get(at..at + 2) {
        at += match pair {
            b"{{" => tag_length(&text[at..], b"}}", &mut longest),
            b"{%" => tag_length(&text[at..], b"%}", &mut longest),
            b"{#" => find(&text[at..], b"#}"),
            _ => 1,
        };
    }
    longest
}

fn tag_length(text: &[u8], end: &[u8], longest: &mut usize) -> usize {
    let mut at = 2;
    while at < text.len() && !text[at..].starts_with(end) {
        at += match text[at] {
            quote @ (b'"' | b'\'') => string_length(&text[at..], quote),
            _ => 1,
        };
    }
    *longest = at.max(*longest);
    at
}

fn string_length(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

fn find(text: &[u8], end: &[u8]) -> usize {
    text.windows(end.len())
        .position(|window| window == end)
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_measured_and_text_strings_and_comments_are_not() {
        let measured = |text: &str| longest_tag(text.as_bytes());
        assert_eq!(measured("plain text, a { and a }"), 0);
        assert_eq!(measured("{{ a }} {% set b = 1 %}"), 13);
        assert_eq!(measured(r#"{{ "}}" + 'a\'}}' + 1 }}"#), 22);
        assert_eq!(measured("{# a long comment with {{ in it #}{{ a }}"), 5);
        assert_eq!(measured("{{ never closed"), 15);
        assert_eq!(measured("{{ 'never closed"), 16);
        assert_eq!(measured("{"), 0);
    }
}
