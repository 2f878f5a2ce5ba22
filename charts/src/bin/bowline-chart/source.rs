//! Charts and values from the disk.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::{Given, Layer};
use bowline_charts::{Capabilities, Chart, File, Pin, Release, Render, archive, directory};
use jiff::Timestamp;

use crate::cli::{self, Input};

/// No chart archive is larger; more is not even read.
const MAX_ARCHIVE_BYTES: u64 = 32 << 20;

/// The files of a chart that is a directory or a `.tgz`.
pub(crate) fn files(path: &Path) -> Result<Vec<File>> {
    let metadata = fs_err::metadata(path)?;
    if metadata.is_dir() {
        return Ok(directory::read(path)?);
    }
    ensure!(
        metadata.len() <= MAX_ARCHIVE_BYTES,
        "{}: too large for a chart archive",
        path.display()
    );
    let mut bytes = Vec::new();
    fs_err::File::open(path)?
        .take(MAX_ARCHIVE_BYTES)
        .read_to_end(&mut bytes)?;
    archive::unpack(&bytes).with_context(|| format!("read {}", path.display()))
}

pub(crate) fn chart(path: &Path) -> Result<Chart> {
    Ok(Chart::from_files(files(path)?)?)
}

/// The release's name and the chart's path; a name is made up where none is given, as Helm does.
pub(crate) fn name_and_chart(arguments: &[String]) -> (&str, PathBuf) {
    match arguments {
        [name, chart, ..] => (name, chart.into()),
        [chart] => ("release-name", chart.into()),
        [] => ("release-name", PathBuf::new()),
    }
}

/// Everything that a render depends on beside the chart.
pub(crate) fn render(name: &str, input: &Input) -> Result<Render> {
    let mut release = Release::install(name, &input.namespace);
    release.is_upgrade = input.is_upgrade;
    let mut capabilities = Capabilities::default();
    capabilities
        .api_versions
        .extend(input.api_versions.iter().cloned());
    if let Some(version) = &input.kube_version {
        capabilities.kube_version = Capabilities::parse_version(version)?;
        if matches!(input.helm, cli::Generation::Helm3) {
            // Helm 3 drops what follows the numbers.
            let numbers = capabilities.normalized().to_owned();
            capabilities.kube_version = numbers;
        }
    }
    Ok(Render {
        capabilities,
        generation: match input.helm {
            cli::Generation::Helm3 => bowline_charts::Generation::Helm3,
            cli::Generation::Helm4 => bowline_charts::Generation::Helm4,
        },
        pin: pin(input)?,
        skips_schema: input.skip_schema_validation,
        ..Render::new(release, given(input)?)
    })
}

fn pin(input: &Input) -> Result<Option<Pin>> {
    let Some(seed) = &input.seed else {
        return Ok(None);
    };
    let now = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .with_context(|| format!("SOURCE_DATE_EPOCH is {seconds:?}; expected seconds since 1970"))?,
        Err(_) => Timestamp::now(),
    };
    Ok(Some(Pin::of_text(seed, now)))
}

/// The values of files, then of the assignments, in Helm's order.
fn given(input: &Input) -> Result<Given> {
    let layers = input.values.iter().map(|path| {
        let text = if path.trim() == "-" {
            let mut text = Vec::new();
            std::io::stdin()
                .read_to_end(&mut text)
                .context("read standard input")?;
            text
        } else {
            fs_err::read(path)?
        };
        Ok(Layer::yaml(path.as_str(), text))
    });
    let assignments = [
        (Typing::Json, &input.set_json),
        (Typing::Inferred, &input.set),
        (Typing::Text, &input.set_string),
        (Typing::File, &input.set_file),
        (Typing::Literal, &input.set_literal),
    ];
    let assignments = assignments.into_iter().flat_map(|(typing, expressions)| {
        expressions.iter().map(move |expression| Assignment {
            typing,
            expression: expression.clone(),
        })
    });
    Ok(Given {
        layers: layers.collect::<Result<_>>()?,
        assignments: assignments.collect(),
        read_file: |path| fs_err::read_to_string(path).map_err(|error| error.to_string()),
    })
}
