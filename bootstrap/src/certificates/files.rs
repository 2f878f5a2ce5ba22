//! Reads what may not be there.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Error, Result};

/// The content of a file, or `None` when there is no such file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs_err::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::from(error)),
    }
}
