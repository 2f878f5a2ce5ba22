//! The machine's architecture under the names that others give it.

use anyhow::{Result, bail};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Architecture {
    /// As Go and OCI say it.
    pub(crate) go: &'static str,
    /// Debian's library directory.
    pub(crate) triplet: &'static str,
    /// Rust's target.
    pub(crate) rust: &'static str,
}

impl Architecture {
    /// Programs are built for the machine that builds them.
    pub(crate) fn of_this_machine() -> Result<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self {
                go: "amd64",
                triplet: "x86_64-linux-gnu",
                rust: "x86_64-unknown-linux-gnu",
            }),
            "aarch64" => Ok(Self {
                go: "arm64",
                triplet: "aarch64-linux-gnu",
                rust: "aarch64-unknown-linux-gnu",
            }),
            other => bail!("{other}: expected an x86_64 or aarch64 machine"),
        }
    }
}
