//! `cargo xtask bench boot`: how long a node takes from nothing, beside two others; `cargo xtask bench charts`: how
//! long public charts take, beside Helm.

use std::path::PathBuf;

use anyhow::Result;
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::{Machine, machines_folder};

use crate::bench::{self, Subject, charts};
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
    /// From public charts to manifests: in process and as a program, beside Helm.
    Charts(Charts),
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

#[derive(Debug, clap::Args)]
struct Charts {
    /// A directory with charts in its `charts/`, or a .tar.zst of one [default: the collection beside the checkout].
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// How often each is measured; medians are reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Measure only charts with this in their names.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.benchmark {
        Benchmark::Boot(options) => boot(options),
        Benchmark::Charts(options) => render(options),
    }
}

fn boot(options: &Boot) -> Result<()> {
    let checkout = Checkout::find()?;
    preflight::check(&checkout, Some(&machines_folder()))?;
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

fn render(options: &Charts) -> Result<()> {
    let checkout = Checkout::find()?;
    let folder = checkout.target().join("bench");
    let corpus = options.corpus.clone().unwrap_or_else(|| checkout.chart_corpus());
    let corpus = charts::open_corpus(&corpus, options.filter.as_deref(), &folder.join("corpus"))?;
    let programs = {
        let _alone = checkout.lock()?;
        charts::build(&checkout, &Bill::read(&checkout.bill())?)?
    };
    let figures = charts::measure(&programs, &corpus, options.runs.into(), &folder.join("helm"))?;
    charts::tell(&figures, &folder)
}
