//! What each subcommand prints.

mod lint;
mod template;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use bowline_charts::{Chart, archive, explain};

use crate::cli::{Cli, Command, Package, Part, Show, Values};
use crate::source;

/// What to print, and why that is a failure all the same.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: Vec<u8>,
    pub(crate) failure: Option<anyhow::Error>,
}

impl Answer {
    fn failed(text: impl Into<Vec<u8>>, failure: anyhow::Error) -> Self {
        Self {
            text: text.into(),
            failure: Some(failure),
        }
    }
}

impl<T: Into<Vec<u8>>> From<T> for Answer {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            failure: None,
        }
    }
}

pub(crate) fn run(cli: Cli) -> Result<Answer> {
    Ok(match cli.command {
        Command::Template(arguments) => template::template(&arguments)?.into(),
        Command::Lint(arguments) => lint::lint(&arguments)?,
        Command::Package(arguments) => package(&arguments)?.into(),
        Command::Show(arguments) => show(&arguments)?.into(),
        Command::Values(arguments) => values(&arguments)?.into(),
    })
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
        Ok(file.data.to_vec())
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
    let mut with = source::render(name, &arguments.input)?;
    with.is_strict = arguments.strict;
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
