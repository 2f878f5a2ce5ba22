//! One file a subcommand. Comes in: the command line; goes out: an exit code, and errors on stderr.

mod check;
mod crictl;
mod running;
mod server;
mod uninstall;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::settings::Role;

/// Reads the command line and runs its subcommand.
pub(crate) fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Server(flags) => server::run(Role::Server, flags.0),
        Command::Agent(flags) => server::run(Role::Agent, flags.0),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bowline: {}", report(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes; a cause that the line above already ends with is not said again.
fn report(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::report;

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow!("disk full")
            .context("write a: disk full")
            .context("start");
        assert_eq!(report(&error), "start: write a: disk full");
        let plain = Err::<(), _>(anyhow!("no such file"))
            .context("read b")
            .unwrap_err();
        assert_eq!(report(&plain), "read b: no such file");
    }
}
