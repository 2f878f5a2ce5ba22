//! `cargo xtask bundle`: everything that is shipped, in one directory.

use std::path::PathBuf;

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the artifacts go.
    #[arg(long, default_value = "target/dist")]
    pub(crate) out: PathBuf,
    /// Write every image twice and compare the digests instead of installing them.
    #[arg(long)]
    pub(crate) check_reproducible: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    fs_err::create_dir_all(&options.out)?;
    Ok(())
}
