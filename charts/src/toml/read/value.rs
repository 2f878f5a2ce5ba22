//! Values: what comes after `=`, in lists and in inline tables.

use gotemplate::format::{quoted, quoted_character};
use gotemplate::{Map, Str, Value, grow};

use super::Reader;
use super::cursor::{END, Flaw, Result, is_blank, is_break};

/// Lists and inline tables may nest this deep.
const MAX_DEPTH: usize = 1000;

impl Reader<'_> {
    /// A value, and whether it is a list in brackets.
    pub(super) fn value(&mut self, in_list: bool) -> Result<(Value, bool)> {
        self.cursor.skip_blanks()?;
        let first = self.cursor.next()?;
        match first {
            '[' => return Ok((self.nested(Self::list)?, true)),
            '{' => {
                let table = self.nested(|reader| reader.inline_table(in_list))?;
                return Ok((table, false));
            }
            _ => {}
        }
        let value = match first {
            '0'..='9' => {
                self.cursor.back();
                self.numeral()?
            }
            '"' | '\'' => self.string(first)?.into(),
            '.' => return Err(self.cursor.flaw("floats must start with a digit, not '.'")),
            '-' | '+' => self.signed_number()?,
            'i' | 'n' if self.accept_word()? => self.float()?,
            _ if first.is_alphabetic() => {
                self.cursor.back();
                self.boolean()?
            }
            END => return Err(self.cursor.flaw("unexpected EOF; expected value")),
            '\n' => return Err(self.cursor.line_before(unexpected(first))),
            _ => return Err(self.cursor.flaw(unexpected(first))),
        };
        Ok((value, false))
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Value>) -> Result<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.cursor.flaw("values nest too deeply"));
        }
        let value = grow(|| read(self));
        self.depth -= 1;
        value
    }

    fn string(&mut self, quote: char) -> Result<Str> {
        if self.cursor.accept(quote)? {
            if self.cursor.accept(quote)? {
                return self.long_string(quote);
            }
            self.cursor.back();
        }
        let (text, _) = if quote == '"' {
            self.basic_string()?
        } else {
            self.raw_string()?
        };
        Ok(text)
    }

    /// The rest of `inf` or `nan`; what only resembles them is refused as a number.
    fn accept_word(&mut self) -> Result<bool> {
        let infinite = self.cursor.accept('n')? && self.cursor.accept('f')?;
        Ok(infinite || self.cursor.accept('a')? && self.cursor.accept('n')?)
    }

    fn boolean(&mut self) -> Result<Value> {
        let start = self.cursor.token().len();
        self.cursor.run(char::is_alphabetic)?;
        match &self.cursor.token()[start..] {
            b"true" => Ok(true.into()),
            b"false" => Ok(false.into()),
            word => Err(self
                .cursor
                .flaw(format!("expected value but found {} instead", quoted(word)))),
        }
    }

    fn list(&mut self) -> Result<Value> {
        let key = self.context.current.clone();
        self.context.set_type(&key, true);
        let mut items = Vec::new();
        loop {
            match self.next_in_brackets()? {
                ',' => return Err(self.cursor.flaw("unexpected comma")),
                ']' => break,
                _ => self.cursor.back(),
            }
            items.push(self.value(true)?.0);
            match self.next_in_brackets()? {
                ',' => {}
                ']' => break,
                character => {
                    return Err(self.cursor.flaw(format!(
                        "expected a comma (',') or array terminator (']'), but got {}",
                        shown(character)
                    )));
                }
            }
        }
        Ok(Value::List(items.into()))
    }

    /// The next character that is neither blank nor line break nor comment.
    fn next_in_brackets(&mut self) -> Result<char> {
        loop {
            match self.cursor.next()? {
                '#' => self.cursor.skip_comment()?,
                character if is_blank(character) || is_break(character) => {}
                character => return Ok(character),
            }
        }
    }

    fn inline_table(&mut self, in_list: bool) -> Result<Value> {
        let outside = (self.context.table.clone(), self.context.current.clone());
        let mut table = outside.0.clone();
        table.push(std::mem::take(&mut self.context.current));
        self.context.table.clone_from(&table);
        self.context.imply(table.clone());
        self.context.enter(table.clone(), in_list)?;
        let content = Map::new();
        loop {
            match self.next_in_brackets()? {
                ',' => return Err(self.cursor.flaw("unexpected comma")),
                '}' => break,
                _ => self.cursor.back(),
            }
            self.inline_entry(&content)?;
            self.context.table.clone_from(&table);
            match self.next_in_brackets()? {
                ',' => {}
                '}' => break,
                character => {
                    return Err(self.cursor.flaw(format!(
                        "expected a comma or an inline table terminator '}}', but got {} instead",
                        shown(character)
                    )));
                }
            }
        }
        (self.context.table, self.context.current) = outside;
        Ok(content.into())
    }

    fn inline_entry(&mut self, content: &Map) -> Result {
        let key = self.key()?;
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        self.context.current = last.clone();
        self.context.enter_parents(parents)?;
        let (value, in_brackets) = self.value(false)?;
        self.context.set(last, value.clone())?;
        self.context.set_type(last, in_brackets);
        let mut inside = content.clone();
        for part in parents {
            if !inside.contains_key(part) {
                inside.insert(part.clone(), Map::new());
            }
            match inside.get(part) {
                Some(Value::Map(map)) => inside = map,
                _ => return Err(self.context.is_no_table()),
            }
        }
        inside.insert(last.clone(), value);
        Ok(())
    }

    /// The flaw of a value that ended here.
    pub(super) fn flaw_of_value(&self, message: impl Into<String>) -> Flaw {
        Flaw {
            line: self.cursor.line,
            message: message.into(),
        }
    }
}

fn unexpected(character: char) -> String {
    format!("expected value but found {} instead", quoted_character(character))
}

fn shown(character: char) -> String {
    match character {
        END => "end of file".to_owned(),
        character => format!("'{character}'"),
    }
}
