//! What to tell where a value is of the wrong kind.

use gotemplate::Shown;

use super::advice::{Advice, Scene};
use super::nearest::nearest;
use super::path::ROOTS;

/// Go's name of a type, as people who write YAML would say it.
fn kind(type_name: &str) -> &str {
    match type_name {
        "string" => "a string",
        "bool" => "a boolean",
        "float64" | "int" | "int64" | "int32" | "uint64" => "a number",
        "<nil>" | "interface {}" => "nil",
        name if name.starts_with("map[") || name.ends_with(".Values") => "a mapping",
        name if name.starts_with("[]") => "a list",
        name => name,
    }
}

fn is_number(type_name: &str) -> bool {
    kind(type_name) == "a number"
}

/// `a string: "80"`, without the value where it must not be shown.
fn told(scene: &Scene<'_>, value: &Shown) -> String {
    let name = kind(&value.type_name);
    let name = if is_number(&value.type_name) {
        format!("a number ({})", value.type_name)
    } else {
        name.to_owned()
    };
    if scene.hides_values || name == "nil" {
        name
    } else {
        format!("{name}: {}", value.text)
    }
}

fn in_parentheses(expression: &str) -> String {
    let is_whole = expression.starts_with('(') && expression.ends_with(')') || expression.starts_with('"');
    if is_whole || !expression.contains(' ') {
        expression.to_owned()
    } else {
        format!("({expression})")
    }
}

/// `.a.b` of something that has no fields.
pub(super) fn no_field(scene: &Scene<'_>, field: &str, advice: &mut Advice) {
    let Some(found) = scene.found else { return };
    let Some(value) = found.values.first() else { return };
    let holder = if found.path.is_empty() { "." } else { &found.path };
    if ROOTS.contains(&field) && scene.expression.starts_with(&format!(".{field}")) {
        advice.note(format!("`.` is {}", told(scene, value)));
        advice.hint(format!(
            "`.` is not the chart's root here: within range and with, write `$.{field}…`; a named template sees only what it was given"
        ));
        return;
    }
    advice.note(format!("`{holder}` is {}", told(scene, value)));
    match kind(&value.type_name) {
        "a list" => advice.hint("it is a list: walk over it with `range`, or take one with `index`"),
        "a string" | "a number" | "a boolean" if holder != "." => {
            advice.hint(format!(
                "the template wants a mapping with {field} in it: `{}`",
                as_mapping(holder, field)
            ));
        }
        _ => {
            if let Some(near) = nearest(field, found.keys.iter().map(String::as_str)) {
                advice.hint(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// How the values would have to look.
fn as_mapping(holder: &str, field: &str) -> String {
    let name = holder.rsplit('.').next().unwrap_or_default();
    format!("{name}: {{{field}: …}}")
}

/// An argument that does not fit its parameter.
pub(super) fn wrong_type(scene: &Scene<'_>, expected: &str, advice: &mut Advice) {
    let Some(value) = scene.found.and_then(|found| found.values.first()) else {
        return;
    };
    let (expression, given) = (in_parentheses(scene.subject()), kind(&value.type_name));
    advice.note(format!("`{}` is {}", scene.subject(), told(scene, value)));
    let hint = match (expected, given) {
        (_, "nil") => instead_of_nil(expected, scene.subject()),
        ("string", "a number" | "a boolean") => Some(format!(
            "write `toString {expression}`, or put the value in quotes"
        )),
        ("string", "a mapping" | "a list") => Some(format!(
            "write `toYaml {expression}` or `toJson {expression}` if it is to be text"
        )),
        ("int" | "int64", "a number" | "a string") => Some(format!("write `{expected} {expression}`")),
        ("float64", "a number" | "a string") => Some(format!("write `float64 {expression}`")),
        ("[]interface {}", "a string" | "a number" | "a boolean") => Some(format!(
            "make it a list: `list {expression}`, or `- …` in the values"
        )),
        (name, _) if name.starts_with("map[") => {
            Some("a mapping is wanted: `key: value` in the values".to_owned())
        }
        _ => None,
    };
    advice.hint = hint;
}

/// Nil for a parameter that takes none.
pub(super) fn no_nil(scene: &Scene<'_>, expected: &str, advice: &mut Advice) {
    advice.note(format!("`{}` is nil", scene.subject()));
    advice.hint = instead_of_nil(expected, scene.subject());
}

/// What to write where nil is given and something else wanted.
fn instead_of_nil(expected: &str, expression: &str) -> Option<String> {
    let empty = match expected {
        "string" => "\"\"",
        "int" | "int64" | "float64" => "0",
        "[]interface {}" => "list",
        name if name.starts_with("map[") => "dict",
        _ => return None,
    };
    Some(format!("set it, or write `({expression} | default {empty})`"))
}

/// `eq`, `lt` and their kin with values of two kinds.
pub(super) fn incomparable(scene: &Scene<'_>, advice: &mut Advice) {
    let Some([a, b]) = scene.found.map(|found| found.values.as_slice()) else {
        return;
    };
    advice.note(format!(
        "one side is {}, the other is {}",
        told(scene, a),
        told(scene, b)
    ));
    let names = [a.type_name.as_str(), b.type_name.as_str()];
    advice.hint = if names.iter().all(|name| is_number(name)) {
        Some(
            "numbers from files of values are float64, those written in templates int: convert with `int`, or write `1.0` for `1`"
                .to_owned(),
        )
    } else if names.contains(&"string") && names.iter().any(|name| is_number(name) || *name == "bool") {
        Some("compare as text: `toString` on the one, quotes around the other".to_owned())
    } else {
        None
    };
}

/// `range` over something that is no list.
pub(super) fn no_range(scene: &Scene<'_>, advice: &mut Advice) {
    let Some(value) = scene.found.and_then(|found| found.values.first()) else {
        return;
    };
    advice.note(format!("`{}` is {}", scene.expression, told(scene, value)));
    if kind(&value.type_name) == "a string" {
        advice
            .hint("a list or a mapping is wanted: `- …` in the values, or `splitList \",\"` in the template");
    } else if value.type_name == "float64" {
        advice.hint(format!(
            "to count, write `int {}`",
            in_parentheses(scene.expression)
        ));
    } else {
        advice.hint("a list or a mapping is wanted");
    }
}
