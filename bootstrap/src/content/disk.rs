//! The disk: whether there is room before something is written, and whether what was written may be torn.

use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// What is left to everybody else on the file system.
const RESERVE: u64 = 128 << 20;

/// Bytes that may still be written below `path`.
pub(crate) fn free(path: &Path) -> Result<u64> {
    let stat = nix::sys::statvfs::statvfs(path)
        .with_context(|| format!("ask for the free space of {}", path.display()))?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// Fails unless `needed` bytes can be written below `path`. Returns how much can.
pub(crate) fn require(path: &Path, needed: u64) -> Result<u64> {
    enough(path, needed, free(path)?)
}

fn enough(path: &Path, needed: u64, free: u64) -> Result<u64> {
    match free.checked_sub(RESERVE) {
        Some(usable) if usable >= needed => Ok(usable),
        _ => bail!(
            "the disk is too full: {} needs {needed} bytes and a reserve of {RESERVE}, but {free} are free; \
             make room or choose another data-dir",
            path.display()
        ),
    }
}

/// Says how full the disk is when `error` comes from that.
pub(crate) fn explain(error: io::Error, path: &Path, needed: u64) -> anyhow::Error {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let error = anyhow::Error::new(error);
    if !full {
        return error;
    }
    let free = free(path).unwrap_or(0);
    error.context(format!(
        "the disk is full: {} needs {needed} bytes, {free} are free; make room or choose another data-dir",
        path.display()
    ))
}

/// Which boot of the machine this is: what was written in an earlier one and not synced may be lost in part.
pub(crate) fn boot() -> String {
    let id = fs_err::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_figures() {
        let path = Path::new("/var/lib/bowline");
        assert_eq!(enough(path, 100, RESERVE + 100).unwrap(), 100);
        let error = enough(path, 101, RESERVE + 100).unwrap_err().to_string();
        assert!(
            error.contains("/var/lib/bowline needs 101 bytes") && error.contains("134217828 are free"),
            "{error}"
        );
    }

    #[test]
    fn a_full_disk_is_named_and_other_errors_pass() {
        let full = explain(io::ErrorKind::StorageFull.into(), Path::new("/"), 7);
        assert!(full.to_string().contains("/ needs 7 bytes"), "{full}");
        let other = explain(io::ErrorKind::NotFound.into(), Path::new("/"), 7);
        assert!(!other.to_string().contains("disk"));
    }
}
