//! `cargo xtask build`: the components, and nothing else.

use anyhow::Result;

use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::components;
use crate::preflight;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build only these components (default: all).
    pub(crate) components: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let checkout = Checkout::find()?;
    let bill = Bill::read(&checkout.bill())?;
    preflight::check(&checkout, None)?;
    let _alone = checkout.lock()?;
    for (name, program) in components::ensure(&checkout, &bill, &options.components)? {
        println!("{name}\t{}", program.path.display());
    }
    Ok(())
}
