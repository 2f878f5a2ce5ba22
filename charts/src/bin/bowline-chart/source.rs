//! Charts and values from the disk.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use bowline_charts::set::{self, Typing};
use bowline_charts::values::{self, Layer};
use bowline_charts::{Chart, File, archive, directory};
use serde_json::Value;

use crate::cli::Input;

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
    Chart::from_files(files(path)?).with_context(|| format!("read chart {}", path.display()))
}

/// The values of files, then of `--set`, then of `--set-string`.
pub(crate) fn values(input: &Input) -> Result<Value> {
    let mut layers = Vec::new();
    for path in &input.values {
        layers.push(Layer::parse(
            path.display().to_string(),
            &fs_err::read_to_string(path)?,
        )?);
    }
    let mut merged = values::merge(&layers)?;
    if let Value::Object(map) = &mut merged {
        for expression in &input.set {
            set::apply(map, expression, Typing::Inferred).context("--set")?;
        }
        for expression in &input.set_string {
            set::apply(map, expression, Typing::Text).context("--set-string")?;
        }
    }
    Ok(merged)
}
