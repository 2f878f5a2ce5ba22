//! The chart tool for people: what a chart gives, without a cluster.
//!
//! Arguments are Helm's as far as they go. Results go to standard output, everything said about them to standard
//! error; a failure ends with 1.

mod cli;
mod commands;
mod source;

use std::io::Write as _;
use std::process::ExitCode;

use bowline_charts::RenderError;
use clap::Parser;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        // Who reads no further has what they wanted.
        Ok(text) => match std::io::stdout().lock().write_all(&text) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                eprintln!("bowline-chart: write the result: {error}");
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        },
        Err(error) => {
            eprintln!("bowline-chart: {error:#}");
            if let Some(diagnosis) = error.downcast_ref().and_then(RenderError::diagnosis) {
                eprintln!("{diagnosis}");
            }
            ExitCode::FAILURE
        }
    }
}
