//! `cargo xtask fuzz`: libFuzzer makes hostile inputs for every entry of the chart engine.

use anyhow::{Result, ensure};

use crate::checkout::Checkout;
use crate::fuzz::{self, Workshop};
use crate::preflight;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run only these targets (default: all of `fuzz/fuzz_targets/`).
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// How many targets run at a time (default: one for each core).
    #[arg(long)]
    jobs: Option<usize>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let checkout = Checkout::find()?;
    preflight::check_for_fuzzing()?;
    let workshop = Workshop::new(&checkout);
    let targets = workshop.targets(&options.targets)?;
    workshop.build(&targets)?;
    fuzz::seeds::sow(&workshop)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runs = workshop.run(&targets, options.minutes, options.jobs.unwrap_or(cores))?;
    println!();
    for run in &runs {
        println!("{run}");
    }
    let findings = runs.iter().filter(|run| run.has_findings()).count();
    ensure!(
        findings == 0,
        "{findings} of {} targets found something: the inputs are named above",
        runs.len()
    );
    println!("nothing was found");
    Ok(())
}
