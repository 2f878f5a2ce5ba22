//! `cargo xtask bundle`: everything that is shipped, in one directory.

use std::path::PathBuf;

use anyhow::Result;

use crate::bill::Bill;
use crate::bundle::{self, Ingredients, reproducible};
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
    /// Find out whether everything comes out the same twice.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "images")]
    pub(crate) check_reproducible: Option<Check>,
    /// Take our own programs from this directory instead of building them.
    #[arg(long, value_name = "DIR")]
    pub(crate) programs_from: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Check {
    /// Write every image twice from the same programs, and install nothing.
    Images,
    /// Make all artifacts, then all of them once more with empty caches at another path.
    Full,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let checkout = Checkout::find()?;
    let bill = Bill::read(&checkout.bill())?;
    preflight::check(&checkout, None)?;
    // Before the lock: cargo has its own, and others may want the components meanwhile.
    let ours = rust::ensure(&checkout, &bill, options.programs_from.as_deref())?;
    let alone = checkout.lock()?;
    let ingredients = gather(&checkout, &bill, ours)?;
    if options.check_reproducible == Some(Check::Images) {
        return reproducible::check_images(&bill, &ingredients);
    }
    let out = options.out.clone().unwrap_or_else(|| checkout.dist());
    bundle::write(&checkout, &bill, &ingredients, &out)?;
    cache::forget_unused(&checkout)?;
    println!("artifacts are in {}", out.display());
    drop(alone);
    match options.check_reproducible {
        Some(_) => reproducible::check_all(&checkout, &out),
        None => Ok(()),
    }
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
