//! Escapes and character classes.

use regex_syntax::hir::Look;

use super::class::{self, Set};
use super::parse::{ParseError, Parser};

impl Parser<'_> {
    pub(super) fn backslash(&mut self) -> Result<(), ParseError> {
        match self.rest.as_bytes().get(1) {
            Some(b'A') => return self.look(Look::Start, 2),
            Some(b'z') => return self.look(Look::End, 2),
            Some(b'b') => return self.look(Look::WordAscii, 2),
            Some(b'B') => return self.look(Look::WordAsciiNegate, 2),
            Some(b'C') => return Err(ParseError::new("invalid escape sequence", r"\C")),
            Some(b'Q') => {
                let quoted = &self.rest[2..];
                let (literal, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                self.rest = rest;
                return literal
                    .chars()
                    .try_for_each(|character| self.literal(u32::from(character)));
            }
            _ => {}
        }
        if let Some(set) = self.escaped_class()? {
            let set = self.counted(set)?;
            return self.push(set.into_tree());
        }
        let code = self.escape()?;
        self.literal(code)
    }

    /// `\d`, `\pL` and their like, inside and outside brackets.
    fn escaped_class(&mut self) -> Result<Option<Set>, ParseError> {
        let Some(rest) = self.rest.strip_prefix('\\') else {
            return Ok(None);
        };
        let Some(&letter) = rest.as_bytes().first() else {
            return Ok(None);
        };
        if let Some(set) = class::perl(letter.to_ascii_lowercase()) {
            self.skip(2);
            return Ok(Some(self.fold(set).negated(letter.is_ascii_uppercase())));
        }
        if !letter.eq_ignore_ascii_case(&b'p') || rest.len() == 1 {
            return Ok(None);
        }
        let bad = |part: &str| ParseError::new("invalid character class range", part);
        let whole = self.rest;
        let (name, length) = if rest[1..].starts_with('{') {
            let end = whole.find('}').ok_or_else(|| bad(whole))?;
            (&whole[3..end], end + 1)
        } else {
            let width = rest[1..].chars().next().map_or(0, char::len_utf8);
            (&whole[2..2 + width], 2 + width)
        };
        let (inverted, bare) = name.strip_prefix('^').map_or((false, name), |bare| (true, bare));
        let set = class::unicode(bare).ok_or_else(|| bad(&whole[..length]))?;
        self.skip(length);
        Ok(Some(self.fold(set).negated(inverted != (letter == b'P'))))
    }

    fn fold(&self, set: Set) -> Set {
        if self.flags.fold_case { set.folded() } else { set }
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<u32, ParseError> {
        let whole = self.rest;
        self.skip(1);
        if self.rest.is_empty() {
            return Err(ParseError::new("trailing backslash at end of expression", ""));
        }
        let first = self.next_character();
        let code = match char::from_u32(first) {
            Some(digit @ '0'..='7')
                if digit == '0' || self.rest.starts_with(|next| matches!(next, '0'..='7')) =>
            {
                Some(self.octal(first - u32::from('0')))
            }
            Some('x') => self.hexadecimal(),
            Some('a') => Some(7),
            Some('f') => Some(0x0c),
            Some('n') => Some(0x0a),
            Some('r') => Some(0x0d),
            Some('t') => Some(0x09),
            Some('v') => Some(0x0b),
            Some(other) if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(first),
            _ => None,
        };
        let read = &whole[..whole.len() - self.rest.len()];
        code.ok_or_else(|| ParseError::new("invalid escape sequence", read))
    }

    fn octal(&mut self, first: u32) -> u32 {
        let mut code = first;
        for _ in 1..3 {
            let Some(digit) = self
                .rest
                .chars()
                .next()
                .filter(|digit| ('0'..='7').contains(digit))
            else {
                break;
            };
            code = code * 8 + (u32::from(digit) - u32::from('0'));
            self.skip(1);
        }
        code
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digit = |parser: &mut Self| {
            (!parser.rest.is_empty())
                .then(|| char::from_u32(parser.next_character()))
                .flatten()
        };
        let first = digit(self)?;
        if first != '{' {
            let second = digit(self)?;
            return Some(first.to_digit(16)? * 16 + second.to_digit(16)?);
        }
        let (mut code, mut digits) = (0, 0);
        loop {
            let next = digit(self)?;
            if next == '}' {
                return (digits > 0).then_some(code);
            }
            code = code * 16 + next.to_digit(16)?;
            digits += 1;
            if code > class::LAST {
                return None;
            }
        }
    }

    pub(super) fn class(&mut self) -> Result<(), ParseError> {
        let whole = self.rest;
        self.skip(1);
        let negated = self.rest.starts_with('^');
        if negated {
            self.skip(1);
        }
        let mut parts = Vec::new();
        while parts.is_empty() || !self.rest.starts_with(']') {
            let part = self.class_part(whole)?;
            parts.push(self.counted(part)?);
        }
        self.skip(1);
        self.push(Set::union(&parts).negated(negated).into_tree())
    }

    /// `[:alpha:]` and its like; without its end it is no such class.
    fn named_class(&mut self) -> Result<Option<Set>, ParseError> {
        let Some(inside) = self.rest.strip_prefix("[:") else {
            return Ok(None);
        };
        let Some(length) = inside.find(":]") else {
            return Ok(None);
        };
        let (whole, name) = (&self.rest[..length + 4], &inside[..length]);
        let (inverted, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
        let set =
            class::posix(name).ok_or_else(|| ParseError::new("invalid character class range", whole))?;
        self.skip(whole.len());
        Ok(Some(self.fold(set).negated(inverted)))
    }

    fn class_part(&mut self, whole: &str) -> Result<Set, ParseError> {
        if let Some(set) = self.named_class()? {
            return Ok(set);
        }
        if let Some(set) = self.escaped_class()? {
            return Ok(set);
        }
        let range = self.rest;
        let low = self.class_character(whole)?;
        let mut high = low;
        if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.skip(1);
            high = self.class_character(whole)?;
            if high < low {
                let read = &range[..range.len() - self.rest.len()];
                return Err(ParseError::new("invalid character class range", read));
            }
        }
        Ok(self.fold(Set::of(&[(low, high)])))
    }

    fn class_character(&mut self, whole: &str) -> Result<u32, ParseError> {
        match self.rest.as_bytes().first() {
            None => Err(ParseError::new("missing closing ]", whole)),
            Some(b'\\') => self.escape(),
            Some(_) => Ok(self.next_character()),
        }
    }
}
