//! Options that take several values at once, with commas between them.

use std::convert::Infallible;

/// What one use of such an option names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Items(Vec<String>);

impl Items {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Reads a line of comma-separated values as helm does: nothing is no value, and commas within `"…"` part nothing.
#[expect(clippy::unnecessary_wraps, reason = "an option's reader may fail")]
pub(crate) fn parse(text: &str) -> Result<Items, Infallible> {
    let mut items = Vec::new();
    let mut rest = (!text.is_empty()).then_some(text);
    while let Some(line) = rest {
        let (item, after) = match line.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => line
                .split_once(',')
                .map_or((line.to_owned(), None), |(item, after)| {
                    (item.to_owned(), Some(after))
                }),
        };
        items.push(item);
        rest = after;
    }
    Ok(Items(items))
}

/// A value up to its closing quote, where two quotes are one that is meant, and what follows the comma after it.
fn unquoted(mut rest: &str) -> (String, Option<&str>) {
    let mut item = String::new();
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            item.push_str(rest);
            return (item, None);
        };
        item.push_str(part);
        let Some(after_two) = after.strip_prefix('"') else {
            return match after.split_once(',') {
                Some((surplus, next)) => (item + surplus, Some(next)),
                None => (item + after, None),
            };
        };
        item.push('"');
        rest = after_two;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_part_values_unless_they_are_quoted() {
        for (text, expected) in [
            ("", &[][..]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            ("a,,b", &["a", "", "b"]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""a""b""#, &[r#"a"b"#]),
            (r#""open"#, &["open"]),
        ] {
            let Ok(items) = parse(text);
            assert_eq!(items.iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
