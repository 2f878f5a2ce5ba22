//! What a machine shall be.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Bowline's data dir, in the machine.
pub(super) const DATA_DIR: &str = "/var/lib/bowline";

/// What a machine shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Host name, and the machine's folder.
    pub name: String,
    /// Folders that lie on the plain disk, not in the overlay: Bowline's data dir first.
    pub volumes: Vec<PathBuf>,
    /// Bytes that the data dir holds, when it shall be small; it is in memory then and a power cut loses it.
    pub data_limit: Option<u64>,
    /// What `/etc/resolv.conf` says: nothing, when nobody says otherwise.
    pub resolv_conf: String,
    /// The machine outlives the program that made it.
    pub stays: bool,
}

impl Spec {
    /// A machine with Bowline's data dir on the plain disk.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            volumes: vec![DATA_DIR.into(), "/var/lib/kubelet".into()],
            data_limit: None,
            resolv_conf: String::new(),
            stays: false,
        }
    }

    /// Whether the volume is the data dir, and that shall be small.
    pub(super) fn is_limited(&self, volume: &Path) -> bool {
        self.data_limit.is_some() && self.volumes.first().is_some_and(|first| first == volume)
    }
}

/// A name is a host name and a folder, and nothing that climbs out of it.
pub(super) fn check_name(name: &str) -> Result<()> {
    let fits = (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    ensure!(
        fits,
        "{name:?} cannot name a machine: use a-z, 0-9 and dashes, at most 63"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_climbs_out_of_its_folder_is_refused() {
        for name in ["..", "a/b", "", "-a", "a-", "A"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        check_name("server-1").unwrap();
    }
}
