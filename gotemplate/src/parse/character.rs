//! Characters as Go sees them.

/// The first character and its width; a byte that begins no character counts as U+FFFD, one byte wide.
#[inline]
pub(crate) fn first(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes.first()? {
        byte if byte.is_ascii() => Some((char::from(*byte), 1)),
        _ => match bstr::decode_utf8(bytes) {
            (Some(character), width) => Some((character, width)),
            (None, _) => Some((char::REPLACEMENT_CHARACTER, 1)),
        },
    }
}

/// Whether the character at the beginning is not UTF-8.
pub(crate) fn is_broken(character: char, width: usize) -> bool {
    character == char::REPLACEMENT_CHARACTER && width == 1
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Letters, digits and the underscore, of any script.
pub(super) fn is_alphanumeric(character: char) -> bool {
    if character.is_ascii() {
        return character == '_' || character.is_ascii_alphanumeric();
    }
    character.is_alphanumeric()
}
