//! Our own programs, static, from this checkout.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Program, Programs};
use crate::architecture::Architecture;
use crate::bill::Bill;
use crate::checkout::Checkout;
use crate::digest;

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
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root()).stdin(Stdio::null());
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

#[cfg(test)]
mod tests {
    use super::*;

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
