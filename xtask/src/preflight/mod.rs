//! What building, and a node, need of this machine: all of it is looked at before anything is compiled.

mod packages;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bowline_tests::machine::{Need, needs};

use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::components::Toolchain;

/// Free space for building everything from nothing: module cache, build cache and artifacts.
const COLD_GIGABYTES: u64 = 30;
/// Free space when the components are cached.
const WARM_GIGABYTES: u64 = 5;

/// Checks all that building needs and, if one is to run here, what a node does that keeps its files in the folder
/// `node`. Gives what was checked.
pub(crate) fn check(checkout: &Checkout, node: Option<&Path>) -> Result<String> {
    // The first, because they have the programs by which the kernel is tried.
    packages::ensure_there()?;
    let needs = node.map(needs).unwrap_or_default();
    let lacks = lacks(&needs);
    ensure!(lacks.is_empty(), "no node can run on this machine:{lacks}");
    let free = check_disk(checkout)?;
    let go = Toolchain::find(&Bill::read(&checkout.bill())?.go)?.version;
    let tried: Vec<&str> = needs.iter().map(|need| need.what).chain(["packages"]).collect();
    Ok(format!("{}, {go}, {free} GiB of free space", tried.join(", ")))
}

/// Checks what fuzzing needs of this machine.
pub(crate) fn check_for_fuzzing() -> Result<()> {
    packages::ensure_for_fuzzing()
}

/// A line for each thing that is missing.
fn lacks(needs: &[Need]) -> String {
    let lines = needs.iter().filter_map(|Need { what, lack }| {
        // Tools go on with their context.
        let lack = lack.as_ref()?.lines().next()?;
        Some(format!("\n  {what}: {lack}"))
    });
    lines.collect()
}

fn check_disk(checkout: &Checkout) -> Result<u64> {
    let directory = existing(checkout.cache());
    let space = nix::sys::statvfs::statvfs(&directory)
        .with_context(|| format!("ask for the free space of {}", directory.display()))?;
    let free = space.blocks_available().saturating_mul(space.fragment_size()) >> 30;
    let needed = if checkout.has_components() {
        WARM_GIGABYTES
    } else {
        COLD_GIGABYTES
    };
    ensure!(
        free >= needed,
        "{} has {free} GiB free, expected {needed}: make room or set BOWLINE_CACHE_DIR to another disk",
        directory.display()
    );
    Ok(free)
}

/// The nearest directory above that is there.
fn existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(Path::new("/"))
        .to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_named() {
        let needs = [
            ("root", None),
            ("veth", Some("load the kernel module veth\nCommand failed -:1")),
        ];
        let needs = needs.map(|(what, lack)| Need {
            what,
            lack: lack.map(str::to_owned),
        });
        assert_eq!(lacks(&needs), "\n  veth: load the kernel module veth");
        assert_eq!(lacks(&needs[..1]), "");
    }

    #[test]
    fn a_path_not_made_yet_is_measured_where_it_will_be() {
        assert_eq!(existing(Path::new("/proc/no/such/path")), Path::new("/proc"));
    }
}
