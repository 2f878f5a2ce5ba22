//! `camelcase`, `snakecase`, `kebabcase`.

use bstr::ByteSlice;

use crate::characters;
use crate::letters::{is_letter, is_number, is_punctuation, is_space, is_upper, to_lower, to_upper};

fn is_connector(character: char) -> bool {
    character == '-' || character == '_' || is_space(character)
}

/// Letters of scripts that have words; those of Chinese and its like stand alone.
fn is_word_letter(character: char) -> bool {
    is_letter(character)
        && !matches!(character, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// Words joined, each with a capital: `some_words` to `SomeWords`.
pub(crate) fn pascal_case(text: &[u8]) -> Vec<u8> {
    let mut output = String::with_capacity(text.len());
    let mut characters = characters::of(text).map(|(character, _)| character);
    // Connectors at the start stay.
    let Some(mut current) = characters.by_ref().find(|&character| {
        let connector = is_connector(character);
        if connector {
            output.push(character);
        }
        !connector
    }) else {
        return last_connector_twice(text, output);
    };
    let mut first_upper = is_upper(current);
    current = to_upper(current);
    for mut next in characters {
        let previous = current;
        if is_connector(next) && is_connector(previous) {
            output.push(previous);
        } else if is_connector(previous) {
            first_upper = is_upper(next);
            next = to_upper(next);
        } else {
            if first_upper {
                if is_upper(next) {
                    next = to_lower(next);
                } else {
                    first_upper = false;
                }
            }
            output.push(previous);
        }
        current = next;
    }
    output.push(current);
    output.into_bytes()
}

/// A text of nothing but connectors ends with one more.
fn last_connector_twice(text: &[u8], mut output: String) -> Vec<u8> {
    output.extend(text.chars().next_back());
    output.into_bytes()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Invalid,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Words in lower case with a connector between them: `HTTPServer` to `http_server`.
pub(crate) fn joined_lower_case(text: &[u8], connector: char) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut joiner = Joiner {
        output: Vec::with_capacity(text.len() + 8),
        connector,
        left: text,
    };
    joiner.run();
    joiner.output
}

struct Joiner<'t> {
    output: Vec<u8>,
    connector: char,
    left: &'t [u8],
}

impl<'t> Joiner<'t> {
    fn run(&mut self) {
        let (mut kind, mut word) = self.next();
        while !self.left.is_empty() {
            if kind != Word::Connector {
                self.write(kind, word);
            }
            let (previous, last) = (kind, word);
            (kind, word) = self.next();
            match previous {
                Word::Number => {
                    (kind, word) = self.write_run(kind, word);
                    if !matches!(kind, Word::Invalid | Word::Punctuation | Word::Connector) {
                        self.connect();
                    }
                }
                Word::Connector => self.write(previous, last),
                Word::Punctuation => {}
                _ if kind == Word::Number => (kind, word) = self.number(kind, word),
                _ if matches!(kind, Word::Connector | Word::Punctuation) => {}
                _ => self.connect(),
            }
        }
        self.write(kind, word);
    }

    /// A number behind a word: it belongs to that word, unless letters in lower case follow.
    fn number(&mut self, kind: Word, word: &'t [u8]) -> (Word, &'t [u8]) {
        if self.left.is_empty() {
            return (kind, word);
        }
        let number = word;
        let (kind, word) = self.next();
        if kind != Word::Letters {
            self.write(Word::Number, number);
            if !matches!(kind, Word::Connector | Word::Punctuation) {
                self.connect();
            }
            return (kind, word);
        }
        self.connect();
        self.write(Word::Number, number);
        let (kind, word) = self.write_run(kind, word);
        if !matches!(kind, Word::Invalid | Word::Connector | Word::Punctuation) {
            self.connect();
        }
        (kind, word)
    }

    fn write_run(&mut self, mut kind: Word, mut word: &'t [u8]) -> (Word, &'t [u8]) {
        while matches!(kind, Word::Letters | Word::Number) {
            self.write(kind, word);
            (kind, word) = self.next();
        }
        (kind, word)
    }

    fn connect(&mut self) {
        self.output
            .extend_from_slice(self.connector.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn write(&mut self, kind: Word, word: &[u8]) {
        if !matches!(kind, Word::Upper | Word::Connector) {
            self.output.extend_from_slice(word);
            return;
        }
        for character in word.chars() {
            let written = match character {
                _ if is_connector(character) => self.connector,
                _ if is_upper(character) => to_lower(character),
                _ => character,
            };
            self.output
                .extend_from_slice(written.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn next(&mut self) -> (Word, &'t [u8]) {
        let text = self.left;
        let (kind, length) = next_word(text);
        let (word, left) = text.split_at(length);
        self.left = left;
        (kind, word)
    }
}

/// The character at the start and its width; bytes of no character before it count to its width, and where nothing
/// but such bytes is left, `previous` stands in for it.
fn valid_character(text: &[u8], previous: char) -> (char, usize) {
    let mut width = 0;
    while width < text.len() {
        let (character, size) = bstr::decode_utf8(&text[width..]);
        width += size;
        match character {
            Some(character) if character != '\u{fffd}' => return (character, width),
            _ => {}
        }
    }
    (previous, width)
}

fn next_word(text: &[u8]) -> (Word, usize) {
    if text.is_empty() {
        return (Word::Invalid, 0);
    }
    let (first, length) = valid_character(text, '\u{fffd}');
    let run = |kind: Word, wanted: &dyn Fn(char) -> bool| (kind, end_of_run(text, length, first, wanted).0);
    match first {
        '\u{fffd}' => (Word::Invalid, length),
        _ if is_connector(first) => run(Word::Connector, &is_connector),
        _ if is_punctuation(first) => run(Word::Punctuation, &is_punctuation),
        _ if is_upper(first) => (Word::Upper, end_of_upper(text, length, first)),
        _ if is_word_letter(first) => run(Word::Letters, &|character| {
            is_word_letter(character) && !is_upper(character)
        }),
        _ if is_number(first) => run(Word::Number, &is_number),
        _ => run(Word::Other, &|character| {
            !(is_connector(character)
                || is_word_letter(character)
                || is_number(character)
                || is_punctuation(character))
        }),
    }
}

/// Where a run ends, the width of its last character, and the character that ended it.
fn end_of_run(text: &[u8], start: usize, first: char, wanted: &dyn Fn(char) -> bool) -> (usize, usize, char) {
    let (mut end, mut last_width, mut character) = (start, 0, first);
    while end < text.len() {
        let (next, width) = valid_character(&text[end..], character);
        character = next;
        if !wanted(next) {
            break;
        }
        (end, last_width) = (end + width, width);
    }
    (end, last_width, character)
}

fn end_of_upper(text: &[u8], start: usize, first: char) -> usize {
    if start >= text.len() {
        return start;
    }
    let (second, width) = valid_character(&text[start..], first);
    if is_upper(second) {
        let (end, last_width, next) = end_of_run(text, start + width, second, &is_upper);
        let last_width = if last_width == 0 { width } else { last_width };
        // The last capital of `HTTPServer` begins the next word.
        return if end < text.len() && is_word_letter(next) {
            end - last_width
        } else {
            end
        };
    }
    if is_word_letter(second) {
        let wanted = |character: char| is_word_letter(character) && !is_upper(character);
        return end_of_run(text, start + width, second, &wanted).0;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_with_a_connector() {
        for (text, expected) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO_PATH", "go_path"),
            ("GO PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
        ] {
            assert_eq!(
                joined_lower_case(text.as_bytes(), '_').as_bstr(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn words_are_joined_with_capitals() {
        for (text, expected) in [
            ("some_words", "SomeWords"),
            ("http_server", "HttpServer"),
            ("_complex__case_", "_Complex_Case_"),
            ("GOLANG_IS_GREAT", "GolangIsGreat"),
            ("a", "A"),
            ("", ""),
        ] {
            assert_eq!(pascal_case(text.as_bytes()).as_bstr(), expected, "{text}");
        }
    }
}
