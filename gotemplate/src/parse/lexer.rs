//! Text to tokens, one at a time.

use bstr::{ByteSlice as _, Finder};

use super::class::{Class, is_alphanumeric, is_space};
use super::token::{Keyword, Kind, Token};
use super::tree::Position;
use crate::characters;
use crate::format::quote;

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
/// A trim marker is a minus and a space.
const MARKER: usize = 2;

pub(super) struct Lexer<'s> {
    pub(super) input: &'s [u8],
    /// Where the next token starts.
    pub(super) start: usize,
    pub(super) position: usize,
    inside_action: bool,
    /// Whether white space stands before the token.
    is_spaced: bool,
    open_parentheses: usize,
    /// Whether `break` and `continue` are keywords: not if functions have these names.
    pub(super) loop_keywords: [bool; 2],
    error: String,
    delimiter: Finder<'static>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(input: &'s [u8]) -> Self {
        Self {
            input,
            start: 0,
            position: 0,
            inside_action: false,
            is_spaced: false,
            open_parentheses: 0,
            loop_keywords: [true; 2],
            error: String::new(),
            delimiter: Finder::new(LEFT),
        }
    }

    /// What the last error token complains about.
    pub(super) fn error(&self) -> &str {
        &self.error
    }

    /// Apart from its callers, which mostly have a token at hand.
    #[inline(never)]
    pub(super) fn next(&mut self) -> Token {
        if self.inside_action {
            self.action()
        } else {
            self.text()
        }
    }

    pub(super) fn rest(&self) -> &'s [u8] {
        &self.input[self.position..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        characters::first(self.rest()).map(|(character, _)| character)
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let (character, width) = characters::first(self.rest())?;
        self.position += width;
        Some(character)
    }

    pub(super) fn take_any(&mut self, of: &[u8]) -> bool {
        let found = self.rest().first().is_some_and(|byte| of.contains(byte));
        self.position += usize::from(found);
        found
    }

    pub(super) fn take_all(&mut self, of: &[u8]) {
        while self.take_any(of) {}
    }

    fn skip(&mut self) {
        self.start = self.position;
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the parser takes no text of 4 GiB"
    )]
    pub(super) fn emit(&mut self, kind: Kind) -> Token {
        let token = Token {
            kind,
            is_spaced: self.is_spaced,
            start: self.start as Position,
            end: self.position as Position,
        };
        self.start = self.position;
        token
    }

    pub(super) fn fail(&mut self, message: impl Into<String>) -> Token {
        self.error = message.into();
        let token = self.emit(Kind::Error);
        self.input = &[];
        (self.start, self.position) = (0, 0);
        token
    }

    /// Text up to the next action. Comments leave nothing but what they trim.
    fn text(&mut self) -> Token {
        loop {
            let Some(length) = self.delimiter.find(self.rest()) else {
                self.position = self.input.len();
                return if self.position > self.start {
                    self.emit(Kind::Text)
                } else {
                    self.emit(Kind::End)
                };
            };
            if length > 0 {
                let delimiter = self.position + length;
                self.position = delimiter;
                if has_left_marker(&self.input[delimiter + LEFT.len()..]) {
                    self.position = self.start + trimmed_end(&self.input[self.start..delimiter]);
                }
                let token = self.emit(Kind::Text);
                self.position = delimiter;
                self.skip();
                if token.end > token.start {
                    return token;
                }
            }
            let after = self.position + LEFT.len();
            let marker = if has_left_marker(&self.input[after..]) {
                MARKER
            } else {
                0
            };
            if !self.input[after + marker..].starts_with(b"/*") {
                self.position = after;
                let token = self.emit(Kind::LeftDelimiter);
                self.position += marker;
                self.skip();
                self.inside_action = true;
                self.open_parentheses = 0;
                return token;
            }
            self.position = after + marker;
            self.skip();
            if let Err(message) = self.comment() {
                return self.fail(message);
            }
        }
    }

    fn comment(&mut self) -> Result<(), &'static str> {
        self.position += 2;
        let length = comment_length(self.rest()).ok_or("unclosed comment")?;
        self.position += length + 2;
        let trims = self
            .at_right_delimiter()
            .ok_or("comment ends before closing delimiter")?;
        self.leave(trims);
        self.skip();
        Ok(())
    }

    /// Whether a right delimiter is next, and if so whether it trims.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[MARKER..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    /// Passes the right delimiter and what it trims.
    fn leave(&mut self, trims: bool) {
        self.position += if trims { MARKER } else { 0 } + RIGHT.len();
        if trims {
            self.position += self
                .rest()
                .iter()
                .take_while(|&&byte| is_space(byte.into()))
                .count();
        }
    }

    fn right_delimiter(&mut self, trims: bool) -> Token {
        if trims {
            self.position += MARKER;
            self.skip();
        }
        self.position += RIGHT.len();
        let token = self.emit(Kind::RightDelimiter);
        if trims {
            self.position -= RIGHT.len() + MARKER;
            self.leave(true);
            self.skip();
        }
        self.inside_action = false;
        token
    }

    fn action(&mut self) -> Token {
        self.pass_spaces();
        let from = self.position;
        let Some(&byte) = self.rest().first() else {
            return self.fail("unclosed action");
        };
        let class = Class::of(byte);
        if (byte == b'}' || class == Class::Space)
            && let Some(trims) = self.at_right_delimiter()
        {
            if self.open_parentheses == 0 {
                return self.right_delimiter(trims);
            }
            return self.fail("unclosed left paren");
        }
        if class == Class::Letter {
            return self.word();
        }
        let character = if class == Class::Wide {
            self.take().unwrap_or(char::REPLACEMENT_CHARACTER)
        } else {
            self.position += 1;
            char::from(byte)
        };
        match character {
            '=' => self.emit(Kind::Assign),
            ':' if self.take() == Some('=') => self.emit(Kind::Declare),
            ':' => self.fail("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(b'"', "unterminated quoted string", Kind::String),
            '\'' => self.quoted(b'\'', "unterminated character constant", Kind::CharConstant),
            '`' => self.raw_string(),
            '$' => self.variable(),
            '.' if self.rest().first().is_some_and(|byte| !byte.is_ascii_digit()) => self.name(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.position = from;
                self.number()
            }
            '(' => {
                self.open_parentheses += 1;
                self.emit(Kind::LeftParenthesis)
            }
            ')' if self.open_parentheses == 0 => self.fail("unexpected right paren"),
            ')' => {
                self.open_parentheses -= 1;
                self.emit(Kind::RightParenthesis)
            }
            _ if is_alphanumeric(character) => self.word(),
            ' '..='~' => self.emit(Kind::Char),
            _ => self.fail(format!(
                "unrecognized character in action: {}",
                quote::code_point(character)
            )),
        }
    }

    /// Passes white space, but for what belongs to a right delimiter that trims.
    fn pass_spaces(&mut self) {
        let rest = self.rest();
        let mut run = rest
            .iter()
            .position(|&byte| Class::of(byte) != Class::Space)
            .unwrap_or(rest.len());
        if run > 0 {
            let last = &rest[run - 1..];
            run -= usize::from(has_right_marker(last) && last[MARKER..].starts_with(RIGHT));
            self.position += run;
            self.skip();
        }
        self.is_spaced = run > 0;
    }

    fn take_alphanumerics(&mut self) {
        let mut position = self.position;
        while let Some(&byte) = self.input.get(position) {
            position += match Class::of(byte) {
                Class::Letter | Class::Digit => 1,
                Class::Wide => match characters::first(&self.input[position..]) {
                    Some((character, width)) if is_alphanumeric(character) => width,
                    _ => break,
                },
                _ => break,
            };
        }
        self.position = position;
    }

    /// Whether what follows may stand behind a name.
    fn at_terminator(&self) -> bool {
        match self.rest() {
            [] | [b'}', b'}', ..] => true,
            [byte, ..] => matches!(Class::of(*byte), Class::Space | Class::Terminator),
        }
    }

    /// Go says which character is wrong; at the end of the text that is -1, which it shows as U+FFFD.
    fn bad_character(&mut self) -> Token {
        let character = self.peek().unwrap_or(char::REPLACEMENT_CHARACTER);
        self.fail(format!("bad character {}", quote::code_point(character)))
    }

    fn word(&mut self) -> Token {
        self.take_alphanumerics();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match Kind::of_word(&self.input[self.start..self.position]) {
            Kind::Keyword(Keyword::Break) if !self.loop_keywords[0] => Kind::Identifier,
            Kind::Keyword(Keyword::Continue) if !self.loop_keywords[1] => Kind::Identifier,
            kind => kind,
        };
        self.emit(kind)
    }

    fn variable(&mut self) -> Token {
        if self.at_terminator() {
            return self.emit(Kind::Variable);
        }
        self.name(Kind::Variable)
    }

    /// What follows a `.` or `$`.
    fn name(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
        }
        self.take_alphanumerics();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn quoted(&mut self, quote: u8, unterminated: &'static str, kind: Kind) -> Token {
        loop {
            let rest = self.rest();
            let ends = |byte: &u8| *byte == quote || matches!(byte, b'\\' | b'\n');
            let Some(length) = rest.iter().position(ends) else {
                return self.fail(unterminated);
            };
            self.position += length + 1;
            if rest[length] == quote {
                return self.emit(kind);
            }
            if rest[length] == b'\n' || matches!(self.take(), None | Some('\n')) {
                return self.fail(unterminated);
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        match self.rest().find_byte(b'`') {
            Some(length) => {
                self.position += length + 1;
                self.emit(Kind::RawString)
            }
            None => self.fail("unterminated raw quoted string"),
        }
    }
}

/// Bytes up to the end of a comment.
fn comment_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.find_byte(b'*')?;
        if text.get(at + 1) == Some(&b'/') {
            return Some(at);
        }
        at += 1;
    }
}

fn has_left_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if is_space((*space).into()))
}

fn has_right_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if is_space((*space).into()))
}

/// The length without the spaces at the end.
fn trimmed_end(text: &[u8]) -> usize {
    text.iter()
        .rposition(|&byte| !is_space(byte.into()))
        .map_or(0, |last| last + 1)
}
