//! One bowline a data dir: a lock that lives as long as the process, whatever ends it.

use std::fs::TryLockError;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, Result, bail};

use crate::layout::Layout;

/// Held while a node runs on its data dir; the kernel lets go of it when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: fs_err::File,
}

impl Lock {
    /// Takes the lock of this data dir, or says which process has it.
    pub(crate) fn take(layout: &Layout) -> Result<Self> {
        fs_err::create_dir_all(layout.data_dir()).context("make the data dir")?;
        let mut options = fs_err::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.options_mut().mode(0o600);
        let mut file = options
            .open(layout.lock())
            .context("open the lock of the data dir")?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder);
                let pid = read.ok().and_then(|_| holder.trim().parse::<u32>().ok());
                let pid = pid.map_or_else(|| "pid unknown".to_owned(), |pid| format!("pid {pid}"));
                bail!("another bowline ({pid}) runs on {}", layout.data_dir().display());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("lock {}", layout.lock().display()));
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .context("write the own pid to the lock")?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_bowline_is_refused_and_told_who_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let held = Lock::take(&layout).unwrap();
        let error = Lock::take(&layout).unwrap_err().to_string();
        let expected = format!(
            "another bowline (pid {}) runs on {}",
            std::process::id(),
            folder.path().display()
        );
        assert_eq!(error, expected);
        drop(held);
        Lock::take(&layout).unwrap();
    }
}
