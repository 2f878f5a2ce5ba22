//! The chart benchmark: public charts rendered by us and by Helm, with the same values, in turns.
//!
//! In: a [`corpus`] and [`programs`]. Out: [`figures`], from which [`report`] makes what people read, with a verdict
//! for each of the [`demands`]. Rendering is timed in process by [`engine`], whole programs by [`program`].

mod corpus;
mod demands;
mod engine;
mod figures;
mod measure;
mod program;
mod programs;
mod report;

use std::path::Path;

use anyhow::{Context, Result};

pub(crate) use corpus::open as open_corpus;
pub(crate) use measure::measure;
pub(crate) use programs::build;

use figures::Figures;

/// The version of Kubernetes that charts are told.
const KUBERNETES: &str = "1.35.0";

/// Writes the raw figures to `folder` and prints the rest.
pub(crate) fn tell(figures: &Figures, folder: &Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let json = folder.join("charts.json");
    fs_err::write(
        &json,
        serde_json::to_vec_pretty(figures).context("write the figures")?,
    )?;
    println!("{}", report::report(figures));
    println!("raw figures: {}", json.display());
    Ok(())
}
