//! Numbers: whole ones in four bases, and floats.

use gotemplate::Value;
use gotemplate::format::{quoted, quoted_character};

use super::Reader;
use super::cursor::Result;

impl Reader<'_> {
    /// What starts with a digit: a number or a time.
    pub(super) fn numeral(&mut self) -> Result<Value> {
        self.cursor.begin();
        if self.cursor.next()? == '0' {
            match self.cursor.next()? {
                '0'..='9' => {}
                'b' => return self.based("not a binary number", |digit| digit.is_digit(2)),
                'o' => return self.based("not an octal number", |digit| digit.is_digit(8)),
                'x' => return self.based("not a hexadecimal number", |digit| digit.is_ascii_hexdigit()),
                _ => {
                    self.cursor.back();
                    return self.decimal();
                }
            }
        }
        self.cursor.run(|character| character.is_ascii_digit())?;
        match self.cursor.peek()? {
            '-' | ':' => self.datetime(),
            _ => self.decimal(),
        }
    }

    pub(super) fn signed_number(&mut self) -> Result<Value> {
        match self.cursor.next()? {
            letter @ ('i' | 'n') => {
                let (second, third) = if letter == 'i' { ('n', 'f') } else { ('a', 'n') };
                if !self.cursor.accept(second)? || !self.cursor.accept(third)? {
                    return Err(self
                        .cursor
                        .flaw(format!("invalid float: '{}'", self.cursor.token_text())));
                }
                self.float()
            }
            '.' => Err(self.cursor.flaw("floats must start with a digit, not '.'")),
            digit @ '0'..='9' => {
                let base = self.cursor.peek()?;
                if digit == '0' && matches!(base, 'b' | 'o' | 'x') {
                    return Err(self.cursor.flaw(format!(
                        "cannot use sign with non-decimal numbers: '{}{base}'",
                        self.cursor.token_text()
                    )));
                }
                self.decimal()
            }
            character => Err(self.cursor.flaw(format!(
                "expected a digit but got {}",
                quoted_character(character)
            ))),
        }
    }

    fn based(&mut self, problem: &str, is_digit: fn(char) -> bool) -> Result<Value> {
        let next = self.cursor.peek()?;
        if !is_digit(next) {
            let token = self.cursor.token_text();
            return Err(self.cursor.flaw(format!("{problem}: '{token}{next}'")));
        }
        self.cursor
            .run(|character| is_digit(character) || character == '_')?;
        self.integer()
    }

    /// The rest of a number after its first digits.
    fn decimal(&mut self) -> Result<Value> {
        self.cursor
            .run(|character| character.is_ascii_digit() || character == '_')?;
        if !matches!(self.cursor.peek()?, '.' | 'e' | 'E') {
            return self.integer();
        }
        self.cursor.run(|character| {
            character.is_ascii_digit() || matches!(character, '_' | '.' | '-' | '+' | 'e' | 'E')
        })?;
        self.float()
    }

    fn integer(&mut self) -> Result<Value> {
        let text = self.cursor.token_text();
        let shown = quoted(text.as_bytes());
        if !are_underscores_inside(&text) {
            return Err(self.flaw_of_value(format!(
                "Invalid integer {shown}: underscores must be surrounded by digits"
            )));
        }
        if has_leading_zero(&text) {
            return Err(self.flaw_of_value(format!("Invalid integer {shown}: cannot have leading zeroes")));
        }
        let digits = text.replace('_', "");
        let number = match digits.get(..2) {
            Some("0b") => i64::from_str_radix(&digits[2..], 2),
            Some("0o") => i64::from_str_radix(&digits[2..], 8),
            Some("0x") => i64::from_str_radix(&digits[2..], 16),
            _ => digits.parse(),
        };
        number
            .map(Value::Int64)
            .map_err(|_| self.flaw_of_value(format!("{text} is out of range for int64")))
    }

    pub(super) fn float(&mut self) -> Result<Value> {
        let text = self.cursor.token_text();
        let shown = quoted(text.as_bytes());
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        let first = parts.clone().next().unwrap_or_default();
        if !parts.all(are_underscores_inside) {
            return Err(self.flaw_of_value(format!(
                "Invalid float {shown}: underscores must be surrounded by digits"
            )));
        }
        if has_leading_zero(first) {
            return Err(self.flaw_of_value(format!("Invalid float {shown}: cannot have leading zeroes")));
        }
        let mut after_points = text.split('.').skip(1);
        if !after_points.all(|part| part.starts_with(|digit: char| digit.is_ascii_digit())) {
            return Err(self.flaw_of_value(format!(
                "Invalid float {shown}: '.' must be followed by one or more digits"
            )));
        }
        let digits = text.replace('_', "");
        match digits.parse::<f64>() {
            Ok(number) if number.is_infinite() && !digits.ends_with("inf") => {
                Err(self.flaw_of_value(format!("{text} is out of range for float64")))
            }
            Ok(number) => Ok(Value::Float(number)),
            Err(_) => Err(self.flaw_of_value(format!("Invalid float value: {shown}"))),
        }
    }
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let signed = digits.len() < text.len();
    match digits.as_bytes() {
        [b'0', next, ..] => signed || !matches!(next, b'b' | b'o' | b'x'),
        _ => false,
    }
}

/// Whether each underscore stands between digits, of whatever base.
fn are_underscores_inside(text: &str) -> bool {
    if matches!(text.trim_start_matches(['-', '+']), "nan" | "inf") {
        return true;
    }
    let mut after_digit = false;
    for character in text.chars() {
        if character == '_' && !after_digit {
            return false;
        }
        after_digit = character.is_ascii_hexdigit();
    }
    after_digit
}
