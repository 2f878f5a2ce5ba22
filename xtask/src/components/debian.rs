//! Layers of Debian packages: what the bill names and the libraries it links to, nothing else.
//!
//! Packages come through apt, which checks them against its signed lists. Their versions are those that the
//! machine's lists hold, so this is the part of a bundle that two machines may build differently.

mod closure;
mod package;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::architecture::Architecture;
use crate::bill::DebianLayer;
use crate::cache;
use crate::checkout::Checkout;
use crate::digest::{self, Key};
use crate::process;
use crate::progress::Step;
pub(crate) use package::Package;

/// Raised when the same packages give other files.
const LAYOUT: &str = "1";
const PACKAGES: &str = "packages.json";

/// A layer's files on disk and the packages that they are from.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    pub(crate) identity: String,
    pub(crate) packages: Vec<Package>,
}

pub(crate) fn ensure(checkout: &Checkout, layers: &[DebianLayer]) -> Result<Vec<Layer>> {
    layers.iter().map(|layer| ensure_layer(checkout, layer)).collect()
}

fn ensure_layer(checkout: &Checkout, layer: &DebianLayer) -> Result<Layer> {
    let layer = for_architecture(layer, Architecture::of_this_machine()?);
    let candidates = package::resolve(&layer.packages)
        .with_context(|| format!("look up the packages of the {} layer", layer.name))?;
    let identity = key(&layer, &candidates);
    let finished = checkout.cached_packages(&layer.name, &identity);
    if !finished.is_dir() {
        build(&layer, &candidates, &finished).with_context(|| format!("build the {} layer", layer.name))?;
    }
    cache::used(&finished)?;
    let list = fs_err::read_to_string(finished.join(PACKAGES))?;
    let packages = serde_json::from_str(&list).context("read the layer's package list")?;
    Ok(Layer {
        name: layer.name,
        root: finished.join("root"),
        identity,
        packages,
    })
}

fn for_architecture(layer: &DebianLayer, architecture: Architecture) -> DebianLayer {
    let mut layer = layer.clone();
    for path in layer.files.iter_mut().chain(&mut layer.trees) {
        *path = path.replace("{triplet}", architecture.triplet);
    }
    layer
}

fn key(layer: &DebianLayer, packages: &[Package]) -> String {
    let mut key = Key::default();
    key.add("layout", LAYOUT.as_bytes())
        .add("layer", format!("{layer:?}").as_bytes());
    for package in packages {
        key.add(&package.name, package.sha256.as_bytes());
    }
    key.finish()
}

fn build(layer: &DebianLayer, packages: &[Package], finished: &Path) -> Result<()> {
    let step = Step::begin(format!("unpack the Debian packages of the {} layer", layer.name));
    let parent = finished.parent().context("find the parent of a cache entry")?;
    fs_err::create_dir_all(parent)?;
    let work = tempfile::Builder::new().prefix(".building-").tempdir_in(parent)?;
    let unpacked = tempfile::tempdir_in(parent)?;
    download(packages, unpacked.path())?;
    let used = closure::copy(layer, packages, unpacked.path(), &work.path().join("root"))?;
    link_applets(layer, &work.path().join("root"))?;
    let packages: Vec<&Package> = packages
        .iter()
        .filter(|package| used.contains(&package.name))
        .collect();
    fs_err::write(work.path().join(PACKAGES), serde_json::to_string(&packages)?)?;
    fs_err::rename(work.keep(), finished)?;
    step.done();
    Ok(())
}

/// Fetches and unpacks every package into a directory of its name.
fn download(packages: &[Package], directory: &Path) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.current_dir(directory)
        .args(["download", "--quiet", "-o", "APT::Sandbox::User=root"]);
    apt.args(
        packages
            .iter()
            .map(|package| format!("{}={}", package.name, package.version)),
    );
    process::output(&mut apt).context("download Debian packages; are the lists old? (apt-get update)")?;
    for package in packages {
        let archive = directory.join(package.file_name());
        let found = digest::of_file(&archive)?;
        ensure!(
            found == package.sha256,
            "{}: sha256 is {found}, expected {}",
            archive.display(),
            package.sha256
        );
        let target = directory.join(&package.name);
        process::output(
            Command::new("dpkg-deb")
                .arg("--extract")
                .arg(&archive)
                .arg(target),
        )?;
    }
    Ok(())
}

/// Links a busybox under each name that it says it has.
fn link_applets(layer: &DebianLayer, root: &Path) -> Result<()> {
    let Some(busybox) = &layer.applets else {
        return Ok(());
    };
    let program = root.join(busybox.trim_start_matches('/'));
    let listing = process::output(Command::new(&program).arg("--list"))?;
    let directory = program.parent().context("find the directory of busybox")?;
    let name = program.file_name().context("find the name of busybox")?;
    let applets: BTreeSet<&str> = listing.lines().filter(|applet| !applet.contains('/')).collect();
    for applet in applets {
        let link = directory.join(applet);
        if !link.exists() {
            fs_err::os::unix::fs::symlink(name, link)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> DebianLayer {
        let bill = crate::bill::Bill::parse(include_str!("../../../components/components.yaml")).unwrap();
        bill.debian
            .into_iter()
            .find(|layer| layer.name == "netfilter")
            .unwrap()
    }

    fn package(sha256: &str) -> Package {
        Package {
            name: "nftables".into(),
            version: "1".into(),
            architecture: "amd64".into(),
            sha256: sha256.into(),
        }
    }

    #[test]
    fn the_key_follows_each_packages_content() {
        let one = key(&layer(), &[package("aa")]);
        assert_eq!(one, key(&layer(), &[package("aa")]));
        assert_ne!(one, key(&layer(), &[package("bb")]));
    }

    #[test]
    fn paths_are_those_of_the_machine() {
        let architecture = Architecture {
            go: "arm64",
            triplet: "aarch64-linux-gnu",
            rust: "",
        };
        let layer = for_architecture(&layer(), architecture);
        assert_eq!(layer.trees, ["/usr/lib/aarch64-linux-gnu/xtables"]);
    }
}
