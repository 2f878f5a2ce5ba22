//! Values as text: Go's package fmt.

mod composite;
mod float;
mod integer;
mod printer;
pub(crate) mod quote;
mod verbs;

use std::borrow::Cow;
use std::io::Write as _;

use crate::{Context, Error, Str, Value, time};
use printer::Printer;

/// No text of a value gets longer than this where nothing else limits it.
const MOST: usize = 64 << 20;

/// Appends the value as `%v` and `print` show it. What a hostile value would blow up beyond 64 MiB is cut.
pub fn append(out: &mut Vec<u8>, value: &Value) {
    append_within(out, value, out.len() + MOST);
}

/// The same, cut where all of `out` has grown somewhat beyond `most`.
pub(crate) fn append_within(out: &mut Vec<u8>, value: &Value, most: usize) {
    match value {
        Value::String(string) => out.extend_from_slice(string),
        Value::Int(number) | Value::Int64(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        _ => Printer::new(out, most).argument(value, 'v'),
    }
}

/// The value as `%v` shows it.
pub fn display(value: &Value) -> Str {
    if let Value::String(string) = value {
        return string.clone();
    }
    let mut out = Vec::new();
    append(&mut out, value);
    out.into()
}

/// The value as `%v` shows it, for messages: what is not UTF-8 is replaced.
pub fn text(value: &Value) -> String {
    display(value).to_string()
}

/// The value as `%s`, `%t` and such show it, fitting or not, as Go puts values into some messages.
pub fn text_under(value: &Value, verb: char) -> String {
    let mut out = Vec::new();
    Printer::new(&mut out, MOST).argument(value, verb);
    Str::from(out).to_string()
}

/// Go's `fmt.Sprintf`.
pub fn sprintf(context: &mut Context<'_>, format: &[u8], arguments: &[Value]) -> Result<Str, Error> {
    bounded(context, |printer| printer.printf(format, arguments))
}

/// Go's `fmt.Sprint`: a space between two arguments if neither is a string.
pub fn sprint(context: &mut Context<'_>, arguments: &[Value]) -> Result<Str, Error> {
    if let [Value::String(string)] = arguments {
        return Ok(string.clone());
    }
    bounded(context, |printer| {
        for (place, argument) in arguments.iter().enumerate() {
            let strings = is_string(argument) || place > 0 && is_string(&arguments[place - 1]);
            if place > 0 && !strings {
                printer.write(b" ");
            }
            printer.argument(argument, 'v');
        }
    })
}

/// Go's `fmt.Sprintln`.
pub fn sprintln(context: &mut Context<'_>, arguments: &[Value]) -> Result<Str, Error> {
    bounded(context, |printer| {
        for (place, argument) in arguments.iter().enumerate() {
            if place > 0 {
                printer.write(b" ");
            }
            printer.argument(argument, 'v');
        }
        printer.write(b"\n");
    })
}

/// A string in double quotes, as `%q` and Go's `strconv.Quote` write it.
pub fn quoted(text: &[u8]) -> String {
    quote::quoted(text)
}

/// A character in single quotes, as `%q` and Go's `strconv.QuoteRune` write it.
pub fn quoted_character(character: char) -> String {
    quote::character(character, false)
}

/// A float as `strconv.FormatFloat` writes it with the verb `e`, `f` or `g`; no precision means as many digits as are
/// needed.
pub fn float(value: f64, verb: char, precision: Option<usize>) -> String {
    float::format(value, verb, precision)
}

fn bounded(context: &mut Context<'_>, print: impl FnOnce(&mut Printer<'_>)) -> Result<Str, Error> {
    let most = context.limits().output;
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, most);
    print(&mut printer);
    if out.len() > most {
        return Err(crate::limits::out_of(format_args!(
            "output: more than {most} bytes"
        )));
    }
    context.allocate(out.len())?;
    Ok(out.into())
}

fn is_string(value: &Value) -> bool {
    value.kind() == crate::Kind::String
}

/// The text of a type that says itself what it is shown as.
fn own_text(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value {
        Value::Duration(nanoseconds) => Some(time::duration_text(*nanoseconds).into_bytes().into()),
        Value::Time(time) => Some(time::text(time).into()),
        Value::Object(object) => object.text().map(|text| text.to_vec().into()),
        _ => None,
    }
}
