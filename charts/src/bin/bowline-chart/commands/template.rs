//! `template`: what a chart gives, in Helm's layout.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use bowline_charts::manifest::Event;
use bowline_charts::{Manifest, Manifests, manifests_of};

use crate::cli::Template;
use crate::source;

pub(crate) fn template(arguments: &Template) -> Result<Vec<u8>> {
    ensure!(
        arguments.validate != Some(true),
        "--validate needs a cluster; leave it out"
    );
    let (name, path) = source::name_and_chart(&arguments.name_and_chart);
    let chart = source::chart(&path)?;
    let mut with = source::render(name, &arguments.input)?;
    with.skips_crds = !arguments.include_crds;
    with.is_strict = arguments.strict;
    let mut given = manifests_of(chart, &with)?;
    for warning in std::mem::take(&mut given.warnings) {
        eprintln!("bowline-chart: warning: {warning}");
    }
    let notes = given.notes.take().filter(|_| arguments.notes);
    let shown = chosen(given, arguments)?;
    let mut text = match &arguments.output_dir {
        Some(directory) => {
            let directory = if arguments.release_name {
                directory.join(name)
            } else {
                directory.clone()
            };
            write_files(&directory, &shown)?
        }
        None => printed(shown, arguments.show_only.is_empty()),
    };
    if let Some(notes) = notes {
        let _ = writeln!(text, "\nNOTES:\n{}", notes.trim_end());
    }
    Ok(text.into_bytes())
}

/// What is asked for, in Helm's order: definitions, objects, hooks.
struct Shown {
    objects: Vec<Manifest>,
    hooks: Vec<Manifest>,
}

fn chosen(given: Manifests, arguments: &Template) -> Result<Shown> {
    let Manifests {
        crds, objects, hooks, ..
    } = given;
    let is_test = |events: &[Event]| events.contains(&Event::Test);
    let hooks = hooks
        .into_iter()
        .filter(|hook| !(arguments.no_hooks || arguments.skip_tests && is_test(&hook.events)))
        .map(|hook| hook.manifest);
    let crds = crds.into_iter().filter(|_| arguments.include_crds);
    let shown = Shown {
        objects: crds.chain(objects).collect(),
        hooks: hooks.collect(),
    };
    only(shown, &arguments.show_only)
}

/// What comes from the wanted templates, in the order in which they are wanted.
fn only(shown: Shown, wanted: &[String]) -> Result<Shown> {
    if wanted.is_empty() {
        return Ok(shown);
    }
    let all: Vec<Manifest> = shown.objects.into_iter().chain(shown.hooks).collect();
    let mut objects = Vec::new();
    for pattern in wanted {
        let before = objects.len();
        let found = all.iter().filter(|manifest| is_from(manifest, pattern));
        objects.extend(found.cloned());
        if objects.len() == before {
            bail!("could not find template {pattern} in chart");
        }
    }
    Ok(Shown {
        objects,
        hooks: Vec::new(),
    })
}

fn is_from(manifest: &Manifest, pattern: &str) -> bool {
    manifest
        .source
        .split_once('/')
        .is_some_and(|(_, path)| bowline_charts::matches_path(pattern, path))
}

/// The text of `helm template`: the last object's last line is never blank, a hook's may be. What is printed is given
/// up, so that no large chart is held twice.
fn printed(shown: Shown, is_whole: bool) -> String {
    let length = |manifest: &Manifest| SEPARATOR.len() + manifest.source.len() + manifest.content.len() + 2;
    let all = shown.objects.iter().chain(&shown.hooks);
    let mut text = String::with_capacity(all.map(length).sum::<usize>() + 1);
    for object in shown.objects {
        push_document(&mut text, &object);
    }
    if is_whole || !text.is_empty() {
        let length = text.trim_end().len();
        text.truncate(length);
        text.push('\n');
    }
    for hook in shown.hooks {
        push_document(&mut text, &hook);
    }
    text
}

/// What stands before a document's source.
const SEPARATOR: &str = "---\n# Source: ";

fn push_document(text: &mut String, manifest: &Manifest) {
    for part in [SEPARATOR, &manifest.source, "\n", &manifest.content, "\n"] {
        text.push_str(part);
    }
}

/// One file for each template; their names are told.
fn write_files(directory: &Path, shown: &Shown) -> Result<String> {
    let mut told = String::new();
    let mut written: Vec<&str> = Vec::new();
    for manifest in shown.objects.iter().chain(&shown.hooks) {
        let path = directory.join(&manifest.source);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let mut text = if written.contains(&manifest.source.as_str()) {
            fs_err::read_to_string(&path)?
        } else {
            String::new()
        };
        push_document(&mut text, manifest);
        fs_err::write(&path, text)?;
        let _ = writeln!(told, "wrote {}", path.display());
        written.push(&manifest.source);
    }
    Ok(told)
}
