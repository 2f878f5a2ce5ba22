//! What each subcommand prints.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use bowline_charts::{Capabilities, Chart, Object, Release, Render, Rendered, archive, object, render};

use crate::cli::{Cli, Command, Input, Lint, Package, Part, Show, Template};
use crate::source;

pub(crate) fn run(cli: Cli) -> Result<String> {
    match cli.command {
        Command::Template(arguments) => template(&arguments),
        Command::Lint(arguments) => lint(&arguments),
        Command::Package(arguments) => package(&arguments),
        Command::Show(arguments) => show(&arguments),
    }
}

fn template(arguments: &Template) -> Result<String> {
    let chart = source::chart(&arguments.input.chart)?;
    let mut release = Release::install(&arguments.name, &arguments.namespace);
    release.is_upgrade = arguments.is_upgrade;
    let mut capabilities = Capabilities::default();
    capabilities
        .api_versions
        .extend(arguments.api_versions.iter().cloned());
    if let Some(version) = &arguments.kube_version {
        capabilities.kube_version = format!("v{}", version.trim_start_matches('v'));
    }
    let with = Render {
        capabilities,
        ..Render::new(release, source::values(&arguments.input)?)
    };
    let rendered = render(&chart, &with)?;
    let objects = printed(rendered, arguments.include_crds);
    let shown = only(chart.name(), objects, &arguments.show_only)?;
    object::manifest(&shown).context("write the objects")
}

/// In Helm's order: CRDs, objects, hooks.
fn printed(rendered: Rendered, include_crds: bool) -> Vec<Object> {
    let crds = if include_crds { rendered.crds } else { Vec::new() };
    let hooks = rendered.hooks.into_iter().map(|hook| hook.object);
    crds.into_iter().chain(rendered.objects).chain(hooks).collect()
}

fn only(chart: &str, objects: Vec<Object>, wanted: &[String]) -> Result<Vec<Object>> {
    if wanted.is_empty() {
        return Ok(objects);
    }
    for template in wanted {
        let found = objects.iter().any(|object| is_from(chart, object, template));
        ensure!(found, "--show-only {template}: this template gives no objects");
    }
    let is_wanted = |object: &Object| wanted.iter().any(|template| is_from(chart, object, template));
    Ok(objects.into_iter().filter(is_wanted).collect())
}

fn is_from(chart: &str, object: &Object, template: &str) -> bool {
    object
        .source()
        .strip_prefix(chart)
        .and_then(|path| path.strip_prefix('/'))
        == Some(template)
}

fn lint(arguments: &Lint) -> Result<String> {
    let Input { chart: path, .. } = &arguments.input;
    let chart = source::chart(path)?;
    let release = Release::install("release-name", "default");
    let rendered = render(&chart, &Render::new(release, source::values(&arguments.input)?))?;
    ensure!(
        chart.metadata().kind == "library" || !printed(rendered.clone(), true).is_empty(),
        "chart {} gives no objects with these values",
        chart.name()
    );
    let count = |name: &str, number: usize| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
    Ok(format!(
        "{} {}: {}, {}, {}\n",
        chart.name(),
        chart.version(),
        count("object", rendered.objects.len()),
        count("hook", rendered.hooks.len()),
        count("CRD", rendered.crds.len()),
    ))
}

fn package(arguments: &Package) -> Result<String> {
    let files = source::files(&arguments.chart)?;
    let chart = Chart::from_files(files.clone())
        .with_context(|| format!("read chart {}", arguments.chart.display()))?;
    let bytes = archive::pack(chart.name(), &files).context("pack the chart")?;
    let path = arguments
        .destination
        .join(format!("{}-{}.tgz", chart.name(), chart.version()));
    fs_err::write(&path, bytes)?;
    Ok(format!("{}\n", path.display()))
}

fn show(arguments: &Show) -> Result<String> {
    let files = source::files(&arguments.chart)?;
    let text = |path: &str| -> Result<String> {
        let Some(file) = files.iter().find(|file| file.path == path) else {
            bail!("{} has no {path}", arguments.chart.display());
        };
        String::from_utf8(file.data.clone()).with_context(|| format!("{path} is not UTF-8 text"))
    };
    match arguments.part {
        Part::Chart => text("Chart.yaml"),
        Part::Values => text("values.yaml"),
        Part::Readme => text("README.md"),
        Part::Crds => {
            let crds = files
                .iter()
                .map(|file| file.path.as_str())
                .filter(|path| is_crd(path));
            let texts = crds.map(|path| Ok(format!("---\n{}\n", text(path)?.trim_end())));
            texts.collect()
        }
    }
}

fn is_crd(path: &str) -> bool {
    let is_manifest = Path::new(path).extension().is_some_and(|ending| ending != "md");
    path.starts_with("crds/") && is_manifest
}
