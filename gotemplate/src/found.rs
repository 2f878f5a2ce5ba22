//! What an error is about: for those who explain it to people. None of this is in an error's text.

use crate::format::{self, quoted};
use crate::{Str, Value};

/// How much of a value is shown, in characters.
const LONGEST: usize = 60;
/// So many keys are kept at most.
const MOST_KEYS: usize = 500;

/// What was there where an error happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How far the fields of the expression could be followed: to the first that is nil, or no mapping. Empty where
    /// that cannot be told.
    pub path: String,
    /// The keys that stand beside the last name of the path.
    pub keys: Vec<String>,
    /// The values that do not fit, as they were given.
    pub values: Vec<Shown>,
    /// Whether the value came through a pipe: then the expression that the error names is not the one that gave it.
    pub is_piped: bool,
    pub(crate) is_traced: bool,
}

/// A value, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Go's name of the type.
    pub type_name: String,
    /// The beginning of the value; strings in quotes.
    pub text: String,
}

impl Shown {
    /// Shows the beginning of a value.
    pub fn new(value: &Value) -> Self {
        let text = match value {
            Value::String(text) => {
                let start = &text[..text.len().min(LONGEST * 4)];
                let (cut, is_whole) = cut(&String::from_utf8_lossy(start));
                let mark = if is_whole && start.len() == text.len() {
                    ""
                } else {
                    "…"
                };
                format!("{}{mark}", quoted(cut.as_bytes()))
            }
            other => {
                let mut text = Vec::new();
                format::append_within(&mut text, other, LONGEST * 4);
                let (cut, is_whole) = cut(&Str::from(text).to_text());
                let mark = if is_whole { "" } else { "…" };
                format!("{cut}{mark}")
            }
        };
        Self {
            type_name: value.type_name().to_owned(),
            text,
        }
    }
}

/// The first characters, and whether they are all.
fn cut(text: &str) -> (String, bool) {
    let mut characters = text.chars();
    let cut = characters.by_ref().take(LONGEST).collect();
    (cut, characters.next().is_none())
}

impl Found {
    /// Follows names from a value as far as they lead.
    pub(crate) fn trace(&mut self, start: &str, of: &Value, names: &[Str]) {
        self.is_traced = true;
        start.clone_into(&mut self.path);
        let mut value = of.clone();
        for name in names {
            let Some((item, keys)) = member(&value, name) else {
                return;
            };
            self.path.push('.');
            self.path.push_str(&name.to_text());
            match item {
                Some(item) if !item.is_nil() => value = item,
                _ => {
                    self.keys = keys.iter().take(MOST_KEYS).map(Str::to_string).collect();
                    return;
                }
            }
        }
    }
}

/// The field of that name, and the names of all; none of what has no fields.
fn member(value: &Value, name: &Str) -> Option<(Option<Value>, Vec<Str>)> {
    if let Some(map) = value.as_map() {
        return Some((map.get(name), map.keys()));
    }
    match value {
        Value::Object(object) => {
            let fields = object.fields().into_iter().map(|(name, _)| name).collect();
            Some((object.field(name), fields))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Functions, Map, MissingKey, Templates};

    fn text(value: impl Into<Value>) -> String {
        Shown::new(&value.into()).text
    }

    #[test]
    fn values_are_shown_by_their_beginning() {
        assert_eq!(text("a \"b\""), r#""a \"b\"""#);
        assert_eq!(text(80.0), "80");
        assert_eq!(text("x".repeat(1_000_000)), format!("\"{}\"…", "x".repeat(60)));
        assert_eq!(text("ä".repeat(60)), format!("\"{}\"", "ä".repeat(60)));
        let list: Vec<Value> = (0..100_000).map(Value::Int).collect();
        assert_eq!(text(list).chars().count(), 61);
        assert_eq!(text(Map::from([("a", 1)])), "map[a:1]");
    }

    #[test]
    fn names_are_followed_to_the_first_that_is_not_there() {
        let map = Map::from([("a", Map::from([("b", Value::Nil), ("c", "x".into())]))]);
        let traced = |names: &[&str]| {
            let names: Vec<Str> = names.iter().map(|name| Str::from(*name)).collect();
            let mut found = Found::default();
            found.trace("$x", &Value::Map(map.clone()), &names);
            (found.path, found.keys.join(" "))
        };
        assert_eq!(traced(&["a", "b", "d"]), ("$x.a.b".into(), "b c".into()));
        assert_eq!(traced(&["z", "b"]), ("$x.z".into(), "a".into()));
        assert_eq!(traced(&["a", "c", "d"]), ("$x.a.c".into(), String::new()));
    }

    #[test]
    fn errors_of_templates_carry_what_was_there_and_do_not_print_it() {
        let image = Map::from([("name", Value::from("web")), ("port", 80.0.into())]);
        let data = Map::from([("image", Value::Map(image))]);
        let functions = Functions::new(crate::sprig::FUNCTIONS);
        let failed = |text: &str| {
            let mut templates = Templates::new("t", functions.clone()).missing_key(MissingKey::Zero);
            templates.parse("t", text).expect(text);
            let error = templates.execute("t", data.clone()).expect_err(text);
            assert!(!error.to_string().contains("web\""), "{error}");
            let found = error.chain().filter_map(Error::found).last().cloned();
            let found = found.expect("something was there");
            let values = found
                .values
                .iter()
                .map(|value| format!("{} {}", value.type_name, value.text));
            let piped = if found.is_piped { "piped" } else { "" };
            let parts = [found.path, found.keys.join(" ")]
                .into_iter()
                .chain(values)
                .chain([piped.to_owned()]);
            parts
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        };
        for (text, expected) in [
            ("{{ .imgae.tag }}", ".imgae; image"),
            (
                "{{ with $x := .image }}{{ $x.tag.y }}{{ end }}",
                "$x.tag; name port",
            ),
            ("{{ .image.name.x }}", ".image.name; string \"web\""),
            ("{{ (.image).name.x }}", "string \"web\""),
            ("{{ trim .image.port }}", "float64 80"),
            ("{{ .image.port | trimAll \"x\" }}", "float64 80; piped"),
            ("{{ .image.x | trimAll \"x\" }}", "<nil> <nil>; piped"),
            ("{{ eq .image.port 80 }}", "float64 80; int 80"),
            ("{{ range .image.name }}{{ end }}", "string \"web\""),
        ] {
            assert_eq!(failed(text), expected, "{text}");
        }
    }
}
