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
            build(checkout, package, architecture)?;
            checkout.target().join(architecture.rust).join("release")
        };
        let path = directory.join(program);
        let identity = digest::of_file(&path).with_context(|| format!("find our program {program}"))?;
        programs.insert(program.clone(), Program { path, identity });
    }
    Ok(programs)
}

/// One package at a time, so that none is built with features that only another wants.
fn build(checkout: &Checkout, package: &str, architecture: Architecture) -> Result<()> {
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
    command.arg("--target-dir").arg(checkout.target());
    let status = command.status().context("start cargo")?;
    ensure!(
        status.success(),
        "cargo build --release --package {package}: {status}"
    );
    Ok(())
}

/// Static, and without this machine's paths in the panic messages.
fn flags(checkout: &Checkout) -> OsString {
    let mut flags = OsString::from("-C target-feature=+crt-static");
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
