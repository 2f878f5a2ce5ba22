//! `cargo xtask bench boot`: how long a node takes from nothing, beside two others.

use std::path::PathBuf;

use anyhow::Result;
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::Machine;

use crate::bench::{self, Subject};
use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::commands::bundle;
use crate::preflight;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, clap::Subcommand)]
enum Benchmark {
    /// From an empty machine to a Ready node: bowline, kubeadm, and the same programs started bare.
    Boot(Boot),
}

#[derive(Debug, clap::Args)]
struct Boot {
    /// How often each is measured; medians are reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Take the artifacts from this directory instead of making them.
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Measure only these.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let Benchmark::Boot(options) = &options.benchmark;
    let checkout = Checkout::find()?;
    preflight::check(&checkout)?;
    let dist = match &options.dist {
        Some(folder) => folder.clone(),
        None => bundle::make()?,
    };
    Machine::remove_stale()?;
    let subjects = if options.only.is_empty() {
        &Subject::ALL[..]
    } else {
        &options.only[..]
    };
    let folder = checkout.target().join("bench");
    let figures = bench::measure(
        &Distribution::open(std::path::absolute(dist)?)?,
        &Bill::read(&checkout.bill())?,
        (subjects, options.runs.into()),
        &folder,
    )?;
    bench::tell(&figures, &folder)
}
