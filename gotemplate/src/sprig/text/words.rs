//! Wrapping and shortening. Widths count bytes, as in the library that Sprig uses.

use bstr::ByteSlice;

use crate::characters;
use crate::letters::{
    is_digit, is_letter, is_lower, is_space, is_title, is_upper, to_lower, to_title, to_upper,
};

/// How a text is broken into lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrapping<'s> {
    /// The most bytes in a line.
    pub(crate) width: usize,
    /// What goes between lines.
    pub(crate) separator: &'s [u8],
    /// Break words that are longer than a line.
    pub(crate) break_words: bool,
}

impl Wrapping<'_> {
    /// Breaks a text into lines at its spaces.
    pub(crate) fn wrap(self, text: &[u8]) -> Vec<u8> {
        let mut wrapped =
            Vec::with_capacity(text.len() + text.len() / self.width.max(8) * self.separator.len());
        let mut left = text;
        while left.len() > self.width {
            if let [b' ', rest @ ..] = left {
                left = rest;
                continue;
            }
            let (line, skip) = self.line(left);
            wrapped.extend_from_slice(line);
            if skip == 0 && line.len() == left.len() {
                return wrapped;
            }
            wrapped.extend_from_slice(self.separator);
            left = &left[line.len() + skip..];
        }
        wrapped.extend_from_slice(left);
        wrapped
    }

    /// The next line of a text longer than one, and how much to leave out behind it.
    fn line<'t>(&self, text: &'t [u8]) -> (&'t [u8], usize) {
        if let Some(space) = text[..=self.width].rfind_byte(b' ') {
            return (&text[..space], 1);
        }
        if self.break_words {
            return (&text[..self.width], 0);
        }
        match text[self.width..].find_byte(b' ') {
            Some(space) => (&text[..self.width + space], 1),
            None => (text, 0),
        }
    }
}

/// Shortens a text to `width` bytes with dots where something was left out; `offset` bytes may go at its start.
pub(crate) fn abbreviate(text: &[u8], offset: usize, width: usize) -> Vec<u8> {
    const DOTS: &[u8] = b"...";
    if text.len() <= width || width < 4 {
        return if width < 4 { Vec::new() } else { text.to_vec() };
    }
    let room = width - 3;
    let offset = offset.min(text.len() - room);
    if offset <= 4 {
        return [&text[..room], DOTS].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + room < text.len() {
        return [DOTS, &abbreviate(&text[offset..], 0, room)].concat();
    }
    [DOTS, &text[text.len() - room..]].concat()
}

/// All but white space. Each byte counts as a character, which takes other text than ASCII apart.
pub(crate) fn without_spaces(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|&byte| is_space(char::from(byte))) {
        return text.to_vec();
    }
    let kept: String = text
        .iter()
        .map(|&byte| char::from(byte))
        .filter(|&byte| !is_space(byte))
        .collect();
    kept.into_bytes()
}

/// The first byte of each word, as a character.
pub(crate) fn initials(text: &[u8]) -> Vec<u8> {
    let mut initials = String::new();
    let mut gap = true;
    for character in text.iter().map(|&byte| char::from(byte)) {
        if is_space(character) {
            gap = true;
        } else if std::mem::take(&mut gap) {
            initials.push(character);
        }
    }
    initials.into_bytes()
}

/// Every character changed in turn.
fn changed(text: &[u8], change: impl FnMut(char) -> char) -> Vec<u8> {
    characters::of(text)
        .map(|(character, _)| character)
        .map(change)
        .collect::<String>()
        .into_bytes()
}

/// The first letter of each word in lower case.
pub(crate) fn untitle(text: &[u8]) -> Vec<u8> {
    let mut start = true;
    let change = |character: char| {
        if is_space(character) {
            start = true;
            character
        } else if std::mem::take(&mut start) {
            to_lower(character)
        } else {
            character
        }
    };
    changed(text, change)
}

/// The first letter of each word in title case.
pub(crate) fn title(text: &[u8]) -> Vec<u8> {
    let mut previous = ' ';
    let change = |character: char| {
        let start = is_separator(std::mem::replace(&mut previous, character));
        if start { to_title(character) } else { character }
    };
    changed(text, change)
}

/// What stands between words: in ASCII all but letters, digits and the underscore, else white space.
fn is_separator(character: char) -> bool {
    match character {
        _ if character.is_ascii() => !character.is_ascii_alphanumeric() && character != '_',
        _ if is_letter(character) || is_digit(character) => false,
        _ => is_space(character),
    }
}

/// Lower case for upper and upper for lower; a lower letter at the start of a word becomes a title.
pub(crate) fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut gap = true;
    let change = |character: char| {
        if is_upper(character) || is_title(character) {
            gap = false;
            to_lower(character)
        } else if is_lower(character) {
            if std::mem::take(&mut gap) {
                to_title(character)
            } else {
                to_upper(character)
            }
        } else {
            gap = is_space(character);
            character
        }
    };
    changed(text, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_only_when_asked() {
        let wrap = |width, break_words, text: &str| {
            let wrapped = Wrapping {
                width,
                separator: b"\n",
                break_words,
            }
            .wrap(text.as_bytes());
            String::from_utf8(wrapped).expect("text")
        };
        assert_eq!(wrap(5, false, "Hello World"), "Hello\nWorld");
        assert_eq!(wrap(5, false, "a verylongword b"), "a\nverylongword\nb");
        assert_eq!(wrap(5, true, "a verylongword b"), "a\nveryl\nongwo\nrd b");
        assert_eq!(wrap(1, false, "a b"), "a\nb");
    }

    #[test]
    fn long_texts_are_shortened_at_the_end_or_on_both_sides() {
        assert_eq!(abbreviate(b"hello world", 0, 5), b"he...");
        assert_eq!(abbreviate(b"1234 5678 9123", 5, 10), b"...5678...");
        assert_eq!(abbreviate(b"abc", 0, 5), b"abc");
    }

    #[test]
    fn cases_of_words_are_changed() {
        assert_eq!(title(b"foo bar-baz_x 4u"), b"Foo Bar-Baz_x 4u");
        assert_eq!(untitle(b"Foo Bar"), b"foo bar");
        assert_eq!(swap_case(b"This Is A.Test"), b"tHIS iS a.tEST");
        assert_eq!(initials(b"First Try"), b"FT");
    }
}
