//! What each subcommand prints.

mod template;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use bowline_charts::{Chart, archive, explain, render};

use crate::cli::{Cli, Command, Lint, Package, Part, Show, Values};
use crate::source;

pub(crate) fn run(cli: Cli) -> Result<Vec<u8>> {
    match cli.command {
        Command::Template(arguments) => template::template(&arguments),
        Command::Lint(arguments) => lint(&arguments).map(String::into_bytes),
        Command::Package(arguments) => package(&arguments).map(String::into_bytes),
        Command::Show(arguments) => show(&arguments),
        Command::Values(arguments) => values(&arguments).map(String::into_bytes),
    }
}

fn lint(arguments: &Lint) -> Result<String> {
    let chart = source::chart(&arguments.chart)?;
    if chart.metadata().kind == "library" {
        return Ok(format!("{} {}: a library chart\n", chart.name(), chart.version()));
    }
    let rendered = render(&chart, &source::render("release-name", &arguments.input)?)?;
    let counts = [
        ("object", rendered.objects.len()),
        ("hook", rendered.hooks.len()),
        ("CRD", rendered.crds.len()),
    ];
    ensure!(
        counts.iter().any(|(_, count)| *count > 0),
        "chart {} gives no objects with these values",
        chart.name()
    );
    let counts =
        counts.map(|(name, number)| format!("{number} {name}{}", if number == 1 { "" } else { "s" }));
    Ok(format!(
        "{} {}: {}\n",
        chart.name(),
        chart.version(),
        counts.join(", ")
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

fn show(arguments: &Show) -> Result<Vec<u8>> {
    let files = source::files(&arguments.chart)?;
    let content = |path: &str| -> Result<Vec<u8>> {
        let Some(file) = files.iter().find(|file| file.path == path) else {
            bail!("{} has no {path}", arguments.chart.display());
        };
        Ok(file.data.clone())
    };
    match arguments.part {
        Part::Chart => content("Chart.yaml"),
        Part::Values => content("values.yaml"),
        Part::Readme => content("README.md"),
        Part::Crds => {
            let mut all = Vec::new();
            for file in files.iter().filter(|file| is_crd(&file.path)) {
                all.extend_from_slice(b"---\n");
                all.extend_from_slice(file.data.trim_ascii_end());
                all.push(b'\n');
            }
            Ok(all)
        }
    }
}

fn is_crd(path: &str) -> bool {
    let is_manifest = Path::new(path).extension().is_some_and(|ending| ending != "md");
    path.starts_with("crds/") && is_manifest
}

fn values(arguments: &Values) -> Result<String> {
    let (name, path) = source::name_and_chart(&arguments.name_and_chart);
    let chart = source::chart(&path)?;
    let with = source::render(name, &arguments.input)?;
    if !arguments.why {
        return Ok(explain::values(&chart, &with)?);
    }
    let origins = explain::origins(&chart, &with)?;
    let paths = origins.iter().map(|origin| origin.path.len());
    let column = paths.max().unwrap_or_default();
    let mut text = String::new();
    for origin in origins {
        let _ = writeln!(
            text,
            "{:column$}  {}  # {}",
            origin.path, origin.value, origin.source
        );
    }
    Ok(text)
}
