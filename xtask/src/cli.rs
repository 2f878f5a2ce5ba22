//! The command line: one variant a command, its options beside its code in `commands/`.

use clap::{Parser, Subcommand};

use crate::commands::{bench, build, bundle, fuzz, kubectl, test, up};

/// Builds, runs and tests Bowline from a checkout.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build every component from its pinned source, as far as the cache does not hold it.
    Build(build::Options),
    /// Build all artifacts: image archives, our programs, checksums and the bill of materials.
    Bundle(bundle::Options),
    /// Bring a cluster up: on a light machine, or on this machine with --host.
    Up(up::Options),
    /// Take the cluster away without a trace.
    Down,
    /// Run the cluster's kubectl.
    Kubectl(kubectl::Options),
    /// Run the node program on the node.
    Bowline(kubectl::Options),
    /// Run a shell on the node.
    Shell(kubectl::Options),
    /// Run all tests: format, lints, unit, golden and cluster tests.
    Test(test::Options),
    /// Measure: `boot` times a node's start beside kubeadm's and beside the bare programs, `charts` the rendering of
    /// public charts beside Helm's.
    Bench(bench::Options),
    /// Look for inputs that crash or hang the chart engine, or make it run over its limits.
    Fuzz(fuzz::Options),
}
