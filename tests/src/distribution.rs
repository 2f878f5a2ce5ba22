//! The artifacts that `cargo xtask bundle` makes, as the tests and `cargo xtask up` take them.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// A folder of artifacts.
#[derive(Clone, Debug)]
pub struct Distribution {
    folder: PathBuf,
}

impl Distribution {
    /// The artifacts in `folder`.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let distribution = Self {
            folder: folder.into(),
        };
        ensure!(
            distribution.bowline().is_file() && !distribution.archives()?.is_empty(),
            "{} holds no artifacts of Bowline: make them with `cargo xtask bundle`",
            distribution.folder.display()
        );
        Ok(distribution)
    }

    /// The artifacts that the tests are given: `BOWLINE_DIST`, or what `cargo xtask bundle` makes.
    pub fn of_tests() -> Result<Self> {
        let made = || crate::target_folder().join("dist");
        Self::open(std::env::var_os("BOWLINE_DIST").map_or_else(made, PathBuf::from))
    }

    /// The node program.
    pub fn bowline(&self) -> PathBuf {
        self.folder.join("bowline")
    }

    /// The image archives that a node needs.
    pub fn archives(&self) -> Result<Vec<PathBuf>> {
        archives_in(&self.folder.join("images"))
    }

    /// The archive of one image that a node needs, such as `etcd`.
    pub fn archive(&self, image: &str) -> PathBuf {
        self.folder.join(format!("images/bowline-{image}.tar.zst"))
    }

    /// What systemd is told of a server.
    pub fn server_unit(&self) -> PathBuf {
        self.folder.join("systemd/bowline-server.service")
    }

    /// A program that is not for nodes, such as `registry`.
    pub fn tool(&self, name: &str) -> Result<PathBuf> {
        let tool = self.folder.join("tools").join(name);
        ensure!(
            tool.is_file(),
            "{} is not there: make it with `cargo xtask bundle`",
            tool.display()
        );
        Ok(tool)
    }

    /// Archives of images for trying a cluster out.
    pub fn samples(&self) -> Result<Vec<PathBuf>> {
        archives_in(&self.folder.join("samples"))
    }

    /// Changes whenever an artifact does: the digests of all.
    pub fn fingerprint(&self) -> Result<String> {
        Ok(fs_err::read_to_string(self.folder.join("sha256sums.txt"))?)
    }
}

fn archives_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".tar.zst") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifacts() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, content) in [
            ("bowline", "program"),
            ("images/bowline-etcd.tar.zst", "etcd"),
            ("images/notes.txt", "no archive"),
            ("sha256sums.txt", "sums"),
        ] {
            let file = folder.path().join(file);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, content).unwrap();
        }
        folder
    }

    #[test]
    fn only_archives_are_taken_for_archives() {
        let folder = artifacts();
        let distribution = Distribution::open(folder.path()).unwrap();
        assert_eq!(
            distribution.archives().unwrap(),
            [folder.path().join("images/bowline-etcd.tar.zst")]
        );
        assert!(distribution.samples().unwrap().is_empty());
    }

    #[test]
    fn a_folder_without_artifacts_is_named_with_the_command_that_makes_them() {
        let folder = tempfile::tempdir().unwrap();
        let error = Distribution::open(folder.path())
            .expect_err("it is empty")
            .to_string();
        assert!(
            error.contains("cargo xtask bundle") && error.contains(folder.path().to_str().unwrap()),
            "{error}"
        );
    }
}
