//! `bowline token`: what another node needs to join.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::location;

/// Flags of `token`.
#[derive(Args, Debug)]
pub(crate) struct Token {
    /// Folder that holds bowline's data
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
}

/// Prints the join token of this server.
pub(crate) fn run(token: Token) -> Result<()> {
    let path = location::find(token.data_dir).layout.token();
    match fs_err::read_to_string(&path) {
        Ok(token) => println!("{}", token.trim_end()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "{} is not there: the first start of `bowline server` makes it, and an agent has none",
                path.display()
            )
        }
        Err(error) => return Err(error).context("read the join token: try again as root"),
    }
    Ok(())
}
