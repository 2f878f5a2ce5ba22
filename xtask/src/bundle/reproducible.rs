//! Whether the same sources give the same bytes: by writing images twice, or by building all of it once more.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::assemble::{self, Ingredients};
use super::install::SUMS;
use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::image::Frames;
use crate::progress::Step;

/// Writes each image twice from the same ingredients, past the cache, and compares.
pub(crate) fn check_images(bill: &Bill, ingredients: &Ingredients) -> Result<()> {
    let ingredients = &Ingredients {
        frames: Frames::default(),
        ..ingredients.clone()
    };
    let [first, second] = [tempfile::tempdir()?, tempfile::tempdir()?];
    for image in &bill.images {
        let step = Step::begin(format!("write image {} twice", image.name));
        let once = assemble::write(bill, image, ingredients, &first.path().join(image.archive()))?;
        let again = assemble::write(bill, image, ingredients, &second.path().join(image.archive()))?;
        ensure!(
            once == again,
            "image {} came out as {} and then as {}",
            image.name,
            once.manifest,
            again.manifest
        );
        step.done();
    }
    println!("{} images, each the same twice", bill.images.len());
    Ok(())
}

/// Builds everything again with empty caches at another path, and compares with the artifacts in `first`.
pub(crate) fn check_all(checkout: &Checkout, first: &Path) -> Result<()> {
    let place = tempfile::Builder::new()
        .prefix("again-")
        .tempdir_in(checkout.target())?;
    let second = place.path().join("dist");
    let status = Command::new(std::env::current_exe().context("find this program")?)
        .args(["bundle", "--out"])
        .arg(&second)
        .env("BOWLINE_CACHE_DIR", place.path().join("cache"))
        .env("CARGO_TARGET_DIR", place.path().join("target"))
        .status()
        .context("start the second build")?;
    ensure!(status.success(), "the second build failed: {status}");
    let sums = |folder: &Path| fs_err::read_to_string(folder.join(SUMS));
    let (one, other) = (sums(first)?, sums(&second)?);
    let differing = differing(&one, &other);
    if !differing.is_empty() {
        let kept = place.keep();
        bail!(
            "these came out differently, see {} and {}:\n  {}",
            first.display(),
            kept.join("dist").display(),
            differing.join("\n  ")
        );
    }
    println!("{} artifacts, each the same twice", one.lines().count());
    Ok(())
}

/// The artifacts that two lists of sums do not agree on.
fn differing(one: &str, other: &str) -> Vec<String> {
    let [one, other]: [BTreeSet<&str>; 2] = [one, other].map(|sums| sums.lines().collect());
    let names = one
        .symmetric_difference(&other)
        .filter_map(|line| line.split_once("  "))
        .map(|(_, name)| name.to_owned());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[test]
    fn an_artifact_that_differs_or_is_in_one_build_alone_is_named_once() {
        let one = "aa  bowline\nbb  images/etcd.tar.zst\ncc  sbom.spdx.json\n";
        let other = "aa  bowline\nbd  images/etcd.tar.zst\nee  tools/kubeadm\n";
        assert_eq!(
            differing(one, other),
            ["images/etcd.tar.zst", "sbom.spdx.json", "tools/kubeadm"]
        );
        assert!(differing(one, one).is_empty());
    }
}
