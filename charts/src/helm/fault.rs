//! A template's error in the words that Helm finds for it.

use gotemplate::Error;

use crate::Generation;

/// Marks around a chart's own words, so that they are found again inside an error.
const OWN_WORDS_START: &str = "HELM_ERR_START";
const OWN_WORDS_END: &str = "HELM_ERR_END";

/// What `required` and `fail` return: the chart's own words.
pub(super) fn own_words(words: &str) -> Error {
    Error::new(format!("{OWN_WORDS_START}{words}{OWN_WORDS_END}"))
}

/// What Helm says of a template that cannot be parsed.
pub(super) fn parsing(file: &str, error: &Error) -> String {
    let text = error.to_string();
    let tokens: Vec<&str> = text.split(": ").collect();
    match tokens.as_slice() {
        [] | [_] => format!("parse error in ({file}): {text}"),
        [_, place, .., message] => format!("parse error at ({place}): {message}"),
        [_, place] => format!("parse error at ({place}): {place}"),
    }
}

/// What Helm says of a template that failed.
pub(super) fn executing(error: &Error, generation: Generation) -> String {
    let text = error.to_string();
    if error.site().is_none() {
        return text;
    }
    let mut tokens = text.splitn(3, ": ");
    if let (Some(_), Some(place), Some(rest)) = (tokens.next(), tokens.next(), tokens.next())
        && let Some(words) = between(rest)
    {
        return format!("execution error at ({place}): {words}");
    }
    match generation {
        Generation::Helm3 => text,
        Generation::Helm4 => traced(error).unwrap_or(text),
    }
}

/// The chart's own words, where there are any.
fn between(text: &str) -> Option<&str> {
    let start = text.find(OWN_WORDS_START)? + OWN_WORDS_START.len();
    let end = text.rfind(OWN_WORDS_END)?;
    text.get(start..end)
}

/// One paragraph for each template on the way; none when the innermost error is a function's.
fn traced(error: &Error) -> Option<String> {
    let mut text = String::new();
    let mut last = String::new();
    for level in error.chain() {
        let paragraph = paragraph(&level.to_string())?;
        if paragraph != last {
            text.push_str(&paragraph);
        }
        last = paragraph;
    }
    Some(text.trim().to_owned())
}

fn paragraph(text: &str) -> Option<String> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(format!("{text}\n"));
    }
    let cut = |message: &str| message.split(" template:").next().unwrap_or_default().to_owned();
    if let Some((place, after)) = rest.split_once(": executing ")
        && let Some((name, at)) = after.strip_prefix('"').and_then(|after| after.split_once('"'))
        && let Some((expression, message)) = at.strip_prefix(" at <").and_then(|at| at.split_once(">: "))
    {
        return Some(format!(
            "{place}\n  executing \"{name}\" at <{expression}>:\n    {}\n",
            cut(message)
        ));
    }
    let (place, message) = rest.rsplit_once(": ")?;
    Some(format!("{place}\n  {}\n", cut(message)))
}
