//! What a template may call beside minijinja's own filters: Helm's everyday helpers, in snake case.
//!
//! Filters: `to_yaml`, `to_json`, `from_yaml`, `nindent(n)`, `b64encode`, `b64decode`, `sha256`, `quote`,
//! `required(message)`. Functions: `fail(message)`, `required(message, value)`,
//! `lookup(api_version, kind, namespace, name)`. `indent` is minijinja's, which leaves the first line alone.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, State, Value};
use sha2::{Digest, Sha256};

use super::limits;
use crate::capabilities::{Lookup, LookupQuery};
use crate::yaml;

pub(super) fn add(environment: &mut Environment<'_>, lookup: &Arc<dyn Lookup>) {
    environment.add_filter("to_yaml", to_yaml);
    environment.add_filter("to_json", to_json);
    environment.add_filter("tojson", to_json);
    environment.add_filter("string", string);
    // It indents as deep as a value is nested, at any cost; a chart has no use for it.
    environment.remove_filter("pprint");
    environment.add_filter("from_yaml", from_yaml);
    environment.add_filter("nindent", nindent);
    environment.add_filter("b64encode", b64encode);
    environment.add_filter("b64decode", b64decode);
    environment.add_filter("sha256", sha256);
    environment.add_filter("quote", quote);
    environment.add_filter("required", |value: Value, message: &str| required(message, value));
    environment.add_function("required", required);
    environment.add_function("fail", fail);
    let lookup = Arc::clone(lookup);
    environment.add_function(
        "lookup",
        move |api_version: &str, kind: &str, namespace: &str, name: &str| {
            look_up(
                lookup.as_ref(),
                &LookupQuery {
                    api_version,
                    kind,
                    namespace,
                    name,
                },
            )
        },
    );
}

/// What charts say where they must not fail.
pub(super) type Told = Arc<Mutex<Vec<String>>>;

/// From here on `required` and `fail` give an empty text, and what they would say is told.
pub(super) fn tell(environment: &mut Environment<'_>, told: &Told) {
    let lenient = |told: &Told| {
        let told = Arc::clone(told);
        move |message: &str, value: Value| match required(message, value) {
            Ok(value) => value,
            Err(_) => say(&told, format!("Missing required value: {message}")),
        }
    };
    let (function, filter) = (lenient(told), lenient(told));
    environment.add_function("required", function);
    environment.add_filter("required", move |value: Value, message: &str| {
        filter(message, value)
    });
    let told = Arc::clone(told);
    environment.add_function("fail", move |message: &str| {
        say(&told, format!("Fail: {message}"))
    });
}

fn say(told: &Told, words: String) -> Value {
    told.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    Value::from("")
}

/// What was told.
pub(super) fn taken(told: &Told) -> Vec<String> {
    std::mem::take(&mut told.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Jinja's own, weighed like all that turns a value into text.
fn string(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    limits::weigh(state, value)?;
    Ok(value.to_string())
}

/// YAML without the last newline, ready for `indent`.
fn to_yaml(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    limits::weigh(state, value)?;
    let text = yaml::write(value).map_err(|error| wrong("to_yaml", error))?;
    Ok(text.trim_end_matches('\n').to_owned())
}

/// JSON on one line. It is YAML too, and safe in any place of a document.
fn to_json(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    limits::weigh(state, value)?;
    serde_json::to_string(value).map_err(|error| wrong("to_json", error))
}

fn from_yaml(text: &str) -> Result<Value, Error> {
    yaml::read_value(text)
        .map(|value| Value::from(Serde(value)))
        .map_err(|error| wrong("from_yaml", error))
}

/// Helm's `nindent`: a new line, then every line indented.
fn nindent(text: &str, width: usize) -> Result<String, Error> {
    if width > 100 {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "nindent: more than 100 spaces",
        ));
    }
    let indent = " ".repeat(width);
    let lines = text.split('\n').map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{indent}{line}")
        }
    });
    Ok(format!("\n{}", lines.collect::<Vec<_>>().join("\n")))
}

fn b64encode(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    Ok(BASE64.encode(string(state, value)?))
}

fn sha256(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    Ok(hex::encode(Sha256::digest(string(state, value)?)))
}

fn b64decode(text: &str) -> Result<String, Error> {
    let bytes = BASE64
        .decode(text.trim())
        .map_err(|error| wrong("b64decode", error))?;
    String::from_utf8(bytes).map_err(|error| wrong("b64decode", error))
}

/// A string for YAML, whatever the value looks like: `"yes"`, `"1.0"`.
fn quote(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    limits::weigh(state, value)?;
    let text = match bool::try_from(value.clone()) {
        Ok(value) => value.to_string(),
        Err(_) if value.is_none() => String::new(),
        Err(_) => value.to_string(),
    };
    serde_json::to_string(&text).map_err(|error| wrong("quote", error))
}

/// The value, unless it is missing, null or an empty string: then the message is the error.
fn required(message: &str, value: Value) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() || value.as_str() == Some("") {
        return fail(message);
    }
    Ok(value)
}

fn fail(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

fn look_up(lookup: &dyn Lookup, query: &LookupQuery<'_>) -> Result<Value, Error> {
    lookup
        .lookup(query)
        .map(|object| Value::from(Serde(object)))
        .map_err(|message| Error::new(ErrorKind::InvalidOperation, format!("lookup: {message}")))
}

fn wrong(name: &str, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{name}: {error}"))
}
