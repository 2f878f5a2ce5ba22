//! `cargo xtask build`: the components, and nothing else.

use anyhow::Result;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build only these components (default: all).
    pub(crate) components: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for component in &options.components {
        println!("component {component}");
    }
    Ok(())
}
