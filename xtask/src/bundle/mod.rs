//! All artifacts in one directory: image archives, our programs, units, checksums and the SBOM.
//!
//! In: programs, Debian layers, bundled charts and systemd's units. Out: `images/`, `samples/`, `systemd/`, `tools/`,
//! `bowline`, `bowline-operator`, `images.txt`, `sbom.spdx.json` and `sha256sums.txt`.

mod assemble;
pub(crate) mod charts;
mod install;
pub(crate) mod reproducible;
mod sbom;

use std::path::Path;

use anyhow::{Context, Result};

use assemble::Assembled;
pub(crate) use assemble::Ingredients;

use crate::bill::{Bill, Set};
use crate::checkout::Checkout;
use crate::digest;
use install::Directory;

/// Writes every artifact that `out` does not hold already.
pub(crate) fn write(checkout: &Checkout, bill: &Bill, ingredients: &Ingredients, out: &Path) -> Result<()> {
    let mut directory = Directory::open(out)?;
    let mut references = Vec::new();
    for image in &bill.images {
        let assembled = assemble::ensure(checkout, bill, image, ingredients)
            .with_context(|| format!("write image {}", image.name))?;
        let set = match image.set {
            Set::Bundle => "images",
            Set::Samples => "samples",
        };
        let Assembled { archive, written } = assembled;
        directory.place(&archive, &format!("{set}/{}", image.archive()), &written.archive)?;
        references.push(format!("{}@{}\n", bill.reference(image), written.manifest));
    }
    for name in bill.crates.keys() {
        let program = ingredients.program(name)?;
        directory.place(&program.path, name, &program.identity)?;
    }
    for name in bill
        .components
        .iter()
        .filter(|component| component.tool)
        .flat_map(|tool| tool.programs.keys())
    {
        let path = &ingredients.program(name)?.path;
        directory.place(path, &format!("tools/{name}"), &digest::of_file(path)?)?;
    }
    directory.copy(&checkout.units(), "systemd")?;
    directory.write("images.txt", references.concat().as_bytes())?;
    let sbom = sbom::render(checkout, bill, ingredients).context("write the SBOM")?;
    directory.write("sbom.spdx.json", sbom.as_bytes())?;
    directory.finish()
}
