//! What is cached and no longer used goes: an entry's date says when it was last of use.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::checkout::Checkout;

/// Long enough to come back to another branch.
const KEPT: Duration = Duration::from_hours(14 * 24);

/// Notes that an entry was of use now.
pub(crate) fn used(entry: &Path) -> Result<()> {
    let file = fs_err::File::open(entry)?;
    Ok(file.file().set_modified(SystemTime::now())?)
}

pub(crate) fn forget_unused(checkout: &Checkout) -> Result<()> {
    for directory in checkout.caches()? {
        forget_older(&directory, SystemTime::now() - KEPT)?;
    }
    Ok(())
}

fn forget_older(directory: &Path, limit: SystemTime) -> Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.modified()? >= limit {
            continue;
        }
        if metadata.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entries_not_used_since_the_limit_go() {
        let directory = tempfile::tempdir().unwrap();
        let [old, fresh] = ["old", "fresh"].map(|name| directory.path().join(name));
        fs_err::create_dir(&old).unwrap();
        fs_err::write(&fresh, "").unwrap();
        let limit = SystemTime::now() + Duration::from_mins(1);
        fs_err::File::open(&fresh)
            .unwrap()
            .file()
            .set_modified(limit)
            .unwrap();
        forget_older(directory.path(), limit).unwrap();
        assert!(!old.exists() && fresh.exists());
    }

    #[test]
    fn use_renews_an_entry() {
        let directory = tempfile::tempdir().unwrap();
        let entry = directory.path().join("entry");
        fs_err::write(&entry, "").unwrap();
        fs_err::File::open(&entry)
            .unwrap()
            .file()
            .set_modified(SystemTime::UNIX_EPOCH)
            .unwrap();
        used(&entry).unwrap();
        forget_older(directory.path(), SystemTime::now() - KEPT).unwrap();
        assert!(entry.exists());
    }
}
