//! Go's module and build caches while components are built: 17 GB that nobody wants once the programs are there, so
//! they lie beside our own cache and not among the user's.

use std::path::PathBuf;

use anyhow::Result;

/// Where Go keeps what it downloads and compiles for us.
#[derive(Debug)]
pub(crate) struct Caches(PathBuf);

impl Caches {
    /// The caches in a directory of their own.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// Makes a `go` command use them.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let path = |name| self.0.join(name).to_string_lossy().into_owned();
        [
            ("GOCACHE", path("build")),
            ("GOMODCACHE", path("modules")),
            // Go's own are read-only, which not everyone can remove.
            ("GOFLAGS", "-modcacherw".to_owned()),
        ]
    }

    /// Gives their space back.
    pub(crate) fn clear(&self) -> Result<()> {
        if self.0.exists() {
            fs_err::remove_dir_all(&self.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_go_keeps_for_us_goes_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let caches = Caches::new(directory.path().join("go"));
        caches.clear().unwrap();
        for (name, path) in &caches.environment()[..2] {
            assert!(
                path.starts_with(directory.path().to_str().unwrap()),
                "{name}={path}"
            );
            fs_err::create_dir_all(path).unwrap();
        }
        caches.clear().unwrap();
        assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), 0);
    }
}
