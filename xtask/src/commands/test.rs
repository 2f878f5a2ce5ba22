//! `cargo xtask test`: format, lints, unit and golden tests, then the cluster tests on light machines.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::tally::{self, Tally};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run one stage alone.
    #[arg(long, value_enum)]
    only: Option<Stage>,
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
    if wanted(Stage::Lint) && options.filter.is_none() {
        step(&["fmt", "--all", "--check"])?;
        step(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    }
    let mut total = Tally::default();
    if wanted(Stage::Unit) {
        // All crates' tests run even when one of them fails: the tally says so at the end.
        total += tests(&["test", "--workspace", "--no-fail-fast"], options)?;
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

fn tests(arguments: &[&str], options: &Options) -> Result<Tally> {
    let mut command = cargo(arguments);
    if let Some(filter) = &options.filter {
        command.args(["--", filter]);
    }
    println!("cargo {}", arguments.join(" "));
    let (status, tally) = tally::count(command)?;
    // Without a failed test, it was the build that failed.
    ensure!(
        status.success() || tally.failed > 0,
        "cargo {} failed: {status}",
        arguments.join(" ")
    );
    Ok(tally)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command
}
