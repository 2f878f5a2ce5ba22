//! Values as texts: one, many, and with spaces between them.

use super::arguments::items;
use crate::format::display;
use crate::{Context, Error, Value};

/// The value as a text: bytes are text here, unlike where they are printed.
pub(super) fn string_of(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.to_vec(),
        Value::Bytes(bytes) => bytes.to_vec(),
        other => display(other).to_vec(),
    }
}

/// The same, off the limits.
pub(super) fn charged_string_of(context: &mut Context<'_>, value: &Value) -> Result<Vec<u8>, Error> {
    let text = string_of(value);
    context.allocate(text.len())?;
    Ok(text)
}

/// The items as texts, without those that are nil; anything but a list is one item.
pub(super) fn strings_of(context: &mut Context<'_>, value: &Value) -> Result<Vec<Vec<u8>>, Error> {
    let items = match items(value) {
        Ok(items) => items,
        Err(_) => vec![value.clone()],
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_nil()) {
        // A list may hold one long text again and again.
        texts.push(charged_string_of(context, item)?);
    }
    Ok(texts)
}

/// The values as texts with spaces between them, without those that are nil.
pub(super) fn spaced(
    context: &mut Context<'_>,
    given: &[Value],
    push: impl Fn(&mut Vec<u8>, &[u8]),
) -> Result<Value, Error> {
    let mut out = Vec::new();
    for (place, value) in given.iter().filter(|value| !value.is_nil()).enumerate() {
        let before = out.len();
        if place > 0 {
            out.push(b' ');
        }
        push(&mut out, &display(value));
        context.allocate(out.len() - before)?;
    }
    Ok(out.into())
}
