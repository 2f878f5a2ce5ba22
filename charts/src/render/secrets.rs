//! No error quotes a secret: engines put values into their words, and templates put them into theirs.

use gotemplate::json::float;
use gotemplate::{Map, Value, format};
use serde_json::Number;

use super::{Render, RenderError};
use crate::schema;

/// Shorter values are in every text, and say nothing.
const SHORTEST: usize = 4;
const MARK: &str = "<secret>";

/// The error without the values of secret layers.
pub(super) fn redacted(error: RenderError, with: &Render) -> RenderError {
    let secrets = secrets(with);
    if secrets.is_empty() {
        return error;
    }
    let clean = |text: String| {
        secrets
            .iter()
            .fold(text, |text, secret| text.replace(secret, MARK))
    };
    match error {
        RenderError::Template { diagnosis, message } => RenderError::Template {
            diagnosis,
            message: clean(message),
        },
        RenderError::Helm { message, diagnosis } => RenderError::Helm {
            message: clean(message),
            diagnosis,
        },
        RenderError::Yaml { mut place, message } => {
            place.text = None;
            RenderError::Yaml {
                place,
                message: clean(message),
            }
        }
        other => other,
    }
}

/// The texts of all values of secret layers, the longest first: of texts of several lines each line as well, of numbers
/// all that errors write them as.
fn secrets(with: &Render) -> Vec<String> {
    let mut secrets = Vec::new();
    for layer in with.given.layers.iter().filter(|layer| layer.is_secret()) {
        if let Ok(values) = layer.read(with.generation) {
            collect(&Value::Map(values), &mut secrets);
        }
    }
    secrets.retain(|secret| secret.chars().count() >= SHORTEST);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    secrets
}

fn collect(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Map(map) => Map::entries(map)
            .iter()
            .for_each(|(_, value)| collect(value, secrets)),
        Value::List(list) => list.iter().for_each(|value| collect(value, secrets)),
        Value::Nil | Value::Bool(_) => {}
        Value::Float(number) => secrets.extend([
            format::text(value),
            float::json(*number),
            Number::from_f64(*number)
                .as_ref()
                .map_or_else(String::new, schema::shown),
        ]),
        value => {
            let text = format::text(value);
            secrets.extend(text.lines().map(str::to_owned));
            secrets.push(text);
        }
    }
}
