//! What is wrong, as a tree, and the text that people read.

use std::fmt::Write as _;

use serde_json::Value;

/// A fault, and the faults that led to it.
pub(super) struct Fault {
    /// Keys and indexes from the root of the values.
    pub(super) place: Vec<String>,
    pub(super) sort: Sort,
    pub(super) causes: Vec<Self>,
}

/// How a fault is shown.
pub(super) enum Sort {
    /// A sentence of its own.
    Says(String),
    /// Stands only for its causes.
    Group,
    /// A reference; shown only when it has more than one cause.
    Reference,
}

impl Fault {
    pub(super) fn says(place: Vec<String>, message: String) -> Self {
        Self {
            place,
            sort: Sort::Says(message),
            causes: Vec::new(),
        }
    }

    /// What stands for this fault in a list: a group's parts, or the fault itself.
    pub(super) fn flattened(self) -> Vec<Self> {
        match self.sort {
            Sort::Group => self.causes,
            _ => vec![self],
        }
    }

    fn write(&self, text: &mut String, depth: usize) {
        let is_shown = !(matches!(self.sort, Sort::Reference) && self.causes.len() == 1);
        if is_shown {
            if !text.is_empty() {
                text.push('\n');
            }
            let message = match &self.sort {
                Sort::Says(message) => message,
                Sort::Group | Sort::Reference => "validation failed",
            };
            let mut place = String::new();
            for key in &self.place {
                place.push('/');
                place.push_str(&escaped(key));
            }
            let _ = write!(text, "{}- at {}: {message}", "  ".repeat(depth), quoted(&place));
        }
        for cause in &self.causes {
            cause.write(text, depth + usize::from(is_shown));
        }
    }
}

/// All faults as text, one a line.
pub(super) fn text(fault: Fault) -> String {
    let mut text = String::new();
    for fault in fault.flattened() {
        fault.write(&mut text, 0);
    }
    text
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Go's quoting, but in single quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

pub(super) fn joined(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| self::quoted(name)).collect();
    quoted.join(", ")
}

/// A value as a message shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => "value".to_owned(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}
