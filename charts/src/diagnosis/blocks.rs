//! Blocks that nobody closed.

/// The innermost action that begins a block which never ends, with its line. Pure.
pub(super) fn unclosed(text: &[u8]) -> Option<(usize, String)> {
    let text = String::from_utf8_lossy(text);
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let inside = start + 2;
        let is_comment = text[inside..].trim_start_matches(['-', ' ']).starts_with("/*");
        let end = if is_comment { "*/" } else { "}}" };
        let Some(length) = text[inside..].find(end) else {
            break;
        };
        let action = text[inside..inside + length].trim_start_matches('-').trim_start();
        match action.split(|c: char| !c.is_alphabetic()).next() {
            Some("if" | "range" | "with" | "define" | "block") => open.push(start..inside + length + 2),
            Some("end") => {
                open.pop();
            }
            _ => {}
        }
        at = inside + length + 2;
    }
    let block = open.pop()?;
    let line = text[..block.start].matches('\n').count() + 1;
    Some((line, text[block].to_owned()))
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
}
