//! Whether a bowline runs on a data dir, and what it last said of itself.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use procfs::Current as _;

use crate::layout::Layout;
use crate::status::Report;

/// The report of the last start; none when there was no start since the machine booted.
pub(crate) fn read_report(path: &Path) -> Result<Option<Report>> {
    match fs_err::read(path) {
        Ok(text) => {
            let report =
                serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))?;
            Ok(Some(report))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The process that holds the lock of the data dir.
///
/// Looking does not take the lock, not even for a moment: that could make a start fail.
pub(crate) fn find(layout: &Layout) -> Option<i32> {
    let inode = fs_err::metadata(layout.lock()).ok()?.ino();
    let locks = procfs::Locks::current().ok()?.0;
    locks
        .iter()
        .find(|lock| lock.inode == inode)
        .and_then(|lock| lock.pid)
        .filter(|&pid| pid > 0)
}

#[cfg(test)]
mod tests {
    use nix::fcntl::{Flock, FlockArg};

    use super::*;

    #[test]
    fn the_holder_of_the_lock_is_found_while_it_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        assert_eq!(find(&layout), None);
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(layout.lock())
            .unwrap();
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).unwrap();
        assert_eq!(find(&layout), i32::try_from(std::process::id()).ok());
        drop(lock);
        assert_eq!(find(&layout), None);
    }

    #[test]
    fn no_report_is_none_and_a_torn_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        assert_eq!(read_report(&path).unwrap(), None);
        fs_err::write(&path, "{\"pid\":").unwrap();
        assert!(
            read_report(&path)
                .unwrap_err()
                .to_string()
                .contains("status.json")
        );
    }
}
