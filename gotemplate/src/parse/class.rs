//! What bytes and characters are in an action.

use crate::letters;

/// What a byte is in an action, as far as many bytes are asked for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Other,
    Space,
    /// A letter of ASCII, or the underscore.
    Letter,
    Digit,
    /// What may stand behind a name, beside white space.
    Terminator,
    /// A byte of a character beyond ASCII.
    Wide,
}

impl Class {
    #[inline]
    pub(super) fn of(byte: u8) -> Self {
        CLASSES[usize::from(byte)]
    }
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        byte += 1;
        classes[byte as usize] = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => Class::Space,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'.' | b',' | b'|' | b':' | b')' | b'(' => Class::Terminator,
            128.. => Class::Wide,
            _ => Class::Other,
        };
    }
    classes
};

/// The white space of the language; other characters are none, whatever Unicode says.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Letters, digits and the underscore, of any script.
pub(super) fn is_alphanumeric(character: char) -> bool {
    character == '_' || letters::is_letter(character) || letters::is_digit(character)
}
