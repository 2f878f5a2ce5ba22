//! The numbers that machines hold on this host, so that no two have the same address, link or control group,
//! whichever checkout they come from.
//!
//! Owns `/run/bowline-machines`: one file a number, which names the folder of the machine that holds it.

use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

const CLAIMS: &str = "/run/bowline-machines";
/// The first is the bridge's own, the last is broadcast.
const NUMBERS: std::ops::RangeInclusive<u8> = 2..=254;

/// Whoever holds this may change what machines share: numbers and the bridge.
pub(super) struct HostLock {
    claims: PathBuf,
    _file: fs_err::File,
}

impl HostLock {
    /// Waits until no other program holds it.
    pub(super) fn acquire() -> Result<Self> {
        Self::acquire_at(Path::new(CLAIMS))
    }

    fn acquire_at(claims: &Path) -> Result<Self> {
        loop {
            fs_err::create_dir_all(claims)?;
            let file = fs_err::File::open(claims)?;
            file.lock()?;
            // The holder before us may have removed the folder that we have locked.
            let here = fs_err::metadata(claims)
                .is_ok_and(|now| file.metadata().is_ok_and(|locked| locked.ino() == now.ino()));
            if here {
                return Ok(Self {
                    claims: claims.to_owned(),
                    _file: file,
                });
            }
        }
    }

    /// Takes the lowest free number for the machine in `folder`.
    pub(super) fn take_number(&self, folder: &Path) -> Result<u8> {
        for number in NUMBERS {
            let claim = self.claims.join(number.to_string());
            if holder(&claim)?.is_none_or(|holder| holder == folder || !holder.exists()) {
                fs_err::write(claim, folder.as_os_str().as_bytes())?;
                return Ok(number);
            }
        }
        bail!("all {} machine numbers are taken: see {CLAIMS}", NUMBERS.count())
    }

    /// Gives a number back.
    pub(super) fn return_number(&self, number: u8) -> Result<()> {
        match fs_err::remove_file(self.claims.join(number.to_string())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        // It goes with the last claim, and stays while there are others.
        let _ = std::fs::remove_dir(&self.claims);
    }
}

fn holder(claim: &Path) -> Result<Option<PathBuf>> {
    match fs_err::read_to_string(claim) {
        Ok(holder) => Ok(Some(holder.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("see who holds a machine number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_held_until_it_is_given_back() {
        let host = tempfile::tempdir().unwrap();
        let lock = HostLock::acquire_at(&host.path().join("claims")).unwrap();
        let (one, other) = (host.path().join("one"), host.path().join("other"));
        fs_err::create_dir(&one).unwrap();
        fs_err::create_dir(&other).unwrap();

        assert_eq!(lock.take_number(&one).unwrap(), 2);
        assert_eq!(lock.take_number(&other).unwrap(), 3);
        assert_eq!(
            lock.take_number(&one).unwrap(),
            2,
            "asked again, a machine keeps its number"
        );
        lock.return_number(2).unwrap();
        assert_eq!(lock.take_number(&other).unwrap(), 2);
    }

    #[test]
    fn the_number_of_a_machine_that_is_gone_is_free() {
        let host = tempfile::tempdir().unwrap();
        let lock = HostLock::acquire_at(&host.path().join("claims")).unwrap();
        assert_eq!(lock.take_number(&host.path().join("never-there")).unwrap(), 2);
        assert_eq!(lock.take_number(&host.path().join("another")).unwrap(), 2);
    }

    #[test]
    fn nothing_is_left_when_no_number_is_held() {
        let host = tempfile::tempdir().unwrap();
        let claims = host.path().join("claims");
        drop(HostLock::acquire_at(&claims).unwrap());
        assert!(!claims.exists());
    }
}
