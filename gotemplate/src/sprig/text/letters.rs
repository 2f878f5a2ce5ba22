//! Classes of characters and simple case mappings (one character to one), as Go's `unicode` package has them.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use crate::sprig::arguments::characters;

/// A category by its name.
fn category(name: &str) -> ClassUnicode {
    let tree = regex_syntax::parse(&format!(r"\p{{gc={name}}}")).map(regex_syntax::hir::Hir::into_kind);
    match tree {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => ClassUnicode::empty(),
    }
}

fn contains(class: &ClassUnicode, character: char) -> bool {
    let ranges = class.ranges();
    let index = ranges.partition_point(|range| range.end() < character);
    ranges.get(index).is_some_and(|range| range.start() <= character)
}

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident = $category:literal, $ascii:expr;)+) => {
        $($(#[$doc])*
        pub(crate) fn $name(character: char) -> bool {
            static CLASS: LazyLock<ClassUnicode> = LazyLock::new(|| category($category));
            let ascii: fn(&char) -> bool = $ascii;
            if character.is_ascii() { ascii(&character) } else { contains(&CLASS, character) }
        })+
    };
}

categories! {
    /// A letter.
    is_letter = "L", char::is_ascii_alphabetic;
    /// A letter in upper case.
    is_upper = "Lu", char::is_ascii_uppercase;
    /// A letter in lower case.
    is_lower = "Ll", char::is_ascii_lowercase;
    /// A letter in title case.
    is_title = "Lt", |_| false;
    /// A number of any kind.
    is_number = "N", char::is_ascii_digit;
    /// A decimal digit.
    is_digit = "Nd", char::is_ascii_digit;
    /// Punctuation; `$+<=>^`, the backtick, the bar and the tilde are symbols.
    is_punctuation = "P", |character| character.is_ascii_punctuation() && !"$+<=>^`|~".contains(*character);
}

/// What leaves a mark: letters, marks, numbers, punctuation, symbols.
pub(crate) fn is_graphic(character: char) -> bool {
    static CLASSES: LazyLock<ClassUnicode> = LazyLock::new(|| {
        let mut classes = ClassUnicode::empty();
        for name in ["L", "M", "N", "P", "S"] {
            classes.union(&category(name));
        }
        classes
    });
    if character.is_ascii() {
        character.is_ascii_graphic()
    } else {
        contains(&CLASSES, character)
    }
}

/// White space.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// The one character in upper case.
pub(crate) fn to_upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        // Those that become several have a title case that is one character, or stay.
        _ => to_single_title(character),
    }
}

fn to_single_title(character: char) -> char {
    let shift = match u32::from(character) {
        code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => code + 8,
        code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => code + 9,
        code => code,
    };
    char::from_u32(shift).unwrap_or(character)
}

/// The one character in lower case.
pub(crate) fn to_lower(character: char) -> char {
    // The dotted capital I becomes two.
    character.to_lowercase().next().unwrap_or(character)
}

/// The one character in title case.
pub(crate) fn to_title(character: char) -> char {
    match u32::from(character) {
        0x1c4..=0x1c6 => '\u{1c5}',
        0x1c7..=0x1c9 => '\u{1c8}',
        0x1ca..=0x1cc => '\u{1cb}',
        0x1f1..=0x1f3 => '\u{1f2}',
        // Georgian has capitals, but no title case.
        0x10d0..=0x10fa | 0x10fd..=0x10ff => character,
        _ => to_upper(character),
    }
}

/// Changes every character of a text.
pub(crate) fn map(text: &[u8], change: impl Fn(char) -> char) -> Vec<u8> {
    if text.is_ascii() {
        return text
            .iter()
            .map(|&byte| ascii(change(char::from(byte)), byte))
            .collect();
    }
    let mut mapped = String::with_capacity(text.len());
    mapped.extend(characters(text).map(|(character, _)| change(character)));
    mapped.into_bytes()
}

/// ASCII maps to ASCII under every mapping used here.
fn ascii(mapped: char, byte: u8) -> u8 {
    u8::try_from(mapped).unwrap_or(byte)
}
