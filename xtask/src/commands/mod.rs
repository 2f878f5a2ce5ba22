//! One file a command.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod bundle;
pub(crate) mod down;
pub(crate) mod fuzz;
pub(crate) mod kubectl;
pub(crate) mod test;
pub(crate) mod up;

use anyhow::Result;

use crate::cli::{Cli, Command};

pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Build(options) => build::run(&options),
        Command::Bundle(options) => bundle::run(&options),
        Command::Up(options) => up::run(&options),
        Command::Down => down::run(),
        Command::Kubectl(options) => kubectl::kubectl(&options),
        Command::Bowline(options) => kubectl::bowline(&options),
        Command::Shell(options) => kubectl::shell(&options),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
    }
}
