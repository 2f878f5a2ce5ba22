//! Text in, tokens out.
//!
//! A key is known as one only when its `:` is found, so tokens wait in a queue until that is settled, and the
//! tokens that open a mapping are put in before the key.

mod block;
mod cursor;
mod direct;
mod fetch;
mod names;
mod plain;
mod quoted;
mod token;

use std::collections::VecDeque;

use super::problem::Problem;
use cursor::Cursor;
pub(super) use token::{Scalar, Spanned, Tag, Token};

/// A key must be settled within this many characters.
const KEY_REACH: usize = 1024;

type Result<T> = std::result::Result<T, Problem>;

/// Reads tokens from a checked text.
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    /// Tokens not yet taken, and how many were taken.
    queue: VecDeque<Spanned<'a>>,
    taken: usize,
    /// The column of the block that is open, -1 for none, and those around it.
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    /// Whether a key may start here.
    key_allowed: bool,
    /// The possible key of each level of brackets.
    keys: Vec<PossibleKey>,
    /// No key below this one is possible.
    first_key: usize,
    /// What is wrong where the text was cut.
    cut: Option<Problem>,
    ended: bool,
}

/// A token that is a key if a `:` follows.
#[derive(Clone, Copy, Default)]
struct PossibleKey {
    possible: bool,
    /// The token waits in the queue until it is settled.
    awaited: bool,
    /// Nothing but a key may stand here.
    required: bool,
    /// The number of the token.
    number: usize,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner of text that is well-formed up to its end, where `cut` may say why it ends.
    pub(super) fn new(text: &'a [u8], cut: Option<Problem>) -> Self {
        Self {
            cursor: Cursor::new(text),
            queue: VecDeque::with_capacity(16),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![PossibleKey::default()],
            first_key: 0,
            cut,
            ended: false,
        }
    }

    /// The next token, which stays in place.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<&Spanned<'a>> {
        while self.queue.is_empty() || self.head_may_be_key()? {
            if let Err(problem) = self.fetch() {
                return Err(self.blame_cut(problem));
            }
        }
        Ok(&self.queue[0])
    }

    /// Takes the token that was peeked at.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Spanned<'a>> {
        self.taken += 1;
        self.queue.pop_front()
    }

    /// A problem at the very end of a text that was cut is that of the cut.
    fn blame_cut(&mut self, problem: Problem) -> Problem {
        if self.cursor.rest().len() < 4 {
            self.cut.take().unwrap_or(problem)
        } else {
            problem
        }
    }

    fn push(&mut self, token: Token<'a>, line: usize) {
        self.queue.push_back(Spanned {
            token,
            line,
            end_line: self.cursor.line,
        });
    }

    fn push_here(&mut self, token: Token<'a>) {
        self.push(token, self.cursor.line);
    }

    /// Puts a token before the one with the given number; if that was taken, at the end.
    fn insert(&mut self, number: usize, token: Token<'a>, line: usize) {
        let spanned = Spanned {
            token,
            line,
            end_line: line,
        };
        match number.checked_sub(self.taken) {
            Some(place) => self.queue.insert(place, spanned),
            None => self.queue.push_back(spanned),
        }
    }

    fn next_number(&self) -> usize {
        self.taken + self.queue.len()
    }

    fn problem(&self, text: &'static str) -> Problem {
        Problem::scanning(self.cursor.line, text)
    }

    /// Whether the first token of the queue may yet turn out to be a key.
    fn head_may_be_key(&mut self) -> Result<bool> {
        while self.keys.get(self.first_key).is_some_and(|key| !key.possible) {
            self.first_key += 1;
        }
        match self.keys.get(self.first_key) {
            Some(key) if key.awaited && key.number == self.taken => self.is_key_in_reach(self.first_key),
            _ => Ok(false),
        }
    }

    /// Whether a key can still be settled; it must be on one line and short.
    fn is_key_in_reach(&mut self, index: usize) -> Result<bool> {
        let key = self.keys[index];
        if !key.possible {
            return Ok(false);
        }
        let distance = self.cursor.at - key.at;
        let reached = key.line == self.cursor.line
            && (distance <= KEY_REACH || count_chars(self.cursor.since(key.at)) <= KEY_REACH);
        if !reached {
            if key.required {
                return Err(self.problem("could not find expected ':'"));
            }
            self.keys[index].possible = false;
        }
        Ok(reached)
    }

    /// Notes that a key may start with the next token.
    fn save_key(&mut self) -> Result<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        let required = self.flow_level == 0 && self.indent == self.cursor.indent();
        let index = self.keys.len() - 1;
        self.keys[index] = PossibleKey {
            possible: true,
            awaited: true,
            required,
            number: self.next_number(),
            at: self.cursor.at,
            line: self.cursor.line,
            column: self.cursor.column(),
        };
        self.first_key = self.first_key.min(index);
        Ok(())
    }

    /// The token that might have been a key at this level is none.
    fn drop_key(&mut self) -> Result<()> {
        let index = self.keys.len() - 1;
        let key = &mut self.keys[index];
        if key.possible && key.required {
            return Err(self.problem("could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block if `column` lies right of the open one; its token goes before the token `number`.
    fn open_block(&mut self, column: usize, number: usize, token: Token<'a>) {
        let column = column.cast_signed();
        if self.flow_level == 0 && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            self.insert(number, token, self.cursor.line);
        }
    }

    /// Closes the blocks that lie right of `column`.
    fn close_blocks(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push_here(Token::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}

/// Characters in a text, as far as matters for keys.
fn count_chars(text: &[u8]) -> usize {
    text.iter()
        .take(4 * KEY_REACH + 4)
        .filter(|&&byte| byte & 0xC0 != 0x80)
        .count()
}
