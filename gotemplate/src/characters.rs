//! The characters of a byte string as Go sees them: each byte that belongs to none counts as U+FFFD, one byte wide.

/// The first character and its width.
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

/// All characters with their widths.
pub(crate) fn of(text: &[u8]) -> impl Iterator<Item = (char, usize)> {
    let mut left = text;
    std::iter::from_fn(move || {
        let (character, width) = first(left)?;
        left = &left[width..];
        Some((character, width))
    })
}

/// Whether what [`first`] or [`of`] gave stands for a byte that belongs to no character.
pub(crate) fn is_broken(character: char, width: usize) -> bool {
    character == char::REPLACEMENT_CHARACTER && width == 1
}
