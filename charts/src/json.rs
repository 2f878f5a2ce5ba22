//! JSON to Go's values and back. What numbers become depends on where they stand.

use std::convert::Infallible;

use gotemplate::{List, Map, Value};
use serde_json::{Number, Value as Json};

/// JSON as values are: every number is a `float64`.
pub(crate) fn from_json(json: &Json) -> Value {
    converted(json, &|number| Value::Float(number.as_f64().unwrap_or_default()))
}

/// JSON as the cluster's objects are: whole numbers are an `int64`.
pub(crate) fn from_object(json: &Json) -> Value {
    converted(json, &|number| match number.as_i64() {
        Some(whole) => Value::Int64(whole),
        None => Value::Float(number.as_f64().unwrap_or_default()),
    })
}

/// JSON with its numbers as they are.
pub(crate) fn from_typed(json: &Json) -> Value {
    converted(json, &|number| match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) => Value::Int(whole),
        (None, Some(whole)) => Value::Uint64(whole),
        _ => Value::Float(number.as_f64().unwrap_or_default()),
    })
}

fn converted(json: &Json, number: &impl Fn(&Number) -> Value) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => number(value),
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => list
            .iter()
            .map(|item| converted(item, number))
            .collect::<List>()
            .into(),
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (key.as_str(), converted(value, number)))
            .collect::<Map>()
            .into(),
    }
}

/// Values as JSON: whole numbers without a point, what is no number as null.
pub(crate) fn to_json(value: &Value) -> Json {
    let Ok(json) = to_json_with(value, &|number| Ok::<_, Infallible>(float(number)));
    json
}

/// Values as JSON, with a rule for the numbers that are no integers.
pub(crate) fn to_json_with<E>(value: &Value, float: &impl Fn(f64) -> Result<Json, E>) -> Result<Json, E> {
    Ok(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => (*number).into(),
        Value::Int32(number) => (*number).into(),
        Value::Uint8(number) => (*number).into(),
        Value::Uint64(number) => (*number).into(),
        Value::Float(number) => float(*number)?,
        Value::String(text) => text.to_text().into(),
        Value::StringMap(map) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (key.to_string(), value.to_text().into()));
            Json::Object(entries.collect())
        }
        value => match (value.as_map(), value.as_list()) {
            (Some(map), _) => {
                let entries = map.read();
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| Ok((key.to_string(), to_json_with(value, float)?)));
                Json::Object(entries.collect::<Result<_, _>>()?)
            }
            (_, Some(list)) => {
                let items = list.iter().map(|item| to_json_with(item, float));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            _ => Json::Null,
        },
    })
}

/// Beyond this not every whole number is a float.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

fn float(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() <= MAX_WHOLE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is whole and within the bounds"
        )]
        return Json::from(number as i64);
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_comes_back_as_it_was() {
        let json = json!({"a": [1, 1.5, "x", null, true], "b": {"c": 1e300}, "d": 9_007_199_254_740_992_i64});
        for values in [from_json(&json), from_object(&json), from_typed(&json)] {
            assert_eq!(to_json(&values), json);
        }
    }
}
