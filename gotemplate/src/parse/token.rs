//! The words of the template language.

use super::tree::{Position, Span};
use crate::format::quote;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Bool,
    /// Printable ASCII that means nothing else, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParenthesis,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParenthesis,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Keyword(Keyword),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Whether white space stands before it, in an action.
    pub(super) is_spaced: bool,
    pub(super) start: Position,
    pub(super) end: Position,
}

impl Token {
    pub(super) fn span(self) -> Span {
        Span {
            start: self.start,
            end: self.end,
        }
    }
}

impl Kind {
    /// The kind of a word.
    pub(super) fn of_word(word: &[u8]) -> Self {
        Self::Keyword(match word {
            b"true" | b"false" => return Self::Bool,
            b"nil" => return Self::Nil,
            b"block" => Keyword::Block,
            b"break" => Keyword::Break,
            b"continue" => Keyword::Continue,
            b"define" => Keyword::Define,
            b"else" => Keyword::Else,
            b"end" => Keyword::End,
            b"if" => Keyword::If,
            b"range" => Keyword::Range,
            b"template" => Keyword::Template,
            b"with" => Keyword::With,
            _ => return Self::Identifier,
        })
    }
}

/// How an error names a token.
pub(super) fn describe(kind: Kind, text: &[u8]) -> String {
    let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match kind {
        Kind::End => "EOF".to_owned(),
        Kind::Dot | Kind::Nil | Kind::Keyword(_) => format!("<{}>", text_of(text)),
        _ if text.len() > 10 => format!("{}...", quote::quoted(quote::first_characters(text, 10))),
        _ => quote::quoted(text),
    }
}
