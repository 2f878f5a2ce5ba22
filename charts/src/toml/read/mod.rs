//! TOML text to values: whole numbers become `int64`, times keep whether they had a zone.

mod context;
mod cursor;
mod datetime;
mod number;
mod string;
mod value;

use gotemplate::format::{quoted, quoted_character};
use gotemplate::{Map, Str};

use context::{Context, Key};
use cursor::{Cursor, END, Flaw, Result, is_blank, is_break};

/// Why a text is no TOML.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    last_key: String,
    message: String,
}

impl std::error::Error for Problem {}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            last_key,
            message,
        } = self;
        if last_key.is_empty() {
            write!(f, "toml: line {line}: {message}")
        } else {
            let last_key = quoted(last_key.as_bytes());
            write!(f, "toml: line {line} (last key {last_key}): {message}")
        }
    }
}

/// Reads a TOML text.
pub fn read(text: &[u8]) -> std::result::Result<Map, Problem> {
    const MARKS: [&[u8]; 3] = [b"\xFF\xFE", b"\xFE\xFF", b"\xEF\xBB\xBF"];
    let text = MARKS
        .iter()
        .find_map(|mark| text.strip_prefix(*mark))
        .unwrap_or(text);
    if text.iter().take(6).any(|&byte| byte == 0) {
        return Err(Problem {
            line: 1,
            last_key: String::new(),
            message: "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
                .to_owned(),
        });
    }
    let mut reader = Reader {
        cursor: Cursor::new(text),
        context: Context::default(),
        depth: 0,
    };
    match reader.document() {
        Ok(()) => Ok(reader.context.root),
        Err(Flaw { line, message }) => Err(Problem {
            line,
            last_key: reader.context.last_key(),
            message,
        }),
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    context: Context,
    depth: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result {
        loop {
            match self.cursor.next()? {
                END => return Ok(()),
                '#' => self.cursor.skip_comment()?,
                '[' => {
                    self.header()?;
                    self.line_end()?;
                }
                character if is_blank(character) || is_break(character) => {}
                _ => {
                    self.cursor.back();
                    self.assignment()?;
                    self.line_end()?;
                }
            }
        }
    }

    /// After a header or a value its line must end.
    fn line_end(&mut self) -> Result {
        self.cursor.skip_blanks()?;
        match self.cursor.next()? {
            '#' => self.cursor.skip_comment(),
            END => {
                self.cursor.back();
                Ok(())
            }
            character if is_break(character) => Ok(()),
            character => Err(self.cursor.flaw(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                quoted_character(character)
            ))),
        }
    }

    /// `[table]` or `[[item of a list]]`.
    fn header(&mut self) -> Result {
        let item = self.cursor.accept('[')?;
        let mut key = Key::new();
        loop {
            self.cursor.skip_blanks()?;
            let part = match self.cursor.peek()? {
                ']' | END => {
                    return Err(self
                        .cursor
                        .flaw("unexpected end of table name (table names cannot be empty)"));
                }
                '.' => {
                    return Err(self
                        .cursor
                        .flaw("unexpected table separator (table names cannot be empty)"));
                }
                _ => self.key_part(key.is_empty())?,
            };
            key.push(part);
            self.cursor.skip_blanks()?;
            match self.cursor.next()? {
                '.' => {}
                ']' => break,
                character => {
                    return Err(self.cursor.flaw(format!(
                        "expected '.' or ']' to end table name, but got {} instead",
                        quoted_character(character)
                    )));
                }
            }
        }
        if item {
            let character = self.cursor.next()?;
            if character != ']' {
                return Err(self.cursor.flaw(format!(
                    "expected end of table array name delimiter ']', but got {} instead",
                    quoted_character(character)
                )));
            }
        }
        self.context.enter(key, item)?;
        self.context.set_type(&Str::EMPTY, false);
        Ok(())
    }

    fn assignment(&mut self) -> Result {
        let outside = self.context.table.clone();
        let key = self.key()?;
        let (last, parents) = key
            .split_last()
            .map_or((Str::EMPTY, &key[..]), |(last, parents)| (last.clone(), parents));
        self.context.current = last.clone();
        self.context.enter_parents(parents)?;
        let (value, in_brackets) = self.value(false)?;
        self.context.set(&last, value)?;
        self.context.set_type(&last, in_brackets);
        self.context.table = outside;
        self.context.current = Str::EMPTY;
        Ok(())
    }

    /// A key with its `=`.
    fn key(&mut self) -> Result<Key> {
        self.cursor.skip_blanks()?;
        match self.cursor.peek()? {
            '=' | END => return Err(self.cursor.flaw("unexpected '=': key name appears blank")),
            '.' => return Err(self.cursor.flaw("unexpected '.': keys cannot start with a '.'")),
            _ => {}
        }
        let mut key = Key::new();
        loop {
            self.cursor.skip_blanks()?;
            match self.cursor.peek()? {
                '=' | END => return Err(self.cursor.flaw("unexpected '='")),
                '.' => return Err(self.cursor.flaw("unexpected '.'")),
                _ => {}
            }
            let part = self.key_part(key.is_empty())?;
            key.push(part);
            self.cursor.skip_blanks()?;
            match self.cursor.next()? {
                '.' => {}
                '=' => return Ok(key),
                END => return Err(self.cursor.flaw("unexpected EOF; expected key separator '='")),
                character => {
                    let message = format!(
                        "expected '.' or '=', but got {} instead",
                        quoted_character(character)
                    );
                    return Err(match character {
                        '\n' => self.cursor.line_before(message),
                        _ => self.cursor.flaw(message),
                    });
                }
            }
        }
    }

    /// A part of a key, bare or in quotes; the first one is what messages about the key point to.
    fn key_part(&mut self, first: bool) -> Result<Str> {
        self.cursor.begin();
        let (part, line) = match self.cursor.next()? {
            '"' => self.basic_string()?,
            '\'' => self.raw_string()?,
            _ => {
                self.cursor.back();
                self.cursor
                    .run(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))?;
                (Str::new(self.cursor.token()), self.cursor.line)
            }
        };
        if first {
            self.context.line = line;
        }
        Ok(part)
    }
}
