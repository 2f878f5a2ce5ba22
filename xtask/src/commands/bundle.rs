//! `cargo xtask bundle`: everything that is shipped, in one directory.

use std::path::PathBuf;

use anyhow::Result;

use crate::bill::Bill;
use crate::bundle::{self, Ingredients};
use crate::cache;
use crate::checkout::Checkout;
use crate::components::{self, Programs, debian, rust};
use crate::image::{self, Frames};
use crate::preflight;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Where the artifacts go (default: `dist` in cargo's target directory).
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Write every image twice and compare the digests instead of installing them.
    #[arg(long)]
    pub(crate) check_reproducible: bool,
    /// Take our own programs from this directory instead of building them.
    #[arg(long, value_name = "DIR")]
    pub(crate) programs_from: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let checkout = Checkout::find()?;
    let bill = Bill::read(&checkout.bill())?;
    preflight::check(&checkout, None)?;
    // Before the lock: cargo has its own, and others may want the components meanwhile.
    let ours = rust::ensure(&checkout, &bill, options.programs_from.as_deref())?;
    let _alone = checkout.lock()?;
    let ingredients = gather(&checkout, &bill, ours)?;
    if options.check_reproducible {
        return bundle::check_reproducible(&bill, &ingredients);
    }
    let out = options.out.clone().unwrap_or_else(|| checkout.dist());
    bundle::write(&checkout, &bill, &ingredients, &out)?;
    cache::forget_unused(&checkout)?;
    println!("artifacts are in {}", out.display());
    Ok(())
}

/// Makes all artifacts where others look for them, and says where that is.
pub(crate) fn make() -> Result<PathBuf> {
    run(&Options::default())?;
    Ok(Checkout::find()?.dist())
}

fn gather(checkout: &Checkout, bill: &Bill, ours: Programs) -> Result<Ingredients> {
    let epoch = image::epoch()?;
    let mut programs = components::ensure(checkout, bill, &[])?;
    programs.extend(ours);
    let layers = debian::ensure(checkout, &bill.debian)?;
    let charts = bundle::charts::read(&checkout.bundled_charts(), epoch)?;
    Ok(Ingredients {
        programs,
        layers,
        charts,
        epoch,
        frames: Frames::kept_in(checkout.cached_frames()),
    })
}
