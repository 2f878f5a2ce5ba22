//! Strings to JSON.

/// Writes a string in quotes; `raw` leaves `<`, `>` and `&` as they are.
pub fn write_string(text: &[u8], raw: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut done = 0;
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        let width = match byte {
            b'"' | b'\\' | ..b' ' => 1,
            b'<' | b'>' | b'&' if !raw => 1,
            0x80.. => match long_character(&text[at..]) {
                (width, false) => {
                    at += width;
                    continue;
                }
                (width, true) => width,
            },
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&text[done..at]);
        escape(&text[at..at + width], out);
        at += width;
        done = at;
    }
    out.extend_from_slice(&text[done..]);
    out.push(b'"');
}

/// The width of a character of more than one byte, and whether it must be escaped.
fn long_character(text: &[u8]) -> (usize, bool) {
    let width = match text[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    match text.get(..width).map(std::str::from_utf8) {
        Some(Ok(character)) => (width, matches!(character, "\u{2028}" | "\u{2029}")),
        _ => (1, true),
    }
}

fn escape(character: &[u8], out: &mut Vec<u8>) {
    let short = match character {
        b"\"" | b"\\" => character[0],
        b"\n" => b'n',
        b"\r" => b'r',
        b"\t" => b't',
        b"\x08" => b'b',
        b"\x0C" => b'f',
        _ => {
            let code = match character {
                [0xE2, 0x80, last] => 0x2028 + u32::from(last - 0xA8),
                [byte @ ..0x80] => u32::from(*byte),
                _ => 0xFFFD,
            };
            out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
