//! What a byte may mean to YAML, by table.

/// Space or tab.
pub(super) const BLANK: u8 = 1;
/// Line feed or carriage return.
pub(super) const BREAK: u8 = 1 << 1;
/// The first byte of the longer line breaks (NEL, LS, PS), and of much else.
pub(super) const LONG_BREAK: u8 = 1 << 2;
/// The byte that stands for the end of the text; a checked text holds no other.
pub(super) const END: u8 = 1 << 3;
/// `, ? [ ] { }`, which end a plain scalar inside brackets.
pub(super) const FLOW: u8 = 1 << 4;
/// The colon.
pub(super) const COLON: u8 = 1 << 5;
/// What may stand in an anchor's name or a tag's handle.
pub(super) const WORD: u8 = 1 << 6;
/// Anything a plain scalar must look at twice outside brackets.
pub(super) const PLAIN_STOP: u8 = BLANK | BREAK | LONG_BREAK | END | COLON;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop stops at 255")]
        let class = match byte as u8 {
            b' ' | b'\t' => BLANK,
            b'\n' | b'\r' => BREAK,
            0xC2 | 0xE2 => LONG_BREAK,
            0 => END,
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => FLOW,
            b':' => COLON,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' => WORD,
            _ => 0,
        };
        table[byte] = class;
        byte += 1;
    }
    table
}

/// The class of a byte.
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// How many bytes the line break at the start of `text` takes; 0 if there is none.
pub(super) fn break_width(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] | [0xC2, 0x85, ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// What a line break reads as: all but LS and PS become a line feed.
pub(super) fn break_text(text: &[u8]) -> &[u8] {
    match text {
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => &text[..3],
        _ => b"\n",
    }
}

/// The length of a character by its first byte.
pub(super) fn char_width(first: u8) -> usize {
    match first {
        0x00..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// Where the line that starts at or goes on from `from` ends: at its break or at the end of the text.
pub(super) fn line_end(text: &[u8], from: usize) -> usize {
    let rest = &text[from..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = &rest[..end];
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'\r', 0xC2, 0xE2, &line[at..]) {
        at += found;
        if break_width(&rest[at..]) > 0 {
            return from + at;
        }
        at += 1;
    }
    from + end
}
