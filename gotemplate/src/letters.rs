//! Classes of characters and simple case mappings (one character to one), as Go's `unicode` package has them: those of
//! Unicode 15, so what later versions add is unassigned here.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use crate::characters;

/// All characters that have this value of a property, if there is such a value.
fn class(property: &str, value: &str) -> Option<ClassUnicode> {
    let tree = regex_syntax::parse(&format!(r"\p{{{property}={value}}}")).ok()?;
    match tree.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

static ASSIGNED: LazyLock<ClassUnicode> =
    LazyLock::new(|| class("age", "15.0").unwrap_or_else(ClassUnicode::empty));

/// A category (`gc`) or script (`sc`) by its name.
pub(crate) fn property(property: &str, value: &str) -> Option<ClassUnicode> {
    let mut characters = class(property, value)?;
    characters.intersect(&ASSIGNED);
    Some(characters)
}

fn category(name: &str) -> ClassUnicode {
    property("gc", name).unwrap_or_else(ClassUnicode::empty)
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

/// What a character is mapped to, if both were assigned already.
fn assigned(mapped: char, character: char) -> char {
    let known = |character: char| character.is_ascii() || contains(&ASSIGNED, character);
    if known(character) && known(mapped) {
        mapped
    } else {
        character
    }
}

/// The one character in upper case.
pub(crate) fn to_upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => assigned(upper, character),
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
    let lower = character.to_lowercase().next().unwrap_or(character);
    assigned(lower, character)
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
    mapped.extend(characters::of(text).map(|(character, _)| change(character)));
    mapped.into_bytes()
}

/// ASCII maps to ASCII under every mapping used here.
fn ascii(mapped: char, byte: u8) -> u8 {
    u8::try_from(mapped).unwrap_or(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One number for what a function says of all characters; those of Go were made in the same way.
    fn digest(of: impl Fn(char) -> u32) -> u64 {
        ('\0'..=char::MAX).fold(0xcbf2_9ce4_8422_2325, |digest, character| {
            (digest ^ u64::from(of(character))).wrapping_mul(0x100_0000_01b3)
        })
    }

    #[test]
    fn every_character_is_what_it_is_in_go() {
        for (name, is, expected) in [
            ("letter", is_letter as fn(char) -> bool, 0x5b08_a90b_2475_cbc5),
            ("upper", is_upper, 0xd721_61f1_09a4_8dc8),
            ("lower", is_lower, 0x89b2_a41f_0421_baf8),
            ("title", is_title, 0xe5c2_807c_98cb_7a38),
            ("number", is_number, 0x5831_35dd_edb7_19ca),
            ("digit", is_digit, 0x3873_7694_27cc_346d),
            ("punctuation", is_punctuation, 0x3aec_1528_5907_4453),
            ("space", is_space, 0x6456_ea46_3be9_47ac),
            ("graphic", is_graphic, 0x52f0_c822_80c9_9340),
        ] {
            assert_eq!(digest(|character| is(character).into()), expected, "{name}");
        }
        for (name, to, expected) in [
            ("upper", to_upper as fn(char) -> char, 0x7369_3492_3ace_8e04),
            ("lower", to_lower, 0x6cb4_860d_cb97_926d),
            ("title", to_title, 0xc7d9_7178_6996_47e4),
        ] {
            assert_eq!(digest(|character| to(character).into()), expected, "{name}");
        }
    }
}
