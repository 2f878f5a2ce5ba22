//! What to tell about an error of a Helm template: the common faults, each known by Go's or Helm's words.

use gotemplate::{Map, Str};

use super::nearest::nearest;
use super::path::{Found, ROOTS, follow, nearest_path};
use super::{blocks, kinds};

/// All that is known about an error.
pub(crate) struct Scene<'a> {
    /// The innermost words.
    pub(crate) message: &'a str,
    /// The expression that failed; empty for a text that is no template.
    pub(crate) expression: &'a str,
    /// What stands before it in its line.
    pub(crate) before: &'a str,
    /// The whole text of the template.
    pub(crate) text: &'a [u8],
    /// Where the chart's values lie in those of the outermost chart: `db.cache`, or nothing.
    pub(crate) prefix: &'a str,
    /// The condition around the expression, or around what called it.
    pub(crate) condition: Option<&'a str>,
    /// What the engine found there.
    pub(crate) found: Option<&'a gotemplate::Found>,
    /// What the template saw at its root.
    pub(crate) root: Option<&'a Map>,
    /// What may be called.
    pub(crate) functions: Vec<&'a str>,
    /// What may be included.
    pub(crate) templates: &'a [Str],
    /// Whether no value may be shown, because some are secret.
    pub(crate) hides_values: bool,
}

/// Notes and a hint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) notes: Vec<String>,
    pub(crate) hint: Option<String>,
}

impl<'a> Scene<'a> {
    /// What stands before the last pipe in front of the expression.
    fn piped(&self) -> Option<&'a str> {
        let (left, _) = self.before.rsplit_once('|')?;
        let start = left.rfind(['{', '(', '|', '=']).map_or(0, |at| at + 1);
        let command = left[start..].trim_start_matches("- ").trim();
        let word = command.strip_prefix("if ").or(command.strip_prefix("with "));
        let command = word.unwrap_or(command).trim();
        (!command.is_empty()).then_some(command)
    }

    /// The expression that gave the value that the error is about.
    pub(super) fn subject(&self) -> &'a str {
        match self.found {
            Some(found) if found.is_piped => self.piped().unwrap_or("what comes through the pipe"),
            _ => self.expression,
        }
    }
}

impl Advice {
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
    }
}

/// What to tell. Pure.
pub(crate) fn advise(scene: &Scene<'_>) -> Advice {
    let mut advice = Advice::default();
    let message = scene.message;
    if message.starts_with("nil pointer evaluating") || message.starts_with("map has no entry") {
        missing(scene, &mut advice);
    } else if let Some(rest) = message.strip_prefix("can't evaluate field ") {
        let field = rest.split(' ').next().unwrap_or_default();
        kinds::no_field(scene, field, &mut advice);
    } else if let Some(rest) = message.strip_prefix("wrong type for value; expected ") {
        kinds::wrong_type(scene, rest.split(';').next().unwrap_or_default(), &mut advice);
    } else if let Some(expected) = message.strip_prefix("invalid value; expected ") {
        kinds::no_nil(scene, expected, &mut advice);
    } else if message.starts_with("incompatible types for comparison") {
        kinds::incomparable(scene, &mut advice);
    } else if message.starts_with("range can't iterate over") {
        kinds::no_range(scene, &mut advice);
    } else if message.contains(" not defined") && message.starts_with("function ") {
        unknown_function(scene, &mut advice);
    } else if message.contains("no template ")
        || message.starts_with("template ") && message.ends_with(" not defined")
    {
        unknown_template(scene, &mut advice);
    } else if scene.expression.starts_with("required ") {
        required(scene, &mut advice);
    } else {
        slip(scene, &mut advice);
    }
    advice
}

/// Faults of the text, and a chart's own refusal.
fn slip(scene: &Scene<'_>, advice: &mut Advice) {
    let expression = scene.expression;
    let hint = match scene.message {
        "unexpected EOF" => {
            if let Some((line, action)) = blocks::unclosed(scene.text) {
                advice.note(format!("`{action}` of line {line} has no end"));
            }
            return;
        }
        "unexpected {{end}}" => "there is one `end` too many, or its block was closed before",
        message if message.starts_with("undefined variable") => {
            "a variable lives to the `end` of its block, and a named template has its own: declare it before, with `:=`"
        }
        message if message.starts_with("bad character U+002D") => {
            "a name with a dash is no field: write `(index .Values \"a-b\").c` for `.Values.a-b.c`"
        }
        message if message.starts_with("can't give argument to non-function") => {
            "the first word is what is called, and this is a value: are the parentheses where they belong?"
        }
        _ => {
            let refuses = expression == "fail" || expression.starts_with("fail ");
            if let Some(condition) = scene.condition.filter(|_| refuses) {
                advice.note(format!("the chart refuses this under {condition}"));
            }
            return;
        }
    };
    advice.hint(hint);
}

/// A field of something that is not there.
fn missing(scene: &Scene<'_>, advice: &mut Advice) {
    let Some(found) = scene.found.filter(|found| !found.path.is_empty()) else {
        return;
    };
    let (path, expression) = (&found.path, scene.expression);
    let name = path.rsplit('.').next().unwrap_or_default();
    let root = path.trim_start_matches('.').split('.').next().unwrap_or_default();
    if path.starts_with('.') && path.trim_start_matches('.') == root && ROOTS.contains(&root) {
        advice.note(format!("`.` is not the chart's root here: it has no {root}"));
        advice.hint(format!(
            "within range and with, write `${path}…`; a named template sees only what it was given"
        ));
        return;
    }
    let is_null = found.keys.iter().any(|key| key == name);
    let of_values = path.starts_with(".Values.") || path.starts_with("$.Values.");
    advice.note(match (is_null, of_values) {
        (true, _) => format!("`{path}` is null"),
        (false, true) => format!("`{path}` is nil: no layer gives it a value"),
        (false, false) => format!("`{path}` is nil: there is no such key"),
    });
    match nearest_path(path, &found.keys).filter(|_| !is_null) {
        Some(near) => advice.hint(format!("did you mean `{near}`?")),
        None => advice.hint = guarded(path, expression),
    }
}

/// How to write an expression so that it is empty where a part of it is missing.
fn guarded(path: &str, expression: &str) -> Option<String> {
    let rest = expression.strip_prefix(path)?.strip_prefix('.')?;
    if rest.contains(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_'))) {
        return None;
    }
    let mut written = path.to_owned();
    for name in rest.split('.') {
        written = format!("({written}).{name}");
    }
    Some(format!(
        "set it, or write `{written}`, which is empty where it is missing"
    ))
}

fn unknown_function(scene: &Scene<'_>, advice: &mut Advice) {
    let name = scene.message.split('"').nth(1).unwrap_or_default();
    if matches!(name, "env" | "expandenv") {
        advice.hint("charts cannot read the environment: pass a value");
        return;
    }
    let mut names = scene.functions.clone();
    names.sort_unstable();
    if let Some(near) = nearest(name, names) {
        advice.hint(format!("did you mean `{near}`?"));
    }
}

fn unknown_template(scene: &Scene<'_>, advice: &mut Advice) {
    let name = scene.message.split('"').nth(1).unwrap_or_default();
    let names: Vec<_> = scene.templates.iter().map(Str::to_text).collect();
    // Names begin with their chart's: the last part is what tells them apart.
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let same = names
        .iter()
        .find(|known| known.contains('.') && last(known) == last(name));
    match nearest(name, names.iter().map(AsRef::as_ref)).or(same.map(AsRef::as_ref)) {
        Some(near) => advice.hint(format!("did you mean \"{near}\"?")),
        None => {
            advice.hint("nothing defines it: is the chart that does among the dependencies, and in charts/?");
        }
    }
}

/// A value that a chart asks for.
fn required(scene: &Scene<'_>, advice: &mut Advice) {
    let asked = match scene.expression.rsplit_once(['"', '`']) {
        Some((_, after)) if !after.trim().is_empty() => after.trim(),
        // `.Values.x | required "…"`
        _ => scene.piped().unwrap_or_default(),
    };
    let Some(found) = scene.root.and_then(|root| follow(root, asked)) else {
        return;
    };
    let setting = |path: &str| {
        let below = path.strip_prefix(".Values.")?;
        let prefix = match scene.prefix {
            "" => String::new(),
            _ if below == "global" || below.starts_with("global.") => String::new(),
            prefix => format!("{prefix}."),
        };
        Some(format!(
            "set {prefix}{below} in the values (`--set {prefix}{below}=…`)"
        ))
    };
    let whole = asked.find('.').map_or(asked, |dot| &asked[dot..]);
    match found {
        Found::Missing { path, beside } => {
            advice.note(format!("`{path}` is nil: no layer gives it a value"));
            advice.hint = match nearest_path(&path, &beside) {
                Some(near) => Some(format!("the values have `{near}`: did you mean that?")),
                None => setting(whole),
            };
        }
        Found::Null { path } => {
            advice.note(format!("`{path}` is null"));
            advice.hint = setting(whole);
        }
        Found::There(value) => {
            if value.as_string().is_some_and(|text| text.is_empty()) {
                advice.note(format!("`{whole}` is an empty string"));
                advice.hint = setting(whole);
            }
        }
    }
}
