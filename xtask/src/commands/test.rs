//! `cargo xtask test`: format, lints, unit and golden tests, then the cluster tests on light machines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use bowline_tests::machine::machines_folder;

use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::commands::bundle;
use crate::components;
use crate::preflight;
use crate::process;
use crate::tally::{self, Tally};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run one stage alone.
    #[arg(long, value_enum)]
    only: Option<Stage>,
    /// Take the artifacts from this directory instead of making them.
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Run only tests whose name contains this.
    filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Format and lints.
    Lint,
    /// Unit and golden tests, and those of the light machines.
    Unit,
    /// The cluster tests.
    Cluster,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |stage| options.only.is_none_or(|only| only == stage);
    let machines = machines_folder();
    let with_nodes = wanted(Stage::Unit) || wanted(Stage::Cluster);
    preflight::check(&Checkout::find()?, with_nodes.then_some(machines.as_path()))?;
    if wanted(Stage::Lint) && options.filter.is_none() {
        step(&["fmt", "--all", "--check"])?;
        step(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
        // Not among all targets, since plain `cargo test` must not run it.
        step(&[
            "clippy",
            "--package",
            "bowline-tests",
            "--test",
            "cluster",
            "--",
            "-D",
            "warnings",
        ])?;
    }
    let mut total = Tally::default();
    if wanted(Stage::Unit) {
        // All crates' tests run even when one of them fails: the tally says so at the end.
        total += tests(cargo(&["test", "--workspace", "--no-fail-fast"]), options)?;
    }
    if wanted(Stage::Cluster) {
        let dist = match &options.dist {
            Some(folder) => folder.clone(),
            None => bundle::make()?,
        };
        total += tests(operator_tests(options)?, options)?;
        let mut cluster = cargo(&["test", "--package", "bowline-tests", "--test", "cluster"]);
        cluster.env("BOWLINE_DIST", std::path::absolute(dist)?);
        total += tests(cluster, options)?;
    }
    println!("\n{total}");
    ensure!(
        total.passed_all(),
        "{} tests failed: their names are above",
        total.failed
    );
    Ok(())
}

/// Runs cargo on something that has no tests to count.
fn step(arguments: &[&str]) -> Result<()> {
    println!("cargo {}", arguments.join(" "));
    let status = cargo(arguments).status()?;
    ensure!(status.success(), "cargo {} failed: {status}", arguments.join(" "));
    Ok(())
}

fn tests(mut command: Command, options: &Options) -> Result<Tally> {
    let line = process::line(&command);
    if let Some(filter) = &options.filter {
        command.args(["--", filter]);
    }
    println!("{line}");
    let (status, tally) = tally::count(command)?;
    // Without a failed test, it was the build that failed.
    ensure!(status.success() || tally.failed > 0, "{line} failed: {status}");
    Ok(tally)
}

/// The operator's own tests against a real API server, with the programs that the bundle ships.
fn operator_tests(options: &Options) -> Result<Command> {
    let checkout = Checkout::find()?;
    let bill = Bill::read(&checkout.bill())?;
    let programs = components::ensure(&checkout, &bill, &["etcd".to_owned(), "kubernetes".to_owned()])?;
    let folders = programs.values().filter_map(|program| program.path.parent());
    let mut command = cargo(&["test", "--package", "bowline-operator"]);
    if options.filter.is_none() {
        // The others were run with all unit tests.
        command.arg("cluster_tests::");
    }
    let folders: BTreeSet<&Path> = folders.collect();
    command.env("BOWLINE_TEST_BIN", std::env::join_paths(folders)?);
    Ok(command)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command
}
