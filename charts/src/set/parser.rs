//! The grammar of assignments.

use std::str::Chars;

use gotemplate::{List, Map, Str, Value};

use super::{ReadFile, Typing};
use crate::Generation;
use crate::json::from_json;

const MAX_INDEX: usize = 65_536;
const MAX_LEVEL: usize = 30;
/// Lists in lists and mappings in lists do not count as levels; the stack does.
const MAX_NESTING: usize = 100;

pub(super) struct Parser<'a> {
    input: Chars<'a>,
    typing: Typing,
    read_file: ReadFile,
    room: &'a mut usize,
    nesting: usize,
    generation: Generation,
}

/// Why a step ended early.
enum Stop {
    /// The input did; that may be well.
    End,
    Fault(String),
}

type Step<T> = Result<T, Stop>;

fn fault<T>(message: impl Into<String>) -> Step<T> {
    Err(Stop::Fault(message.into()))
}

impl<'a> Parser<'a> {
    pub(super) fn new(expression: &'a str, typing: Typing, read_file: ReadFile, room: &'a mut usize) -> Self {
        Self {
            input: expression.chars(),
            typing,
            read_file,
            room,
            nesting: 0,
            generation: Generation::default(),
        }
    }

    /// The same parser, with the faults of a generation.
    pub(super) fn of(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    /// Reads assignments to the end of the input.
    pub(super) fn all(&mut self, values: &Map) -> Result<(), String> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Fault(reason)) => return Err(reason),
            }
        }
    }

    /// One `key…=value` of a mapping, with the comma after it.
    fn key(&mut self, into: &Map, level: usize) -> Step<()> {
        let is_literal = self.typing == Typing::Literal;
        let (key, stop) = self.until(if is_literal { "=[." } else { "=[,." });
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => fault(format!("key {key:?} has no value")),
            Some(',') => fault(format!("key {key:?} has no value (cannot end with ,)")),
            Some('[') => {
                let index = self.index()?;
                let mut list = match into.get(&key) {
                    None => Vec::new(),
                    Some(Value::List(list)) => list.to_vec(),
                    Some(other) => return fault(not_a(&other, "[]interface {}")),
                };
                let result = self.item(&mut list, index, level);
                set(into, key, List::from(list));
                result
            }
            Some('=') => {
                let (value, end) = self.value()?;
                set(into, key, value);
                if end { Err(Stop::End) } else { Ok(()) }
            }
            Some(_) => self.inner_key(into, key, level + 1),
        }
    }

    /// What follows `key.`
    fn inner_key(&mut self, into: &Map, key: String, level: usize) -> Step<()> {
        if level > MAX_LEVEL {
            return fault(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_LEVEL}"
            ));
        }
        let inner = match into.get(&key) {
            None => Map::new(),
            Some(Value::Map(inner)) => inner,
            Some(other) => return fault(not_a(&other, "map[string]interface {}")),
        };
        let result = self.nested(|parser| parser.key(&inner, level));
        if result.is_ok() && inner.is_empty() {
            return fault(format!("key map {key:?} has no value"));
        }
        if !inner.is_empty() {
            set(into, key, inner);
        }
        result
    }

    /// What follows `[index]`: a value, a further index or a key of the item.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Step<()> {
        if index < 0 {
            return fault(format!("negative {index} index not allowed"));
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let (surplus, stop) = self.until("[.=");
        if !surplus.is_empty() {
            let runes: Vec<String> = surplus.chars().map(|c| format!("{c:?}")).collect();
            return fault(format!(
                "unexpected data at end of array index: [{}]",
                runes.join(" ")
            ));
        }
        let value = match stop {
            None => return Err(Stop::End),
            Some('=') => self.value()?.0,
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(inner)) => inner.to_vec(),
                    Some(other) => return fault(not_a(other, "[]interface {}")),
                };
                self.nested(|parser| parser.item(&mut inner, next, level))?;
                List::from(inner).into()
            }
            Some(_) => {
                let inner = match list.get_mut(at) {
                    Some(Value::Map(inner)) => inner.clone(),
                    Some(other) => {
                        // It is there from now on, also where the input ends before its value.
                        let inner = Map::new();
                        *other = inner.clone().into();
                        inner
                    }
                    None => Map::new(),
                };
                self.nested(|parser| parser.key(&inner, level))?;
                inner.into()
            }
        };
        self.set_index(list, at, value)
    }

    fn set_index(&mut self, list: &mut Vec<Value>, at: usize, value: Value) -> Step<()> {
        if at > MAX_INDEX {
            return fault(format!(
                "index of {at} is greater than maximum supported index of {MAX_INDEX}"
            ));
        }
        if list.len() <= at {
            let new = at + 1 - list.len();
            *self.room = match self.room.checked_sub(new) {
                Some(room) => room,
                None => return fault("lists grow too long"),
            };
            list.resize(at + 1, Value::Nil);
        }
        list[at] = value;
        Ok(())
    }

    fn nested<T>(&mut self, step: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        if self.nesting >= MAX_NESTING {
            return fault("lists are nested too deep");
        }
        self.nesting += 1;
        let result = step(self);
        self.nesting -= 1;
        result
    }

    /// The number up to a `]`.
    fn index(&mut self) -> Step<i64> {
        let (digits, stop) = self.until("]");
        if stop.is_none() {
            // Helm 4 takes any end of the input for a good one.
            return match self.generation {
                Generation::Helm3 => fault("error parsing index: EOF"),
                Generation::Helm4 => Err(Stop::End),
            };
        }
        let wrong = || {
            Stop::Fault(format!(
                "error parsing index: strconv.Atoi: parsing {digits:?}: invalid syntax"
            ))
        };
        digits.parse().map_err(|_| wrong())
    }

    /// What follows a `=`, with the comma after it, and whether the input ended where a value should begin.
    fn value(&mut self) -> Step<(Value, bool)> {
        let is_list = !matches!(self.typing, Typing::Json | Typing::Literal) && self.eat('{');
        match self.typing {
            _ if is_list => self.list().map(|list| (list, false)),
            Typing::Json => self.json().map(|value| (value, false)),
            Typing::Literal => {
                let text = self.input.as_str().to_owned();
                self.input = "".chars();
                Ok((text.into(), false))
            }
            _ if self.input.as_str().is_empty() => Ok(("".into(), true)),
            _ => {
                let (text, _) = self.until(",");
                self.scalar(&text).map(|value| (value, false))
            }
        }
    }

    fn list(&mut self) -> Step<Value> {
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(",}");
            match stop {
                None => return fault("list must terminate with '}'"),
                Some(_) => list.push(self.scalar(&text)?),
            }
            if stop == Some('}') {
                self.eat(',');
                return Ok(List::from(list).into());
            }
        }
    }

    /// One JSON value, with spaces and a comma after it; nothing at all is null.
    fn json(&mut self) -> Step<Value> {
        if self.is_blank() {
            return Ok(Value::Nil);
        }
        let rest = self.input.as_str();
        let end = json_end(rest);
        let mut values = serde_json::Deserializer::from_str(&rest[..end]).into_iter::<serde_json::Value>();
        match values.next() {
            Some(Ok(value)) => {
                let read = values.byte_offset();
                self.input = rest[read..].chars();
                self.is_blank();
                Ok(from_json(&value))
            }
            Some(Err(error)) => fault(error.to_string()),
            None => fault("EOF"),
        }
    }

    /// Skips spaces; whether a comma, which is skipped too, or the end follows.
    fn is_blank(&mut self) -> bool {
        self.input = self.input.as_str().trim_start().chars();
        self.input.as_str().is_empty() || self.eat(',')
    }

    fn scalar(&self, text: &str) -> Step<Value> {
        match self.typing {
            Typing::Text => Ok(text.into()),
            Typing::File => (self.read_file)(text)
                .map(|bytes| Str::from(bytes).into())
                .map_err(Stop::Fault),
            _ => Ok(typed(text)),
        }
    }

    fn eat(&mut self, expected: char) -> bool {
        match self.input.as_str().strip_prefix(expected) {
            Some(rest) => {
                self.input = rest.chars();
                true
            }
            None => false,
        }
    }

    /// Reads up to one of the `stops`, or to the end.
    fn until(&mut self, stops: &str) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.input.next() {
            if stops.contains(c) {
                return (text, Some(c));
            }
            let escapes = c == '\\' && self.typing != Typing::Literal;
            match if escapes { self.input.next() } else { Some(c) } {
                Some(c) => text.push(c),
                None => break,
            }
        }
        (text, None)
    }
}

/// Where a number or a word has to end: Go's reader stops there, whatever follows. The end of all for anything else,
/// which ends by itself.
fn json_end(text: &str) -> usize {
    let word = ["true", "false", "null"]
        .iter()
        .find(|word| text.starts_with(**word));
    if let Some(word) = word {
        return word.len();
    }
    let digits = |from: usize| {
        let digits = text[from..].bytes().take_while(u8::is_ascii_digit);
        from + digits.count()
    };
    let start = usize::from(text.starts_with('-'));
    let mut end = digits(start);
    if end == start {
        return text.len();
    }
    if text[start..].starts_with('0') {
        end = start + 1;
    }
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        end = digits(end + 1 + sign);
    }
    end
}

/// An empty key sets nothing.
fn set(into: &Map, key: String, value: impl Into<Value>) {
    if !key.is_empty() {
        into.insert(key, value);
    }
}

fn typed(text: &str) -> Value {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        _ if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        _ if text.eq_ignore_ascii_case("null") => Value::Nil,
        "0" => Value::Int64(0),
        _ if text.starts_with('0') => text.into(),
        _ => text.parse().map_or_else(|_| Value::string(text), Value::Int64),
    }
}

/// What Go says of a value that is not of the type it is taken for.
fn not_a(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Nil => "nil",
        value => value.type_name(),
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}
