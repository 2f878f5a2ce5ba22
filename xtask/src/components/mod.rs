//! From the bill to programs on disk: what the cache does not hold is built, one after the other.

mod caches;
pub(crate) mod debian;
mod elf;
mod go;
pub(crate) mod libraries;
mod modules;
pub(crate) mod rust;
mod toolchain;
mod trim;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bill::{Bill, Component};
use crate::cache;
use crate::checkout::Checkout;
use crate::progress::Step;
use caches::Caches;
pub(crate) use libraries::Library;
pub(crate) use modules::{Module, read as read_modules};
pub(crate) use rust::Crate;
pub(crate) use toolchain::Toolchain;

/// A program on disk, with what is known of its origin.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// Names the content without reading it: the cache key of a component, or the digest of our own.
    pub(crate) identity: String,
}

/// Programs by name.
pub(crate) type Programs = BTreeMap<String, Program>;

/// Builds the components called `names` (all, if none is named) as far as the cache does not hold them.
pub(crate) fn ensure(checkout: &Checkout, bill: &Bill, names: &[String]) -> Result<Programs> {
    let chosen = choose(bill, names)?;
    let toolchain = Toolchain::find(&bill.go)?;
    let mut programs = Programs::new();
    for component in chosen {
        let module = checkout.component(&component.name);
        let directory = ensure_component(checkout, bill, (component, &module), &toolchain)
            .with_context(|| format!("build component {}", component.name))?;
        let identity = directory
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for program in component.programs.keys() {
            let path = directory.join(program);
            programs.insert(
                program.clone(),
                Program {
                    path,
                    identity: format!("{identity}/{program}"),
                },
            );
        }
    }
    // Who names components works on them, and builds them again soon.
    if names.is_empty() {
        Caches::new(checkout.go_caches()).clear()?;
    }
    Ok(programs)
}

fn choose<'a>(bill: &'a Bill, names: &[String]) -> Result<Vec<&'a Component>> {
    for name in names {
        if !bill.components.iter().any(|component| &component.name == name) {
            let known: Vec<&str> = bill
                .components
                .iter()
                .map(|component| component.name.as_str())
                .collect();
            bail!("there is no component {name}; there are {}", known.join(", "));
        }
    }
    let wanted = |component: &&Component| names.is_empty() || names.contains(&component.name);
    Ok(bill.components.iter().filter(wanted).collect())
}

/// Builds programs that only a measurement wants, from a Go module of its own, as their makers do: without the bill's
/// FIPS module. Gives their folder.
pub(crate) fn ensure_peer(
    checkout: &Checkout,
    bill: &Bill,
    component: &Component,
    module: &Path,
) -> Result<PathBuf> {
    let mut bill = bill.clone();
    "off".clone_into(&mut bill.go.fips);
    let toolchain = Toolchain::find(&bill.go)?;
    ensure_component(checkout, &bill, (component, module), &toolchain)
        .with_context(|| format!("build {}", component.name))
}

fn ensure_component(
    checkout: &Checkout,
    bill: &Bill,
    (component, module): (&Component, &Path),
    toolchain: &Toolchain,
) -> Result<PathBuf> {
    let build = go::plan(bill, component);
    let key = go::key(&build, component, module, toolchain)?;
    let finished = checkout.cached_component(&component.name, &key);
    if finished.is_dir() {
        cache::used(&finished)?;
        return Ok(finished);
    }
    let step = Step::begin(format!("build {} {}", component.name, component.version));
    let parent = finished.parent().context("find the parent of a cache entry")?;
    fs_err::create_dir_all(parent)?;
    let work = tempfile::Builder::new().prefix(".building-").tempdir_in(parent)?;
    let sources = tempfile::tempdir_in(parent)?;
    let caches = Caches::new(checkout.go_caches());
    let staged = trim::stage(component, module, sources.path(), &caches)?;
    go::run(&build.using(&caches), &staged, work.path(), &step)?;
    rename(&build, work.path())?;
    modules::write(component, work.path())?;
    fs_err::rename(work.keep(), &finished)?;
    step.done();
    Ok(finished)
}

/// Go names a program after its package; the bill may name it otherwise.
fn rename(build: &go::Build, directory: &Path) -> Result<()> {
    for (program, package) in &build.packages {
        let default = go::default_name(package);
        if default != program {
            fs_err::rename(directory.join(default), directory.join(program))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_component_is_named_with_the_known_ones() {
        let bill = Bill::parse(include_str!("../../../components/components.yaml")).unwrap();
        let error = choose(&bill, &["etdc".to_owned()]).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no component etdc; there are kubernetes, etcd"),
            "{error}"
        );
        assert_eq!(choose(&bill, &["etcd".to_owned()]).unwrap().len(), 1);
        assert_eq!(choose(&bill, &[]).unwrap().len(), bill.components.len());
    }
}
