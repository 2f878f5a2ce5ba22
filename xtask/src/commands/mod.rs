//! One file a command.

pub(crate) mod build;
pub(crate) mod bundle;
pub(crate) mod test;

use anyhow::Result;

use crate::cli::{Cli, Command};

pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Build(options) => build::run(&options),
        Command::Bundle(options) => bundle::run(&options),
        Command::Test(options) => test::run(&options),
    }
}
