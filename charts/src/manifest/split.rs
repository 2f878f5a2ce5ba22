//! A rendered file into its documents.

use crate::Generation;

/// The documents of a file that are not blank, in their order.
///
/// Helm 3 takes blanks away on both sides of a document; Helm 4 only before it, so that a last block scalar keeps its
/// line break.
pub fn split(text: &[u8], generation: Generation) -> Vec<&[u8]> {
    match generation {
        Generation::Helm3 => split_trimmed(text),
        Generation::Helm4 => split_lines(text),
    }
}

/// At every `---` that starts a line, whatever follows it.
fn split_lines(text: &[u8]) -> Vec<&[u8]> {
    let text = trim_start(text);
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"---") {
        // Dashes that follow a mark in its line are text.
        if at >= start && (at == 0 || text[at - 1] == b'\n') {
            parts.push(&text[start..at]);
            start = at + 3;
        }
    }
    parts.push(&text[start..]);
    let parts = parts.into_iter().map(trim_start);
    parts.filter(|part| !part.is_empty()).collect()
}

/// At every `---` at the start of the text or of a line, together with the blanks around it.
fn split_trimmed(text: &[u8]) -> Vec<&[u8]> {
    let text = trim_end(trim_start(text));
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"---") {
        if at < start || at != 0 && (at == start || text[at - 1] != b'\n') {
            continue;
        }
        let before = text[start..at].iter().rposition(|&byte| !is_blank(byte));
        parts.push(&text[start..before.map_or(start, |last| start + last + 1)]);
        let blanks = text[at + 3..].iter().take_while(|&&byte| is_blank(byte)).count();
        start = at + 3 + blanks;
    }
    parts.push(&text[start..]);
    let filled = parts.into_iter().filter(|part| !part.is_empty());
    filled.map(|part| trim_end(trim_start(part))).collect()
}

/// What `\s` stands for.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')
}

/// Whether the character at the start of a text is white space, and its width.
fn space_width(text: &[u8]) -> Option<usize> {
    match text {
        [b' ' | b'\t'..=b'\r', ..] => Some(1),
        [0xC2, 0x85 | 0xA0, ..] => Some(2),
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
        | [0xE2, 0x81, 0x9F, ..]
        | [0xE3, 0x80, 0x80, ..] => Some(3),
        _ => None,
    }
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let Some(width) = space_width(text) {
        text = &text[width..];
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    loop {
        let shorter =
            (1..=3.min(text.len())).find(|&width| space_width(&text[text.len() - width..]) == Some(width));
        match shorter {
            Some(width) => text = &text[..text.len() - width],
            None => return text,
        }
    }
}

/// Whether a text holds nothing but white space.
pub(super) fn is_empty(text: &[u8]) -> bool {
    trim_start(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, generation: Generation) -> Vec<String> {
        let parts = split(text.as_bytes(), generation);
        parts
            .iter()
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .collect()
    }

    #[test]
    fn helm_4_keeps_what_ends_a_document() {
        let text = "\n---\n# note\n---apiVersion: v1\nb: |\n  x\n\n--- # mark\nc: --- d\n---\n\n---";
        assert_eq!(
            parts(text, Generation::Helm4),
            ["# note\n", "apiVersion: v1\nb: |\n  x\n\n", "# mark\nc: --- d\n"]
        );
    }

    #[test]
    fn helm_3_trims_documents_on_both_sides() {
        let text = "\n---\n# note\n---apiVersion: v1\nb: |\n  x\n\n--- # mark\nc: --- d\n---\n\n---";
        assert_eq!(
            parts(text, Generation::Helm3),
            ["# note", "apiVersion: v1\nb: |\n  x", "# mark\nc: --- d", "---"]
        );
    }
}
