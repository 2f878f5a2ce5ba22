//! Printing single values under a verb, with flags, width and precision.

use std::fmt::Write as _;
use std::io::Write as _;

use super::composite::Asked;
use super::integer::Integer;
use super::{float, own_text, quote};
use crate::characters;
use crate::{Kind, Value};

/// What stands between `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent flags")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`
    pub(super) plus_v: bool,
    /// `%#v`
    pub(super) sharp_v: bool,
}

impl Flags {
    /// Nothing that changes how a decimal number is printed.
    pub(super) fn plain(self) -> bool {
        self.width.is_none() && self.precision.is_none() && !self.plus && !self.space
    }
}

pub(super) struct Printer<'o> {
    out: &'o mut Vec<u8>,
    /// No more is begun when the output is longer.
    most: usize,
    pub(super) flags: Flags,
    /// A wrong verb is being reported: types do not speak for themselves then.
    reporting: bool,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, most: usize) -> Self {
        Self {
            out,
            most,
            flags: Flags::default(),
            reporting: false,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if !self.is_full() {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Formats into the output, without a text in between.
    pub(super) fn format(&mut self, text: std::fmt::Arguments<'_>) {
        if !self.is_full() {
            let _ = self.out.write_fmt(text);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.len() > self.most
    }

    pub(super) fn padding(&mut self, count: usize) {
        if !self.is_full() {
            let byte = if self.flags.zero && !self.flags.minus {
                b'0'
            } else {
                b' '
            };
            self.out.resize(self.out.len() + count, byte);
        }
    }

    /// Writes with spaces, or zeros, up to the width.
    pub(super) fn pad(&mut self, bytes: &[u8]) {
        let missing = match self.flags.width {
            None | Some(0) => 0,
            Some(width) => width.saturating_sub(characters::of(bytes).count()),
        };
        if !self.flags.minus {
            self.padding(missing);
        }
        self.write(bytes);
        if self.flags.minus {
            self.padding(missing);
        }
    }

    pub(super) fn without_zeros(&mut self, print: impl FnOnce(&mut Self)) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        print(self);
        self.flags.zero = zero;
    }

    /// An argument of its own, as opposed to an item of a list or map.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (_, 'T') => {
                self.string(value.type_name().as_bytes(), 's');
            }
            (Value::Nil, _) | (_, 'p') => self.bad_verb(value, verb),
            _ => self.value(value, verb, 0),
        }
    }

    pub(super) fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if self.is_full() {
            return;
        }
        if !self.reporting {
            if verb == 'w' {
                return self.bad_verb(value, verb);
            }
            if !self.flags.sharp_v
                && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
                && let Some(text) = own_text(value)
            {
                self.string(&text, verb);
                return;
            }
        }
        let known = match value {
            Value::Nil => {
                self.nil(depth);
                true
            }
            Value::Bool(value) => self.boolean(*value, verb),
            Value::Int(value) | Value::Int64(value) | Value::Duration(value) => {
                self.integer(Integer::signed(*value), verb)
            }
            Value::Int32(value) => self.integer(Integer::signed((*value).into()), verb),
            Value::Uint8(value) => self.integer(Integer::unsigned((*value).into()), verb),
            Value::Uint64(value) => self.integer(Integer::unsigned(*value), verb),
            Value::Float(value) => self.float(*value, verb),
            Value::String(value) => self.string(value, verb),
            Value::Bytes(value) if matches!(verb, 's' | 'q' | 'x' | 'X') => self.string(value, verb),
            Value::Object(object) => match (object.kind(), object.as_string(), object.as_int()) {
                (Kind::String, Some(text), _) => self.string(&text, verb),
                (Kind::Int | Kind::Int32 | Kind::Int64, _, Some(value)) => {
                    self.integer(Integer::signed(value), verb)
                }
                _ => {
                    self.composite(value, Asked { verb, depth });
                    true
                }
            },
            _ => {
                self.composite(value, Asked { verb, depth });
                true
            }
        };
        if !known {
            self.bad_verb(value, verb);
        }
    }

    fn nil(&mut self, depth: usize) {
        let text: &[u8] = if self.flags.sharp_v && depth > 0 {
            b"interface {}(nil)"
        } else {
            b"<nil>"
        };
        self.write(text);
    }

    fn boolean(&mut self, value: bool, verb: char) -> bool {
        if matches!(verb, 't' | 'v') {
            self.pad(if value { b"true" } else { b"false" });
        }
        matches!(verb, 't' | 'v')
    }

    /// Whether the verb is one for strings; if so, the string is printed.
    fn string(&mut self, text: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quote(text),
            'v' | 's' => {
                let text = self.cut(text);
                self.pad(text);
            }
            'x' | 'X' => self.hexadecimal(text, verb == 'X'),
            'q' => self.quote(text),
            _ => return false,
        }
        true
    }

    fn cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.flags.precision {
            Some(precision) => quote::first_characters(text, precision),
            None => text,
        }
    }

    fn quote(&mut self, text: &[u8]) {
        let text = self.cut(text);
        if self.flags.sharp
            && let Some(quoted) = quote::back_quoted(text)
        {
            self.pad(&quoted);
            return;
        }
        let quoted = quote::with_quotes(text, '"', self.flags.plus);
        self.pad(quoted.as_bytes());
    }

    fn hexadecimal(&mut self, text: &[u8], upper: bool) {
        let flags = self.flags;
        let text = &text[..text.len().min(flags.precision.unwrap_or(usize::MAX))];
        let prefix = if upper { "0X" } else { "0x" };
        let mut digits = String::with_capacity(text.len() * 2 + 2);
        for (place, byte) in text.iter().enumerate() {
            if flags.space && place > 0 {
                digits.push(' ');
            }
            if flags.sharp && (flags.space || place == 0) {
                digits.push_str(prefix);
            }
            let _ = if upper {
                write!(digits, "{byte:02X}")
            } else {
                write!(digits, "{byte:02x}")
            };
        }
        self.pad(digits.as_bytes());
    }

    fn float(&mut self, value: f64, verb: char) -> bool {
        let (verb, precision) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'F' => ('f', Some(6)),
            'e' | 'E' => (verb, Some(6)),
            _ => return false,
        };
        let flags = self.flags;
        let mut text = float::format(value, verb, flags.precision.or(precision));
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        // The exponent keeps its plus.
        if flags.space && !flags.plus && text.starts_with('+') {
            text.replace_range(..1, " ");
        }
        if !value.is_finite() {
            let bare = value.is_nan() && !flags.space && !flags.plus;
            self.without_zeros(|printer| printer.pad(&text.as_bytes()[usize::from(bare)..]));
            return true;
        }
        if flags.sharp && verb != 'b' {
            text = with_point(&text, verb, flags.precision.or(precision));
        }
        let signed = text;
        if !flags.plus && signed.starts_with('+') {
            self.pad(&signed.as_bytes()[1..]);
        } else if let Some(width) = flags.width
            && flags.zero
            && !flags.minus
            && width > signed.len()
        {
            self.write(&signed.as_bytes()[..1]);
            self.padding(width - signed.len());
            self.write(&signed.as_bytes()[1..]);
        } else {
            self.pad(signed.as_bytes());
        }
        true
    }

    /// `%!verb(type=value)`
    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) {
        self.reporting = true;
        self.write(format!("%!{verb}(").as_bytes());
        if value.is_nil() {
            self.write(b"<nil>");
        } else {
            self.write(format!("{}=", value.type_name()).as_bytes());
            self.value(value, 'v', 0);
        }
        self.write(b")");
        self.reporting = false;
    }
}

/// What `#` does to a float: a decimal point in any case, and zeros up to the precision.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let exponent = if matches!(verb, 'x' | 'X') {
        ['p', 'P']
    } else {
        ['e', 'E']
    };
    let (number, tail) = text.split_at(text.find(exponent).unwrap_or(text.len()));
    let wanted = if matches!(verb, 'g' | 'G' | 'x' | 'X') {
        precision.unwrap_or(6)
    } else {
        0
    };
    let significant = number[1..]
        .bytes()
        .filter(|&byte| byte != b'.')
        .skip_while(|&byte| byte == b'0')
        .count();
    let mut number = number.to_owned();
    let mut missing = wanted.saturating_sub(significant);
    if !number.contains('.') {
        missing = missing.saturating_sub(usize::from(number.len() == 2 && number.ends_with('0')));
        number.push('.');
    }
    number.extend(std::iter::repeat_n('0', missing));
    number + tail
}
