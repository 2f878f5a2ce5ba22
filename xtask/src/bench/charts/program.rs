//! Rendering as a program: one run of `template`, from its start to its end.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::KUBERNETES;
use crate::process;

/// What a run cost.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Run {
    pub(super) nanos: u64,
    pub(super) peak_bytes: u64,
    /// Of standard output.
    pub(super) bytes: u64,
    pub(super) is_success: bool,
}

/// Runs `program`, ours or Helm's, by way of `cost`. Helm finds no settings and keeps its own in `home`.
pub(super) fn run(cost: &Path, program: &Path, chart: &Path, home: &Path) -> Result<Run> {
    let mut command = Command::new(cost);
    command.arg(program).args(["template", "rel"]).arg(chart);
    command.args([
        "--namespace",
        "ns",
        "--kube-version",
        KUBERNETES,
        "--include-crds",
    ]);
    for (variable, directory) in [
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
    ] {
        command.env(variable, home.join(directory));
    }
    command.env_remove("KUBECONFIG").env("HOME", home);
    let line = process::output(&mut command)?;
    serde_json::from_str(&line).with_context(|| format!("read {line:?}"))
}
