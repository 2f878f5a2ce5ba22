//! One file a subcommand. Comes in: the command line; goes out: an exit code, and errors on stderr.

pub(crate) mod certificate;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod crictl;
mod location;
pub(crate) mod program;
pub(crate) mod running;
mod server;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod uninstall;
pub(crate) mod version;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::settings::Role;

/// Reads the command line and runs its subcommand.
pub(crate) fn run() -> ExitCode {
    let result = if crictl::is_called(std::env::args_os().next().as_deref()) {
        crictl::run(crictl::parse())
    } else {
        dispatch(Cli::read().command)
    };
    result.unwrap_or_else(|error| {
        eprintln!("bowline: {}", report(&error));
        ExitCode::FAILURE
    })
}

fn dispatch(command: Command) -> Result<ExitCode> {
    match command {
        Command::Server(flags) => server::run(Role::Server, flags.0)?,
        Command::Agent(flags) => server::run(Role::Agent, flags.0)?,
        Command::Status(status) => return status::run(status),
        Command::Check(check) => return check::run(check),
        Command::Kubectl(arguments) => program::kubectl(arguments)?,
        Command::Crictl(crictl) => return crictl::run(crictl),
        Command::Ctr(arguments) => program::ctr(arguments)?,
        Command::Certificate(certificate) => return certificate::run(certificate),
        Command::Token(token) => token::run(token)?,
        Command::Completion(completion) => completion::run(&completion),
        Command::Killall(uninstall) => uninstall::kill_all(uninstall)?,
        Command::Uninstall(uninstall) => uninstall::uninstall(uninstall)?,
    }
    Ok(ExitCode::SUCCESS)
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
