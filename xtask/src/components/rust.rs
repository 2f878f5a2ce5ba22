//! Our own programs, static, from this checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Program, Programs};
use crate::architecture::Architecture;
use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::digest;
use crate::process;

/// C libraries that static Rust programs link.
pub(crate) const LIBRARIES: [&str; 2] = ["libc.a", "libgcc_eh.a"];

/// A crate of others in one of our programs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The sha256 of its archive.
    pub(crate) checksum: Option<String>,
}

/// Has cargo build each crate (it knows itself when there is nothing to do), or takes the programs from
/// `prebuilt`.
pub(crate) fn ensure(checkout: &Checkout, bill: &Bill, prebuilt: Option<&Path>) -> Result<Programs> {
    let architecture = Architecture::of_this_machine()?;
    let mut programs = Programs::new();
    for (program, package) in &bill.crates {
        let directory = if let Some(directory) = prebuilt {
            directory.to_path_buf()
        } else {
            build(checkout, (package, &[]), architecture)?;
            folder(checkout, architecture)
        };
        let kept = keep(&directory.join(program), &checkout.cached_crate(program))
            .with_context(|| format!("take our program {program}"))?;
        programs.insert(program.clone(), kept);
    }
    Ok(programs)
}

/// Has cargo build some targets of one crate as it builds what is shipped; gives the folder of the programs.
pub(crate) fn build_targets(checkout: &Checkout, package: &str, targets: &[&str]) -> Result<PathBuf> {
    let architecture = Architecture::of_this_machine()?;
    build(checkout, (package, targets), architecture)?;
    Ok(folder(checkout, architecture))
}

/// Where cargo puts what is built for a machine.
fn folder(checkout: &Checkout, architecture: Architecture) -> PathBuf {
    checkout.target().join(architecture.rust).join("release")
}

/// Copies a program under the name of its digest: the next cargo build replaces the one in cargo's directory,
/// maybe while images are being written.
fn keep(program: &Path, directory: &Path) -> Result<Program> {
    fs_err::create_dir_all(directory)?;
    let copy = tempfile::NamedTempFile::new_in(directory)?;
    fs_err::copy(program, copy.path())?;
    let identity = digest::of_file(copy.path())?;
    let path = directory.join(&identity);
    copy.persist(&path)
        .with_context(|| format!("keep {}", path.display()))?;
    Ok(Program { path, identity })
}

/// One package at a time, so that none is built with features that only another wants; all its programs, unless
/// targets are named.
fn build(checkout: &Checkout, (package, targets): (&str, &[&str]), architecture: Architecture) -> Result<()> {
    let mut command = cargo(checkout);
    command
        .env("RUSTFLAGS", flags(checkout))
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.args([
        "build",
        "--release",
        "--locked",
        "--package",
        package,
        "--target",
        architecture.rust,
    ]);
    command.arg("--target-dir").arg(checkout.target()).args(targets);
    let status = command.status().context("start cargo")?;
    ensure!(
        status.success(),
        "cargo build --release --package {package}: {status}"
    );
    Ok(())
}

fn cargo(checkout: &Checkout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root()).stdin(Stdio::null());
    command
}

/// Static, without tables for unwinding (a panic ends the program at once, and they are a tenth of it), and without
/// this machine's paths in the panic messages.
fn flags(checkout: &Checkout) -> OsString {
    let mut flags = OsString::from("-C target-feature=+crt-static -C force-unwind-tables=no");
    let mut remap = |from: &Path, to: &str| {
        flags.push(" --remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    };
    // Where build scripts write; our own sources are named relative to the checkout as it is.
    remap(checkout.target(), "/target");
    if let Some(cargo) = cargo_home() {
        remap(&cargo, "/cargo");
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let own = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    own.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// What the program of `package` is made of beside our own crates: no build scripts, no procedural macros, no tests.
pub(crate) fn contents(checkout: &Checkout, package: &str) -> Result<BTreeSet<Crate>> {
    let mut command = cargo(checkout);
    command.args(["tree", "--locked", "--package", package]);
    command.args(["--target", Architecture::of_this_machine()?.rust]);
    command.args([
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let tree = process::output(&mut command)?;
    let checksums = checksums(&fs_err::read_to_string(checkout.cargo_lock())?);
    let mut found: BTreeSet<Crate> = crates(&tree, &checksums).collect();
    found.insert(standard_library()?);
    Ok(found)
}

/// The lines of the tree are such as `anyhow v1.0.1`, with the directory of a crate that is our own.
fn crates(tree: &str, checksums: &BTreeMap<(String, String), String>) -> impl Iterator<Item = Crate> {
    let others = tree.lines().filter(|line| !line.contains(" (/"));
    others.filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, version) = (
            words.next()?.to_owned(),
            words.next()?.strip_prefix('v')?.to_owned(),
        );
        let checksum = checksums.get(&(name.clone(), version.clone())).cloned();
        Some(Crate {
            name,
            version,
            checksum,
        })
    })
}

/// Cargo.lock is TOML, of which cargo writes only a small part: tables of `key = "value"` lines.
fn checksums(cargo_lock: &str) -> BTreeMap<(String, String), String> {
    let tables = cargo_lock.split("[[package]]").skip(1);
    tables
        .filter_map(|table| {
            let field = |key: &str| {
                let mut lines = table.lines().filter_map(|line| line.split_once(" = "));
                let (_, value) = lines.find(|(found, _)| *found == key)?;
                Some(value.trim_matches('"').to_owned())
            };
            Some(((field("name")?, field("version")?), field("checksum")?))
        })
        .collect()
}

/// Rust's own, which cargo does not list.
fn standard_library() -> Result<Crate> {
    let said = process::output(Command::new("rustc").arg("--version"))?;
    let version = said
        .split_whitespace()
        .nth(1)
        .context("read what rustc --version says")?;
    Ok(Crate {
        name: "std".to_owned(),
        version: version.to_owned(),
        checksum: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_others_have_the_sums_of_the_lock_and_our_own_are_left_out() {
        let lock = "version = 4\n\n[[package]]\nname = \"anyhow\"\nversion = \"1.0.1\"\n\
            source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"abcd\"\n\
            dependencies = [\n \"libc\",\n]\n\n[[package]]\nname = \"bowline\"\nversion = \"0.1.0\"\n";
        let tree = "bowline v0.1.0 (/checkout/bootstrap)\nanyhow v1.0.1\nlibc v0.2.1\nanyhow v1.0.1 (*)\n";
        let found: BTreeSet<Crate> = crates(tree, &checksums(lock)).collect();
        let found: Vec<_> = found
            .iter()
            .map(|found| {
                (
                    found.name.as_str(),
                    found.version.as_str(),
                    found.checksum.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [("anyhow", "1.0.1", Some("abcd")), ("libc", "0.2.1", None)]
        );
    }

    #[test]
    fn the_node_program_holds_its_runtime_but_no_template_engine() {
        let found = contents(&Checkout::find().unwrap(), "bowline").unwrap();
        let find = |name: &str| found.iter().find(|of| of.name == name);
        assert_eq!(find("tokio").unwrap().checksum.as_ref().unwrap().len(), 64);
        assert!(find("std").is_some());
        for absent in ["minijinja", "insta", "serde_derive", "bowline-crds"] {
            assert!(find(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn a_kept_program_stays_when_cargo_replaces_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let built = directory.path().join("bowline");
        fs_err::write(&built, "first").unwrap();
        let first = keep(&built, &directory.path().join("kept")).unwrap();
        fs_err::write(&built, "second").unwrap();
        let second = keep(&built, &directory.path().join("kept")).unwrap();
        assert_eq!(fs_err::read_to_string(&first.path).unwrap(), "first");
        assert_eq!(first.identity, digest::of_bytes(b"first"));
        assert_ne!(first.path, second.path);
    }
}
