//! Charts from the disk, and the facts of a render.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use bowline_charts::{Capabilities, Chart, File, Pin, Release, Render, archive, directory};
use jiff::Timestamp;

use crate::cli::{self, Input, Items};
use crate::given::given;

/// No chart archive is larger; more is not even read.
const MAX_ARCHIVE_BYTES: u64 = 32 << 20;

/// Where a chart lies that is named as for helm, which would fetch what is not there.
pub(crate) fn located(name: &str) -> Result<PathBuf> {
    let name = name.trim();
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_owned());
    }
    if path.is_absolute() || name.starts_with('.') {
        bail!("path {name:?} not found");
    }
    bail!("path {name:?} not found; charts are not fetched here: give a directory or a .tgz")
}

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

/// Values that cannot be read make a chart that cannot be used, also those of charts below.
pub(crate) fn check_values(chart: &Chart) -> Result<()> {
    chart.values()?;
    for subchart in chart.subcharts() {
        let within = || format!("error unpacking subchart {} in {}", subchart.name(), chart.name());
        check_values(subchart).with_context(within)?;
    }
    Ok(())
}

/// Everything that a render depends on beside the chart.
pub(crate) fn render(release: Release, input: &Input) -> Result<Render> {
    let release = Release {
        is_upgrade: input.is_upgrade,
        ..release
    };
    let mut capabilities = Capabilities::default();
    let further = input.api_versions.iter().flat_map(Items::iter);
    capabilities.api_versions.extend(further.map(str::to_owned));
    if let Some(version) = input
        .kube_version
        .as_deref()
        .filter(|version| !version.is_empty())
    {
        capabilities.kube_version = Capabilities::parse_version(version)?;
        if matches!(input.helm, cli::Generation::Helm3) {
            // Helm 3 drops what follows the numbers.
            let numbers = capabilities.normalized().to_owned();
            capabilities.kube_version = numbers;
        }
    }
    Ok(Render {
        capabilities,
        generation: input.helm.into(),
        pin: pin(input)?,
        skips_schema: input.skip_schema_validation,
        ..Render::new(release, given(input)?)
    })
}

impl From<cli::Generation> for bowline_charts::Generation {
    fn from(generation: cli::Generation) -> Self {
        match generation {
            cli::Generation::Helm3 => Self::Helm3,
            cli::Generation::Helm4 => Self::Helm4,
        }
    }
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
