//! The chart tool for people: what a chart gives, without a cluster.
//!
//! Arguments are Helm's as far as they go. Results go to standard output, everything said about them to standard
//! error; a failure ends with 1.

mod cli;
mod commands;
mod given;
mod source;

use std::io::Write as _;
use std::process::ExitCode;

use bowline_charts::RenderError;
use commands::Answer;

fn main() -> ExitCode {
    let cli = match cli::Cli::read() {
        Ok(cli) => cli,
        Err(told) => return tell(&told),
    };
    let answer = commands::run(cli).unwrap_or_else(|error| Answer {
        text: Vec::new(),
        failure: Some(error),
    });
    // Who reads no further has what they wanted.
    match std::io::stdout().lock().write_all(&answer.text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("bowline-chart: write the result: {error}");
            return ExitCode::FAILURE;
        }
        _ => {}
    }
    match answer.failure {
        None => ExitCode::SUCCESS,
        Some(error) => {
            eprintln!("bowline-chart: {error:#}");
            if let Some(diagnosis) = error.downcast_ref().and_then(RenderError::diagnosis) {
                eprintln!("{diagnosis}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Help that was asked for, or what is wrong with the arguments: that ends with 1 as every other failure.
fn tell(told: &clap::Error) -> ExitCode {
    // Where nobody reads there is nobody to tell.
    let _ = told.print();
    if told.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
