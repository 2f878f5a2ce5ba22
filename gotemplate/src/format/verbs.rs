//! Reading a format: `%[index]flags width.precision verb`.

use super::printer::{Flags, Printer};
use crate::Value;
use crate::characters;

/// Wider than this is taken for a mistake.
const WIDEST: i64 = 1_000_000;

/// Where we are in a format and its arguments.
struct Reader<'f> {
    format: &'f [u8],
    position: usize,
    arguments: &'f [Value],
    next: usize,
    /// The last thing read was an index such as `[3]`.
    after_index: bool,
    /// Some index was used, so unused arguments are no mistake.
    reordered: bool,
    good_index: bool,
}

impl Printer<'_> {
    pub(super) fn printf(&mut self, format: &[u8], arguments: &[Value]) {
        let mut reader = Reader {
            format,
            position: 0,
            arguments,
            next: 0,
            after_index: false,
            reordered: false,
            good_index: true,
        };
        while reader.position < format.len() {
            reader.good_index = true;
            let rest = &format[reader.position..];
            let text = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
            self.write(&rest[..text]);
            reader.position += text;
            if text == rest.len() {
                break;
            }
            reader.position += 1;
            if !self.verb(&mut reader) {
                break;
            }
        }
        if !reader.reordered && reader.next < arguments.len() {
            self.extra(&arguments[reader.next..]);
        }
    }

    /// One `%…`; false at the end of the format.
    fn verb(&mut self, reader: &mut Reader<'_>) -> bool {
        self.flags = Flags::default();
        self.read_flags(reader);
        // A simple verb ends here: an index before it would no longer count.
        if let (Some(verb @ b'a'..=b'z'), Some(argument)) = (reader.peek(), reader.arguments.get(reader.next))
        {
            reader.next += 1;
            reader.position += 1;
            self.print(argument, char::from(verb));
            return true;
        }
        reader.index();
        self.read_width(reader);
        self.read_precision(reader);
        if !reader.after_index {
            reader.index();
        }
        let Some((verb, width)) =
            characters::first(&reader.format[reader.position.min(reader.format.len())..])
        else {
            self.write(b"%!(NOVERB)");
            return false;
        };
        reader.position += width;
        match reader.arguments.get(reader.next) {
            _ if verb == '%' => self.write(b"%"),
            _ if !reader.good_index => self.write(format!("%!{verb}(BADINDEX)").as_bytes()),
            None => self.write(format!("%!{verb}(MISSING)").as_bytes()),
            Some(argument) => {
                reader.next += 1;
                self.print(argument, verb);
            }
        }
        true
    }

    fn print(&mut self, argument: &Value, verb: char) {
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
            self.flags.plus_v = std::mem::take(&mut self.flags.plus);
        }
        self.argument(argument, verb);
    }

    fn read_flags(&mut self, reader: &mut Reader<'_>) {
        while let Some(byte) = reader.peek() {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => return,
            }
            reader.position += 1;
        }
    }

    fn read_width(&mut self, reader: &mut Reader<'_>) {
        if reader.peek() == Some(b'*') {
            reader.position += 1;
            match reader.star() {
                Some(width) => {
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                }
                None => self.write(b"%!(BADWIDTH)"),
            }
            reader.after_index = false;
            return;
        }
        self.flags.width = reader.number();
        if reader.after_index && self.flags.width.is_some() {
            reader.good_index = false;
        }
    }

    fn read_precision(&mut self, reader: &mut Reader<'_>) {
        if reader.peek() != Some(b'.') || reader.position + 1 >= reader.format.len() {
            return;
        }
        reader.position += 1;
        if reader.after_index {
            reader.good_index = false;
        }
        reader.index();
        if reader.peek() == Some(b'*') {
            reader.position += 1;
            self.flags.precision = reader
                .star()
                .and_then(|precision| usize::try_from(precision).ok());
            if self.flags.precision.is_none() {
                self.write(b"%!(BADPREC)");
            }
            reader.after_index = false;
        } else {
            self.flags.precision = Some(reader.number().unwrap_or(0));
        }
    }

    /// `%!(EXTRA type=value, …)`
    fn extra(&mut self, arguments: &[Value]) {
        self.flags = Flags::default();
        self.write(b"%!(EXTRA ");
        for (place, argument) in arguments.iter().enumerate() {
            self.write(if place > 0 { b", " } else { b"" });
            if argument.is_nil() {
                self.write(b"<nil>");
                continue;
            }
            self.write(format!("{}=", argument.type_name()).as_bytes());
            self.argument(argument, 'v');
        }
        self.write(b")");
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    /// A decimal number, if one is next. One that is too large is none, and takes the rest of the format with it.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            let so_far = number.unwrap_or(0);
            if so_far > WIDEST {
                self.position = self.format.len();
                return None;
            }
            number = Some(so_far * 10 + i64::from(byte - b'0'));
            self.position += 1;
        }
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// The next argument as a width or precision.
    fn star(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        let number = match argument {
            Value::Uint64(number) => i64::try_from(*number).ok()?,
            _ => argument.as_int()?,
        };
        (-WIDEST..=WIDEST).contains(&number).then_some(number)
    }

    /// `[n]`, if that is next.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.position..];
        let Some(close) = rest
            .iter()
            .position(|&byte| byte == b']')
            .filter(|_| rest.len() >= 3)
        else {
            self.good_index = false;
            self.position += 1;
            return;
        };
        let digits = &rest[1..close];
        self.position += close + 1;
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number
            .and_then(|text| text.parse::<usize>().ok())
            .filter(|&number| number <= 10_000_000);
        match number {
            Some(number) => {
                self.after_index = true;
                match number
                    .checked_sub(1)
                    .filter(|&index| index < self.arguments.len())
                {
                    Some(index) => self.next = index,
                    None => self.good_index = false,
                }
            }
            None => self.good_index = false,
        }
    }
}
