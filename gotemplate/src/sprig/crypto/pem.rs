//! PEM: a named block of base64.

use crate::sprig::encoding::{decode64, encode64};

/// A block.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = encode64(bytes);
    let mut left = &encoded[..];
    while !left.is_empty() {
        let (line, rest) = left.split_at(left.len().min(64));
        text.push_str(line);
        text.push('\n');
        left = rest;
    }
    text + "-----END " + label + "-----\n"
}

/// The first block of a text.
pub(super) fn decode(text: &[u8]) -> Option<Block> {
    let text = String::from_utf8_lossy(text);
    let mut left = &text[..];
    loop {
        let start = left.find("-----BEGIN ")?;
        let at_line_start = start == 0 || left[..start].ends_with('\n');
        left = &left[start + 11..];
        if let (true, Some(block)) = (at_line_start, body(left)) {
            return Some(block);
        }
    }
}

/// The block whose label begins here.
fn body(text: &str) -> Option<Block> {
    let (first, rest) = text.split_once('\n')?;
    let label = first.trim_end().strip_suffix("-----")?;
    let (content, _) = rest.split_once(&format!("-----END {label}-----"))?;
    // Headers, if there are any, end with an empty line.
    let is_header = |line: &&str| line.contains(':');
    let mut lines = content.lines().peekable();
    while lines.peek().is_some_and(is_header) {
        lines.next();
    }
    let encoded: String = lines
        .flat_map(|line| line.chars().filter(|character| !character.is_ascii_whitespace()))
        .collect();
    Some(Block {
        label: label.to_owned(),
        bytes: decode64(encoded.as_bytes()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_among_other_text() {
        let text = format!("x\n{}y", encode("A B", &[7; 100]));
        let block = decode(text.as_bytes()).expect("a block");
        assert_eq!((&block.label[..], &block.bytes[..]), ("A B", &[7; 100][..]));
        assert!(decode(b"-----BEGIN A-----\n!\n-----END A-----\n").is_none());
    }
}
