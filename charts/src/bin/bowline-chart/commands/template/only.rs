//! `--show-only`: the documents of the wanted templates, cut from the text as Helm cuts it.

use anyhow::{Result, bail};
use bowline_charts::{Generation, Manifest, matches_path};

use super::Shown;

/// What stands before the path of a document's template.
const MARK: &str = "# Source: ";

/// The documents that come from the wanted templates, in the order in which they are wanted.
pub(super) fn of_text(text: &str, wanted: &[String], generation: Generation) -> Result<String> {
    let documents = match generation {
        Generation::Helm3 => trimmed_documents(text),
        Generation::Helm4 => documents(text),
    };
    let chosen = chosen(&documents, wanted, |document| source(document))?;
    let shown = chosen.into_iter().flat_map(|document| ["---\n", document, "\n"]);
    Ok(shown.collect())
}

/// The same where each goes into a file.
pub(super) fn of_files(shown: Shown, wanted: &[String]) -> Result<Shown> {
    if wanted.is_empty() {
        return Ok(shown);
    }
    let all: Vec<Manifest> = shown.objects.into_iter().chain(shown.hooks).collect();
    let objects = chosen(&all, wanted, within_chart)?;
    Ok(Shown {
        objects: objects.into_iter().cloned().collect(),
        hooks: Vec::new(),
    })
}

fn within_chart(manifest: &Manifest) -> Option<&str> {
    manifest.source.split_once('/').map(|(_, path)| path)
}

/// What comes from each of the wanted templates; a path is one within a chart.
fn chosen<'a, T>(all: &'a [T], wanted: &[String], path: impl Fn(&T) -> Option<&str>) -> Result<Vec<&'a T>> {
    let mut chosen = Vec::new();
    for pattern in wanted {
        let before = chosen.len();
        let is_wanted = |one: &&T| path(one).is_some_and(|path| matches_path(pattern, path));
        chosen.extend(all.iter().filter(is_wanted));
        if chosen.len() == before {
            bail!("could not find template {pattern} in chart");
        }
    }
    Ok(chosen)
}

/// Helm 4 parts at each line that begins with `---`, and leaves the ends of documents as they are.
fn documents(text: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let (mut start, mut line) = (0, 0);
    while line < text.len() {
        let rest = &text[line..];
        if let Some(after) = rest.strip_prefix("---") {
            documents.push(&text[start..line]);
            start = text.len() - after.trim_start_matches([' ', '\t']).len();
        }
        line = rest.find('\n').map_or(text.len(), |end| line + end + 1);
    }
    documents.push(&text[start.min(text.len())..]);
    documents.retain(|document| !document.trim().is_empty());
    documents.iter().map(|document| document.trim_start()).collect()
}

/// Helm 3 does away with all white space around documents.
fn trimmed_documents(text: &str) -> Vec<&str> {
    let is_space = [' ', '\t', '\n', '\r', '\u{c}'];
    let text = text.trim();
    let mut rest = text
        .strip_prefix("---")
        .map_or(text, |rest| rest.trim_start_matches(is_space));
    let mut documents = Vec::new();
    while let Some((document, after)) = rest.split_once("\n---") {
        documents.push(document.trim());
        rest = after.trim_start_matches(is_space);
    }
    documents.push(rest.trim());
    documents
}

/// The path within its chart that a document names.
fn source(document: &str) -> Option<&str> {
    document.match_indices(MARK).find_map(|(at, _)| {
        let (chart, path) = document[at + MARK.len()..].split_once('/')?;
        let path = path.split('\n').next().unwrap_or_default();
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "---\n# Source: web/crds/a.yaml\na: 1\n--- \nb: 2\n\n---\n# Source: web/templates/b.yaml\nb: 1\n\n\n";

    #[test]
    fn documents_keep_their_ends_in_helm_4_and_lose_them_in_helm_3() {
        let wanted = ["templates/*.yaml".to_owned(), "crds/a.yaml".to_owned()];
        let shown = |generation| of_text(TEXT, &wanted, generation).unwrap();
        assert_eq!(
            shown(Generation::Helm4),
            "---\n# Source: web/templates/b.yaml\nb: 1\n\n\n\n---\n# Source: web/crds/a.yaml\na: 1\n\n"
        );
        assert_eq!(
            shown(Generation::Helm3),
            "---\n# Source: web/templates/b.yaml\nb: 1\n---\n# Source: web/crds/a.yaml\na: 1\n"
        );
    }

    #[test]
    fn what_no_template_gives_is_named() {
        let error = of_text(TEXT, &["templates/c.yaml".to_owned()], Generation::Helm4).unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not find template templates/c.yaml in chart"
        );
    }
}
