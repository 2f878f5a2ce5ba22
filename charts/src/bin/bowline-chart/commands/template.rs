//! `template`: what a chart gives, in Helm's layout.

mod only;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use bowline_charts::manifest::Event;
use bowline_charts::{Generation, Manifest, Manifests, Release, manifests_of};

use crate::cli::Template;
use crate::source;

pub(crate) fn template(arguments: &Template, namespace: &str) -> Result<Vec<u8>> {
    ensure!(!arguments.validate, "--validate needs a cluster; leave it out");
    let generation = arguments.input.helm.into();
    if let Some(place) = &arguments.dry_run {
        check_dry_run(place, generation)?;
    }
    let (name, chart) = super::name::name_and_chart(&arguments.subject)?;
    let path = source::located(chart)?;
    let release = Release::install(&name, namespace);
    let mut with = source::render(release, &arguments.input)?;
    let chart = source::chart(&path)?;
    if chart.metadata().deprecated {
        eprintln!("bowline-chart: warning: this chart is deprecated");
    }
    if arguments.dependency_update {
        let missing = chart.missing_dependencies();
        ensure!(
            missing.is_empty(),
            "--dependency-update: charts are not fetched here; missing in charts/: {}",
            missing.join(", ")
        );
    }
    with.skips_crds = !arguments.include_crds;
    with.is_strict = arguments.strict;
    let mut given = manifests_of(chart, &with)?;
    for warning in std::mem::take(&mut given.warnings) {
        eprintln!("bowline-chart: warning: {warning}");
    }
    let notes = given.notes.take().filter(|_| arguments.notes);
    let shown = chosen(given, arguments);
    let mut text = match &arguments.output_dir {
        Some(directory) => {
            let directory = if arguments.release_name {
                directory.join(name)
            } else {
                directory.clone()
            };
            write_files(&directory, &only::of_files(shown, &arguments.show_only)?)?
        }
        None if arguments.show_only.is_empty() => printed(shown),
        None => only::of_text(&printed(shown), &arguments.show_only, generation)?,
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

fn chosen(given: Manifests, arguments: &Template) -> Shown {
    let Manifests {
        crds, objects, hooks, ..
    } = given;
    let is_test = |events: &[Event]| events.contains(&Event::Test);
    let hooks = hooks
        .into_iter()
        .filter(|hook| !(arguments.no_hooks || arguments.skip_tests && is_test(&hook.events)))
        .map(|hook| hook.manifest);
    let crds = crds.into_iter().filter(|_| arguments.include_crds);
    Shown {
        objects: crds.chain(objects).collect(),
        hooks: hooks.collect(),
    }
}

/// Where helm would simulate; without a cluster that is always here.
fn check_dry_run(place: &str, generation: Generation) -> Result<()> {
    match place {
        "unset" | "client" | "true" | "1" | "t" | "T" | "TRUE" | "True" => Ok(()),
        "server" => bail!("--dry-run=server needs a cluster; leave it out"),
        "none" | "false" | "" if generation == Generation::Helm3 => Ok(()),
        "none" | "false" | "0" | "f" | "F" | "FALSE" | "False" => {
            bail!("invalid dry-run value ({place:?}). Must be \"server\" or \"client\"")
        }
        _ => bail!("invalid dry-run value ({place:?}). Must be \"none\", \"server\", or \"client\""),
    }
}

/// The text of `helm template`: the last object's last line is never blank, a hook's may be. What is printed is given
/// up, so that no large chart is held twice.
fn printed(shown: Shown) -> String {
    let length = |manifest: &Manifest| SEPARATOR.len() + manifest.source.len() + manifest.content.len() + 2;
    let all = shown.objects.iter().chain(&shown.hooks);
    let mut text = String::with_capacity(all.map(length).sum::<usize>() + 1);
    for object in shown.objects {
        push_document(&mut text, &object);
    }
    let length = text.trim_end().len();
    text.truncate(length);
    text.push('\n');
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
    // What is left to print is nothing, on a line of its own.
    told.push('\n');
    Ok(told)
}
