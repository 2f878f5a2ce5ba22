//! The directory of artifacts: files are replaced only when they differ, and what no longer belongs there goes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::digest;

pub(super) const SUMS: &str = "sha256sums.txt";
/// Directories that hold nothing but what a bundle puts there.
const OWNED: [&str; 4] = ["images", "samples", "systemd", "tools"];

pub(crate) struct Directory {
    root: PathBuf,
    /// Path inside the directory to sha256.
    sums: BTreeMap<String, String>,
}

impl Directory {
    pub(crate) fn open(root: &Path) -> Result<Self> {
        for owned in OWNED {
            fs_err::create_dir_all(root.join(owned))?;
        }
        Ok(Self {
            root: root.to_path_buf(),
            sums: BTreeMap::new(),
        })
    }

    /// Copies the file at `source`, whose sha256 is known.
    pub(crate) fn place(&mut self, source: &Path, name: &str, sha256: &str) -> Result<()> {
        let target = self.root.join(name);
        if !target.is_file() || digest::of_file(&target)? != sha256 {
            let parent = target.parent().context("find the directory of an artifact")?;
            let copy = tempfile::NamedTempFile::new_in(parent)?;
            fs_err::copy(source, copy.path())?;
            copy.persist(&target)
                .with_context(|| format!("put {} in its place", target.display()))?;
        }
        self.sums.insert(name.to_owned(), sha256.to_owned());
        Ok(())
    }

    pub(crate) fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.sums.insert(name.to_owned(), digest::of_bytes(content));
        self.replace(name, content)
    }

    /// Copies every file of the directory `from` into the directory `to`.
    pub(crate) fn copy(&mut self, from: &Path, to: &str) -> Result<()> {
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            self.write(
                &format!("{to}/{}", name.to_string_lossy()),
                &fs_err::read(entry.path())?,
            )?;
        }
        Ok(())
    }

    /// Writes the checksums and removes archives of images that are no longer in the bill.
    pub(crate) fn finish(self) -> Result<()> {
        for owned in OWNED {
            for entry in fs_err::read_dir(self.root.join(owned))? {
                let entry = entry?;
                let name = format!("{owned}/{}", entry.file_name().to_string_lossy());
                if !self.sums.contains_key(&name) {
                    fs_err::remove_file(entry.path())?;
                }
            }
        }
        let lines: Vec<String> = self
            .sums
            .iter()
            .map(|(name, sum)| format!("{sum}  {name}\n"))
            .collect();
        self.replace(SUMS, lines.concat().as_bytes())
    }

    fn replace(&self, name: &str, content: &[u8]) -> Result<()> {
        let target = self.root.join(name);
        if fs_err::read(&target).is_ok_and(|old| old == content) {
            return Ok(());
        }
        let mut file = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(&self.root)?;
        file.write_all(content)?;
        file.persist(&target)
            .with_context(|| format!("write {}", target.display()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_this_checkout_are_among_the_artifacts() {
        let directory = tempfile::tempdir().unwrap();
        let mut dist = Directory::open(directory.path()).unwrap();
        let units = crate::checkout::Checkout::find().unwrap().units();
        dist.copy(&units, "systemd").unwrap();
        dist.finish().unwrap();

        let unit = fs_err::read_to_string(directory.path().join("systemd/bowline-server.service")).unwrap();
        assert!(unit.contains("ExecStart=/usr/local/bin/bowline server"), "{unit}");
        let sums = fs_err::read_to_string(directory.path().join(SUMS)).unwrap();
        assert!(sums.contains("  systemd/bowline-agent.service\n"), "{sums}");
    }

    #[test]
    fn sums_name_every_artifact_and_old_archives_go() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("dist");
        let source = directory.path().join("archive");
        fs_err::write(&source, "new").unwrap();
        let mut dist = Directory::open(&out).unwrap();
        fs_err::write(out.join("images/old.tar.zst"), "old").unwrap();
        fs_err::write(out.join("images/new.tar.zst"), "torn").unwrap();
        let sum = digest::of_bytes(b"new");
        dist.place(&source, "images/new.tar.zst", &sum).unwrap();
        dist.write("images.txt", b"x").unwrap();
        dist.finish().unwrap();

        assert_eq!(
            fs_err::read_to_string(out.join("images/new.tar.zst")).unwrap(),
            "new"
        );
        assert!(!out.join("images/old.tar.zst").exists());
        let sums = fs_err::read_to_string(out.join(SUMS)).unwrap();
        let expected = format!(
            "{}  images.txt\n{sum}  images/new.tar.zst\n",
            digest::of_bytes(b"x")
        );
        assert_eq!(sums, expected);
    }
}
