//! Blocks that nobody closed.

/// The innermost block that never ends, with its line. Pure.
pub(super) fn unclosed(text: &[u8]) -> Option<(usize, String)> {
    let block = open(text).pop()?;
    Some((block.line, block.action))
}

/// The innermost condition that is open at the end of a text, with its line. Pure.
pub(crate) fn enclosing(text: &[u8]) -> Option<(usize, String)> {
    let mut blocks = open(text);
    blocks.retain(|block| block.is_condition);
    let block = blocks.pop()?;
    let otherwise = if block.is_otherwise { "else of " } else { "" };
    Some((block.line, format!("{otherwise}{}", block.action)))
}

/// A block that was begun.
struct Block {
    line: usize,
    action: String,
    is_condition: bool,
    /// Its plain `else` was passed.
    is_otherwise: bool,
}

/// The blocks that are open at the end of a text, the innermost last.
fn open(text: &[u8]) -> Vec<Block> {
    let text = String::from_utf8_lossy(text);
    let mut open: Vec<Block> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let inside = start + 2;
        let is_comment = text[inside..].trim_start_matches(['-', ' ']).starts_with("/*");
        let end = if is_comment { "*/" } else { "}}" };
        let Some(length) = text[inside..].find(end) else {
            break;
        };
        let (whole, next) = (&text[start..inside + length + 2], inside + length + 2);
        line += text[at..start].matches('\n').count();
        let words = text[inside..inside + length].trim_start_matches('-');
        let mut words = words
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty());
        let begun = |is_condition| Block {
            line,
            action: whole.to_owned(),
            is_condition,
            is_otherwise: false,
        };
        match words.next().filter(|word| {
            whole
                .trim_start_matches(['{', '-', ' ', '\n', '\t'])
                .starts_with(word)
        }) {
            Some("if" | "with") => open.push(begun(true)),
            Some("range" | "define" | "block") => open.push(begun(false)),
            Some("else") => match (open.last_mut(), words.next()) {
                (Some(last), Some("if" | "with")) => *last = begun(true),
                (Some(last), _) => last.is_otherwise = true,
                (None, _) => {}
            },
            Some("end") => {
                open.pop();
            }
            _ => {}
        }
        line += whole.matches('\n').count();
        at = next;
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_without_an_end_is_found() {
        let found = |text: &str| unclosed(text.as_bytes()).map(|(line, action)| format!("{line} {action}"));
        assert_eq!(found("a\n{{- if .a }}\nb\n").as_deref(), Some("2 {{- if .a }}"));
        assert_eq!(
            found("{{ with .a }}{{ end }}{{/* if */}}{{ range .b }}").as_deref(),
            Some("1 {{ range .b }}")
        );
        assert_eq!(
            found("{{ define \"x\" }}\n{{ if .ending }}{{ end }}").as_deref(),
            Some("1 {{ define \"x\" }}")
        );
        assert_eq!(found("{{ if .a }}{{ else if .b }}{{ end }}"), None);
        assert_eq!(found("{{ if"), None);
    }

    #[test]
    fn the_condition_around_a_place_is_found() {
        let found = |text: &str| enclosing(text.as_bytes()).map(|(line, action)| format!("{line} {action}"));
        assert_eq!(
            found("{{ if .a }}\n{{ range .b }}").as_deref(),
            Some("1 {{ if .a }}")
        );
        assert_eq!(
            found("{{ if .a }}\n{{ else if .b }}").as_deref(),
            Some("2 {{ else if .b }}")
        );
        assert_eq!(
            found("\n{{- if .a }}{{ else }}").as_deref(),
            Some("2 else of {{- if .a }}")
        );
        assert_eq!(
            found("{{ if .a }}{{ end }}{{ define \"if\" }}{{ $if := 1 }}"),
            None
        );
    }
}
