//! The tokens as the parser takes them: with two of look-ahead, and a memory for error messages.

use super::class::is_space;
use super::lexer::Lexer;
use super::token::{Kind, Token, describe};
use super::tree::Position;
use crate::error::ErrorKind;
use crate::{Error, Site};

pub(super) struct Tokens<'s> {
    text: &'s [u8],
    file: &'s str,
    lexer: Lexer<'s>,
    /// The last token read is the first; those pushed back stand behind it.
    buffer: [Token; 2],
    pushed_back: usize,
    /// Where the action began that is being parsed.
    pub(super) action: Option<Position>,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(file: &'s str, text: &'s [u8]) -> Self {
        let nothing = Token {
            kind: Kind::End,
            is_spaced: false,
            start: 0,
            end: 0,
        };
        Self {
            text,
            file,
            lexer: Lexer::new(text),
            buffer: [nothing; 2],
            pushed_back: 0,
            action: None,
        }
    }

    pub(super) fn loop_keywords(&mut self, keywords: [bool; 2]) {
        self.lexer.loop_keywords = keywords;
    }

    pub(super) fn source(&self) -> &'s [u8] {
        self.text
    }

    pub(super) fn text(&self, token: Token) -> &'s [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    #[inline]
    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.pushed_back -= 1;
        token
    }

    pub(super) fn back(&mut self) {
        self.pushed_back += 1;
    }

    /// Pushes back the last token and the one before it.
    pub(super) fn back_two(&mut self, before: Token) {
        self.buffer[1] = before;
        self.pushed_back = 2;
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Token {
        if self.pushed_back == 0 {
            self.buffer[0] = self.lexer.next();
            self.pushed_back = 1;
        }
        self.buffer[(self.pushed_back - 1) % 2]
    }

    pub(super) fn expect(&mut self, kinds: &[Kind], context: &str) -> Result<Token, Error> {
        let token = self.next();
        if kinds.contains(&token.kind) {
            Ok(token)
        } else {
            Err(self.unexpected(token, context))
        }
    }

    fn line(&self, position: Position) -> usize {
        line(self.text, position)
    }

    /// The last token read.
    pub(super) fn last(&self) -> Token {
        self.buffer[0]
    }

    /// Where the fields end of which this token is the first; white space behind them counts as a token here.
    #[cold]
    pub(super) fn after_fields(&mut self, first: Token) -> Token {
        let next = self.peek();
        let fields = &self.text[first.start as usize..next.start as usize];
        match fields.iter().position(|&byte| is_space(byte.into())) {
            Some(length) if next.is_spaced => Token {
                start: first.start + Position::try_from(length).unwrap_or_default(),
                ..next
            },
            _ => next,
        }
    }

    /// A parse error at the last token read.
    #[cold]
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        self.error_at(self.last(), message)
    }

    #[cold]
    pub(super) fn error_at(&self, token: Token, message: impl Into<String>) -> Error {
        let site = Site {
            file: self.file.to_owned(),
            line: self.line(token.start),
            column: None,
            executing: None,
            at: None,
        };
        Error::of(ErrorKind::Parse, message).at(site)
    }

    #[cold]
    pub(super) fn unexpected(&self, token: Token, context: &str) -> Error {
        if token.kind != Kind::Error {
            let token = describe(token.kind, self.text(token));
            return self.error(format!("unexpected {token} in {context}"));
        }
        let complaint = self.lexer.error();
        let started = self.action.map(|action| self.line(action));
        match started.filter(|&line| line != self.line(token.start)) {
            Some(line) => {
                let action = if complaint.ends_with(" action") {
                    ""
                } else {
                    " in action"
                };
                self.error(format!("{complaint}{action} started at {}:{line}", self.file))
            }
            None => self.error(complaint),
        }
    }
}

/// The line of a position, from 1.
pub(crate) fn line(text: &[u8], position: Position) -> usize {
    1 + bstr::ByteSlice::find_iter(&text[..position as usize], b"\n").count()
}
