//! The Go toolchain of this machine, checked against the bill.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bill;
use crate::process;

#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// Such as `go1.26.8`.
    pub(crate) version: String,
    /// The C compiler's own words, for the components that need one.
    pub(crate) c_compiler: String,
}

impl Toolchain {
    pub(crate) fn find(wanted: &bill::Toolchain) -> Result<Self> {
        let mut command = Command::new("go");
        command
            .args(["env", "GOVERSION"])
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "");
        let version = process::output(&mut command).with_context(|| {
            format!(
                "find Go: install Go {} or newer and put it on PATH",
                wanted.version
            )
        })?;
        let version = version.trim().to_owned();
        if numbers(&version) < numbers(&wanted.version) {
            bail!(
                "Go is {version}, expected {} or newer: install it and put it first on PATH",
                wanted.version
            );
        }
        let c_compiler = process::output(Command::new("cc").arg("--version")).unwrap_or_default();
        Ok(Self { version, c_compiler })
    }
}

/// `go1.26.8` → `[1, 26, 8]`; what is no number ends it.
fn numbers(version: &str) -> Vec<u32> {
    let digits = version.trim_start_matches("go");
    digits.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("go1.26.8") > numbers("1.26.0"));
        assert!(numbers("go1.9.1") < numbers("1.26.0"));
        assert!(numbers("go1.26rc1") < numbers("1.26.0"));
        assert_eq!(numbers("go1.27.1-custom"), [1, 27]);
    }
}
