//! Manifests and hooks of all rendered files, in the order in which Helm installs them.

use std::collections::BTreeMap;

use super::split::{is_empty, split};
use super::{Head, HeadError};
use crate::diagnosis::{Diagnosis, advise_output};
use crate::object::HOOK;
use crate::render::Place;
use crate::{Generation, kind_order};

/// A document that is installed with the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest<'a> {
    /// The template, under the chart's name.
    pub path: &'a str,
    /// The document.
    pub text: &'a [u8],
    /// What its head says.
    pub head: Head,
}

/// A document that is applied at certain moments in the life of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook<'a> {
    /// The document.
    pub manifest: Manifest<'a>,
    /// When it is applied.
    pub events: Vec<Event>,
}

/// A moment in the life of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Helm's and say it all")]
pub enum Event {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

const EVENTS: [Event; 9] = [
    Event::PreInstall,
    Event::PostInstall,
    Event::PreDelete,
    Event::PostDelete,
    Event::PreUpgrade,
    Event::PostUpgrade,
    Event::PreRollback,
    Event::PostRollback,
    Event::Test,
];

impl Event {
    /// The events that a hook's annotation names, `pre-install, post-upgrade`; none if one of them is unknown.
    pub(crate) fn all_of(annotation: &str) -> Option<Vec<Self>> {
        let names = annotation.split(',');
        names
            .map(|name| Self::named(&name.trim().to_lowercase()))
            .collect()
    }

    /// The event of that name; both names of a test are known.
    fn named(name: &str) -> Option<Self> {
        let name = if name == "test-success" { "test" } else { name };
        EVENTS.into_iter().find(|event| event.name() == name)
    }

    /// Its name, as a release's record has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::Test => "test",
        }
    }
}

/// What the rendered files of a release hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sorted<'a> {
    /// What is installed, in order.
    pub manifests: Vec<Manifest<'a>>,
    /// The hooks, in order of kinds.
    pub hooks: Vec<Hook<'a>>,
}

/// How many lines are told before and behind the one that is wrong.
const BEFORE: usize = 3;
const BEHIND: usize = 2;

/// A document that is no object.
#[derive(Debug, thiserror::Error)]
#[error("YAML parse error on {path}: {source}")]
pub struct ManifestError {
    /// The template.
    pub path: String,
    /// The part of the document that is wrong, where that is known.
    pub excerpt: Option<Box<Excerpt>>,
    /// What is wrong with what it gave.
    pub source: HeadError,
}

/// A line of a document, and those around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Which line, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// It and its neighbours, with their numbers.
    pub around: Vec<(usize, String)>,
}

impl ManifestError {
    fn new(path: &str, document: &[u8], source: HeadError) -> Self {
        let line = match &source {
            HeadError::Yaml(problem) => problem.at.unwrap_or(0),
            HeadError::Json(_) => 0,
        };
        Self {
            path: path.to_owned(),
            excerpt: Excerpt::new(document, line).map(Box::new),
            source,
        }
    }

    /// What helps; without the document where a secret may stand in it.
    pub(crate) fn diagnosis(&self, hides_values: bool) -> Diagnosis {
        let excerpt = self.excerpt.as_ref().filter(|_| !hides_values);
        let text = excerpt.map(|excerpt| excerpt.text.clone());
        let message = self.source.to_string();
        Diagnosis {
            hint: advise_output(&message, text.as_deref().unwrap_or_default()).map(str::to_owned),
            place: Place {
                file: self.path.clone(),
                line: excerpt.map(|excerpt| excerpt.line),
                text,
                mark: None,
            },
            output: excerpt.map(|excerpt| excerpt.around.clone()).unwrap_or_default(),
            ..Diagnosis::default()
        }
    }
}

impl Excerpt {
    /// What stands at a line and around it. At the end of the text the parser stands behind the line that matters.
    fn new(document: &[u8], line: usize) -> Option<Self> {
        let lines: Vec<&[u8]> = document.trim_ascii_end().split(|byte| *byte == b'\n').collect();
        let until = lines.get(..line).unwrap_or(&lines);
        let index = until.iter().rposition(|line| !line.trim_ascii().is_empty())?;
        let numbered = lines.iter().enumerate().skip(index.saturating_sub(BEFORE));
        let around = numbered
            .take_while(|(at, _)| *at <= index + BEHIND)
            .map(|(at, line)| (at + 1, String::from_utf8_lossy(line).into_owned()));
        Some(Self {
            line: index + 1,
            text: String::from_utf8_lossy(lines[index]).into_owned(),
            around: around.collect(),
        })
    }
}

/// The head of a document of a file.
pub(crate) fn read_head(path: &str, text: &[u8], generation: Generation) -> Result<Head, ManifestError> {
    Head::read(text, generation).map_err(|source| ManifestError::new(path, text, source))
}

/// Splits rendered files into documents and sorts them. Files whose names begin with `_` only define templates.
pub fn sort<T: AsRef<[u8]>>(
    files: &BTreeMap<String, T>,
    generation: Generation,
) -> Result<Sorted<'_>, ManifestError> {
    let mut sorted = Sorted::default();
    for (path, content) in files {
        let content = content.as_ref();
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with('_') || is_empty(content) {
            continue;
        }
        for text in split(content, generation) {
            let head = read_head(path, text, generation)?;
            sorted.add(Manifest { path, text, head });
        }
    }
    let order = |a: &Head, b: &Head| {
        kind_order::rank(&a.kind, generation).cmp(&kind_order::rank(&b.kind, generation))
    };
    sorted.manifests.sort_by(|a, b| order(&a.head, &b.head));
    sorted
        .hooks
        .sort_by(|a, b| order(&a.manifest.head, &b.manifest.head));
    Ok(sorted)
}

impl<'a> Sorted<'a> {
    fn add(&mut self, manifest: Manifest<'a>) {
        let Some(names) = manifest.head.annotations.get(HOOK) else {
            self.manifests.push(manifest);
            return;
        };
        // A hook that names an unknown event is left out.
        if let Some(events) = Event::all_of(names) {
            self.hooks.push(Hook { manifest, events });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        files.collect()
    }

    #[test]
    fn kinds_are_ordered_and_hooks_stand_apart() {
        let files = files(&[
            (
                "c/templates/a.yaml",
                "kind: Zebra\n---\nkind: Deployment\n---\nkind: Apple\n---\n\n",
            ),
            (
                "c/templates/b.yaml",
                "kind: ValidatingWebhookConfiguration\n---\nkind: Namespace",
            ),
            ("c/templates/_c.tpl", "no: [yaml"),
            (
                "c/templates/d.yaml",
                "kind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: 'Test-Success, pre-install'}}\n---\n\
                 kind: Pod\nmetadata: {annotations: {helm.sh/hook: crd-install}}",
            ),
        ]);
        let sorted = sort(&files, Generation::Helm4).unwrap();
        let kinds = |sorted: &Sorted<'_>| -> Vec<String> {
            sorted
                .manifests
                .iter()
                .map(|manifest| manifest.head.kind.clone())
                .collect()
        };
        assert_eq!(
            kinds(&sorted),
            [
                "Namespace",
                "Deployment",
                "ValidatingWebhookConfiguration",
                "Apple",
                "Zebra"
            ]
        );
        let [hook] = sorted.hooks.as_slice() else {
            panic!("one hook")
        };
        assert_eq!(hook.events, [Event::Test, Event::PreInstall]);
        assert_eq!(
            kinds(&sort(&files, Generation::Helm3).unwrap()),
            [
                "Namespace",
                "Deployment",
                "Apple",
                "ValidatingWebhookConfiguration",
                "Zebra"
            ]
        );
    }

    #[test]
    fn a_document_that_cannot_be_read_names_its_file() {
        let files = files(&[("c/templates/a.yaml", "a: b\n c: d\n")]);
        let error = sort(&files, Generation::Helm4).unwrap_err();
        assert_eq!(
            error.to_string(),
            "YAML parse error on c/templates/a.yaml: error converting YAML to JSON: yaml: line 2: mapping values are \
             not allowed in this context"
        );
        let excerpt = error.excerpt.unwrap();
        assert_eq!((excerpt.line, excerpt.text.as_str()), (2, " c: d"));
        assert_eq!(excerpt.around[0].0, 1);
    }
}
