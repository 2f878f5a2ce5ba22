//! Functions that write and read JSON.

mod read;
mod write;

use super::arguments::{Arguments, text};
use crate::{Call, Context, Error, Function, Type, Value};
use read::read;
use write::{Style, write};

use Type::{Any, String as Text};

const PLAIN: Style = Style {
    indented: false,
    raw: false,
};
const PRETTY: Style = Style {
    indented: true,
    raw: false,
};
const RAW: Style = Style {
    indented: false,
    raw: true,
};

const TO_RAW: Call = |context, given| written(context, &given[0], RAW);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("toJson", &[Any], |context, given| {
        lenient(context, &given[0], PLAIN)
    }),
    Function::new("mustToJson", &[Any], |context, given| {
        written(context, &given[0], PLAIN)
    }),
    Function::new("toPrettyJson", &[Any], |context, given| {
        lenient(context, &given[0], PRETTY)
    }),
    Function::new("mustToPrettyJson", &[Any], |context, given| {
        written(context, &given[0], PRETTY)
    }),
    Function::new("toRawJson", &[Any], TO_RAW),
    Function::new("mustToRawJson", &[Any], TO_RAW),
    Function::new("fromJson", &[Text], |context, given| {
        let text = Arguments(given).text(0);
        context.allocate(text.len())?;
        Ok(read(text).unwrap_or_default())
    }),
    Function::new("mustFromJson", &[Text], |context, given| {
        let text = Arguments(given).text(0);
        context.allocate(text.len())?;
        read(text).map_err(Error::new)
    }),
];

fn written(context: &mut Context<'_>, value: &Value, style: Style) -> Result<Value, Error> {
    let json = write(value, style).map_err(Error::new)?;
    text(context, json)
}

/// What cannot be written gives an empty text.
fn lenient(context: &mut Context<'_>, value: &Value, style: Style) -> Result<Value, Error> {
    text(context, write(value, style).unwrap_or_default())
}
