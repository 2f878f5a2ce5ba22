//! What the README's commands call: `cargo xtask <command>`.
//!
//! In: a checkout and a command line. Out: artifacts, a running cluster, or test results.

mod architecture;
mod bench;
mod bill;
mod bundle;
mod cache;
mod checkout;
mod cli;
mod cluster;
mod commands;
mod components;
mod digest;
mod fuzz;
mod image;
mod preflight;
mod process;
mod progress;
mod tally;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    bowline_tests::machine::run_init_if_asked();
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
