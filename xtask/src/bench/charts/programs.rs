//! The programs that are measured: ours as they would be shipped, and Helm's as its makers build it.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::bill::{Bill, Component};
use crate::checkout::Checkout;
use crate::components::{self, rust};
use crate::progress::Step;

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    /// `bowline-chart`
    pub(super) ours: PathBuf,
    /// Renders charts in process and tells the times.
    pub(super) our_engine: PathBuf,
    /// `helm`
    pub(super) helm: PathBuf,
    /// The same with Helm's packages.
    pub(super) helm_engine: PathBuf,
    /// Runs a program and tells what it cost.
    pub(super) cost: PathBuf,
    /// Of Helm.
    pub(super) helm_version: String,
}

/// Builds what the caches do not hold.
pub(crate) fn build(checkout: &Checkout, bill: &Bill) -> Result<Programs> {
    let module = checkout.chart_peer();
    let version = helm_version(&fs_err::read_to_string(module.join("go.mod"))?)
        .with_context(|| format!("{} asks for no Helm", module.join("go.mod").display()))?;
    let component = Component {
        name: "chart-peer".to_owned(),
        version: version.clone(),
        programs: [
            ("helm", "helm.sh/helm/v4/cmd/helm"),
            ("peer", "bowline.dev/charts/peer"),
        ]
        .map(|(program, package)| (program.to_owned(), package.to_owned()))
        .into(),
        variables: [].into(),
        tags: Vec::new(),
        cgo: false,
        links: Vec::new(),
        tool: true,
        trimmed: Vec::new(),
    };
    let peers = components::ensure_peer(checkout, bill, &component, &module)?;
    let step = Step::begin("build our programs");
    let targets = [
        "--bin=bowline-chart",
        "--example=render_speed",
        "--example=run_cost",
    ];
    let own = rust::build_targets(checkout, "bowline-charts", &targets)?;
    step.done();
    Ok(Programs {
        ours: own.join("bowline-chart"),
        our_engine: own.join("examples/render_speed"),
        helm: peers.join("helm"),
        helm_engine: peers.join("peer"),
        cost: own.join("examples/run_cost"),
        helm_version: version,
    })
}

/// What a go.mod requires.
fn helm_version(module: &str) -> Option<String> {
    let mut words = module.split_whitespace();
    words.find(|word| *word == "helm.sh/helm/v4")?;
    words.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_helm_is_the_modules() {
        let version = helm_version(include_str!("peer/go.mod")).unwrap();
        assert!(version.starts_with("v4."), "{version}");
        assert_eq!(helm_version("module a\n\ngo 1.26.0\n"), None);
    }
}
