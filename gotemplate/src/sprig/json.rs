//! Functions that write and read JSON.

use super::arguments::{Arguments, text};
use crate::json::{Style, marshal_within, unmarshal, unmarshal_leniently};
use crate::{Call, Context, Error, Function, Type, Value};

use Type::{Any, String as Text};

const PLAIN: Style = Style {
    indent: 0,
    raw: false,
};
const PRETTY: Style = Style {
    indent: 2,
    raw: false,
};
const RAW: Style = Style { indent: 0, raw: true };

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
        context.parsed(Arguments(given).text(0), |text| Ok(unmarshal_leniently(text)))
    }),
    Function::new("mustFromJson", &[Text], |context, given| {
        context.parsed(Arguments(given).text(0), |text| Ok(unmarshal(text)?))
    }),
];

fn written(context: &mut Context<'_>, value: &Value, style: Style) -> Result<Value, Error> {
    let json = marshal_within(value, style, context.limits().output)?;
    text(context, json)
}

/// What cannot be written gives an empty text.
fn lenient(context: &mut Context<'_>, value: &Value, style: Style) -> Result<Value, Error> {
    match written(context, value, style) {
        Err(error) if !error.is_limit() => Ok("".into()),
        result => result,
    }
}
