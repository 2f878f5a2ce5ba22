//! What to tell where a template's output is no YAML.

/// A hint, where the parser's words and the line show what is wrong. Pure.
pub(crate) fn advise_output(message: &str, line: &str) -> Option<&'static str> {
    let line = line.trim_end();
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim_start());
    let knows = |part: &str| message.contains(part);
    if line.trim_start_matches(' ').starts_with('\t') {
        return Some("YAML is indented with spaces, not with tabs");
    }
    if knows("mapping values are not allowed") {
        return Some(if value.contains(": ") || value.ends_with(':') {
            "a value with a colon needs quotes: `| quote`"
        } else {
            "the line stands deeper than the one above: look at indent and nindent, and at `{{-`, which joins lines"
        });
    }
    if knows("cannot start any token") || knows("found unexpected end of stream") {
        return Some("a value that begins with a special character needs quotes: `| quote`");
    }
    if knows("did not find expected alphabetic or numeric character") {
        return Some("a value that begins with `*` or `&` needs quotes: `| quote`");
    }
    if knows("could not find expected ':'") || knows("did not find expected key") {
        return Some(
            "look at the indentation: `nindent` begins a new line, `indent` does not; a text of several lines needs `|`",
        );
    }
    if knows("already set in map") {
        return Some("the same key stands there twice: does a block of labels or annotations come in twice?");
    }
    if knows("cannot unmarshal") {
        return Some("a document must be a mapping: does the template print something beside objects?");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_slips_are_known_by_words_and_line() {
        for (message, line, expected) in [
            ("found character that cannot start any token", "\tname: x", "tabs"),
            (
                "found character that cannot start any token",
                "name: @x",
                "quotes",
            ),
            (
                "mapping values are not allowed in this context",
                "a: b: c",
                "colon",
            ),
            (
                "mapping values are not allowed in this context",
                "    b: c",
                "nindent",
            ),
            ("could not find expected ':'", "text", "indentation"),
            ("key \"a\" already set in map", "a: 1", "twice"),
        ] {
            let hint = advise_output(message, line).expect(message);
            assert!(hint.contains(expected), "{hint}");
        }
        assert_eq!(advise_output("something else", "a: 1"), None);
    }
}
