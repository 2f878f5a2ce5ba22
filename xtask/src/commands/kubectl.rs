//! `cargo xtask kubectl …`, `bowline …` and `shell …`: programs on the node, with the user's terminal.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cluster::Home;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Passed on as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn kubectl(options: &Options) -> Result<()> {
    become_program(Home::find()?.kubectl()?, options)
}

pub(crate) fn bowline(options: &Options) -> Result<()> {
    become_program(Home::find()?.bowline()?, options)
}

pub(crate) fn shell(options: &Options) -> Result<()> {
    become_program(Home::find()?.command("sh")?, options)
}

/// Gives this process to the program, so that signals, terminal and exit code are its own.
fn become_program(mut command: Command, options: &Options) -> Result<()> {
    Err(command.args(&options.arguments).exec()).context("start the program on the node")
}
