//! A place in a TOML text, and steps over characters and back.

/// What is wrong, and on which line.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) message: String,
}

pub(super) type Result<T = ()> = std::result::Result<T, Flaw>;

/// What the end of the text reads as; the character itself is refused.
pub(super) const END: char = '\0';

pub(super) struct Cursor<'a> {
    text: &'a [u8],
    /// Where the token starts.
    start: usize,
    at: usize,
    pub(super) line: usize,
    /// Whether the last step went over the end.
    ended: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
            line: 1,
            ended: false,
        }
    }

    /// Steps over a character.
    pub(super) fn next(&mut self) -> Result<char> {
        let rest = &self.text[self.at..];
        let Some(&byte) = rest.first() else {
            self.ended = true;
            return Ok(END);
        };
        self.line += usize::from(byte == b'\n');
        let (character, width) = bstr::decode_utf8(rest);
        let Some(character) = character else {
            return Err(self.here(format!("invalid UTF-8 byte: 0x{byte:02x}")));
        };
        let control = character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r');
        if control || byte == b'\r' && rest.get(1) != Some(&b'\n') {
            return Err(self.here(format!(
                "TOML files cannot contain control characters: '0x{byte:02x}'"
            )));
        }
        self.at += width;
        Ok(character)
    }

    /// Takes the last step back.
    pub(super) fn back(&mut self) {
        if self.ended {
            self.ended = false;
            return;
        }
        self.at -= 1;
        while self.text[self.at] & 0xC0 == 0x80 {
            self.at -= 1;
        }
        self.line -= usize::from(self.text[self.at] == b'\n');
    }

    pub(super) fn peek(&mut self) -> Result<char> {
        let character = self.next()?;
        self.back();
        Ok(character)
    }

    /// Steps over `wanted` if it is next.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool> {
        let found = self.next()? == wanted;
        if !found {
            self.back();
        }
        Ok(found)
    }

    /// Steps over all that is accepted.
    pub(super) fn run(&mut self, accepts: impl Fn(char) -> bool) -> Result {
        while accepts(self.next()?) {}
        self.back();
        Ok(())
    }

    pub(super) fn skip_blanks(&mut self) -> Result {
        self.run(is_blank)?;
        self.begin();
        Ok(())
    }

    /// Steps to the end of a comment's line.
    pub(super) fn skip_comment(&mut self) -> Result {
        self.run(|character| !is_break(character) && character != END)
    }

    /// A token starts here.
    pub(super) fn begin(&mut self) {
        self.start = self.at;
    }

    /// The token up to here.
    pub(super) fn token(&self) -> &'a [u8] {
        &self.text[self.start..self.at]
    }

    pub(super) fn token_text(&self) -> String {
        String::from_utf8_lossy(self.token()).into_owned()
    }

    /// A flaw at this place; the end of the text counts to the line before its last break.
    pub(super) fn flaw(&self, message: impl Into<String>) -> Flaw {
        let after_break = self.ended && self.text.last() == Some(&b'\n');
        Flaw {
            line: self.line - usize::from(after_break),
            message: message.into(),
        }
    }

    /// As [`Cursor::flaw`], for the few that do not look what stands before the end.
    pub(super) fn here(&self, message: impl Into<String>) -> Flaw {
        Flaw {
            line: self.line - usize::from(self.ended),
            message: message.into(),
        }
    }

    /// A flaw on the line whose break was stepped over.
    pub(super) fn line_before(&self, message: impl Into<String>) -> Flaw {
        Flaw {
            line: self.line - 1,
            message: message.into(),
        }
    }
}

pub(super) fn is_blank(character: char) -> bool {
    matches!(character, '\t' | ' ')
}

pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r')
}
