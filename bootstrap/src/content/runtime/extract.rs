//! Unpacks a layer's `bin/` and `charts/` into a folder of our own. A layer may hold anything; only plain files of
//! plain names come out.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::super::archive::{Entry, Kind, Limits, walk};
use super::super::disk;

/// Several times the largest runtime image.
const LIMITS: Limits = Limits {
    entries: 10_000,
    bytes: 8 << 30,
};
const BUFFER: usize = 1 << 18;

/// The folders that are taken, and the mode of their files.
const FOLDERS: [(&str, u32); 2] = [("bin", 0o755), ("charts", 0o644)];

/// What was written: each file's path below the target folder, and its size.
pub(super) type Files = BTreeMap<String, u64>;

/// Unpacks layers one over the other.
pub(super) struct Extraction {
    target: PathBuf,
    files: Files,
    /// Links and the file of the same folder that each points to.
    links: BTreeMap<String, String>,
    buffer: Vec<u8>,
}

impl Extraction {
    /// Into `target`, an empty folder that nobody else writes to.
    pub(super) fn new(target: &Path) -> Result<Self> {
        for (folder, _) in FOLDERS {
            fs_err::create_dir(target.join(folder))?;
        }
        Ok(Self {
            target: target.to_owned(),
            files: Files::new(),
            links: BTreeMap::new(),
            buffer: vec![0; BUFFER],
        })
    }

    /// Takes the plain tar of the next layer.
    pub(super) fn add_layer(&mut self, tar: impl Read) -> Result<()> {
        let usable = disk::require(&self.target, 0)?;
        let limits = Limits {
            bytes: LIMITS.bytes.min(usable),
            ..LIMITS
        };
        walk(tar, limits, |entry| {
            self.add(entry)?;
            Ok::<_, anyhow::Error>(ControlFlow::Continue(()))
        })
    }

    /// All files, once every link is known to lead to one of them.
    pub(super) fn finish(self) -> Result<Files> {
        for (link, target) in &self.links {
            ensure!(
                self.files.contains_key(target),
                "the link {link} leads to {target}, which is no file of the image"
            );
        }
        ensure!(
            self.files.keys().any(|file| file.starts_with("bin/")),
            "the image has no file in bin/"
        );
        Ok(self.files)
    }

    fn add(&mut self, entry: Entry<'_>) -> Result<()> {
        let Some((folder, rest)) = entry.name.split_once('/') else {
            return Ok(());
        };
        let Some((folder, mode)) = FOLDERS.into_iter().find(|(name, _)| *name == folder) else {
            return Ok(());
        };
        if entry.kind == Kind::Directory {
            return Ok(());
        }
        // Flattened: whatever lies deeper lands in the folder itself.
        let name = rest.rsplit('/').next().unwrap_or(rest);
        ensure!(
            !name.starts_with('.'),
            "the entry {} is hidden or a whiteout",
            entry.name
        );
        let relative = format!("{folder}/{name}");
        let path = self.target.join(&relative);
        if self.files.remove(&relative).is_some() || self.links.remove(&relative).is_some() {
            fs_err::remove_file(&path)?;
        }
        match entry.kind {
            Kind::Link(target) => {
                let plain = !target.is_empty() && !target.contains('/') && target != ".." && target != ".";
                ensure!(
                    plain,
                    "the link {relative} leads to {target}: only files beside it are taken"
                );
                fs_err::os::unix::fs::symlink(&target, &path)?;
                self.links.insert(relative, format!("{folder}/{target}"));
            }
            Kind::File => {
                self.write(entry.content, &path, (mode, entry.size))?;
                self.files.insert(relative, entry.size);
            }
            Kind::Directory => {}
        }
        Ok(())
    }

    fn write(&mut self, content: &mut dyn Read, path: &Path, (mode, size): (u32, u64)) -> Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut file = options
            .open(path)
            .with_context(|| format!("create {}", path.display()))?;
        loop {
            match content.read(&mut self.buffer)? {
                0 => break,
                count => {
                    let written = file.write_all(&self.buffer[..count]);
                    written
                        .map_err(|error| disk::explain(error, &self.target, size))
                        .with_context(|| format!("write {}", path.display()))?;
                }
            }
        }
        set_mode(&file, mode).with_context(|| format!("set the mode of {}", path.display()))
    }
}

/// The mode at creation is cut by the umask.
fn set_mode(file: &std::fs::File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Makes all files and their folders safe against a power cut.
pub(super) fn sync(target: &Path, files: &Files) -> Result<()> {
    for file in files.keys() {
        fs_err::File::open(target.join(file))?.sync_all()?;
    }
    for folder in FOLDERS
        .map(|(folder, _)| target.join(folder))
        .iter()
        .map(PathBuf::as_path)
        .chain([target])
    {
        fs_err::File::open(folder)?.sync_all()?;
    }
    if let Some(parent) = target.parent() {
        fs_err::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

/// Whether all files are there with their sizes.
pub(super) fn check(target: &Path, files: &Files) -> Result<()> {
    for (file, size) in files {
        let found = fs_err::symlink_metadata(target.join(file))?;
        if !found.is_file() || found.len() != *size {
            bail!(
                "{} is not the file of {size} bytes that was unpacked",
                target.join(file).display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    type Item<'a> = (&'a str, tar::EntryType, &'a str);

    fn layer(entries: &[Item<'_>]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o4777);
            let linked = kind.is_symlink() || kind.is_hard_link();
            if linked {
                header.set_link_name_literal(content).unwrap();
            }
            header.set_size(if linked { 0 } else { content.len() as u64 });
            header.set_cksum();
            builder
                .append(&header, if linked { b"" } else { content.as_bytes() })
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn extract(layers: &[Vec<u8>]) -> (tempfile::TempDir, Result<Files>) {
        let folder = tempfile::tempdir().unwrap();
        let mut extraction = Extraction::new(folder.path()).unwrap();
        let added = layers
            .iter()
            .try_for_each(|layer| extraction.add_layer(&layer[..]));
        (folder, added.and_then(|()| extraction.finish()))
    }

    const FILE: tar::EntryType = tar::EntryType::Regular;
    const LINK: tar::EntryType = tar::EntryType::Symlink;

    #[test]
    fn bin_and_charts_are_taken_flat_and_nothing_else() {
        let (folder, files) = extract(&[layer(&[
            ("bin/", tar::EntryType::Directory, ""),
            ("bin/runc", FILE, "runc"),
            ("bin/aux/nft", FILE, "nft"),
            ("bin/ctr", LINK, "runc"),
            ("charts/coredns.yaml", FILE, "chart"),
            ("etc/passwd", FILE, "root"),
            ("README", FILE, "read"),
        ])]);
        let names: Vec<String> = files.unwrap().into_keys().collect();
        assert_eq!(names, ["bin/nft", "bin/runc", "charts/coredns.yaml"]);
        assert_eq!(
            fs_err::read_to_string(folder.path().join("bin/ctr")).unwrap(),
            "runc"
        );
        assert!(!folder.path().join("etc").exists());
    }

    #[test]
    fn modes_are_ours_without_setuid() {
        let (folder, files) = extract(&[layer(&[("bin/a", FILE, "a"), ("charts/a.yaml", FILE, "a")])]);
        files.unwrap();
        let mode = |path| {
            fs_err::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o7777
        };
        assert_eq!((mode("bin/a"), mode("charts/a.yaml")), (0o755, 0o644));
    }

    #[test]
    fn a_later_layer_replaces_files_and_links_without_following_them() {
        let below = layer(&[
            ("bin/a", FILE, "old"),
            ("bin/b", FILE, "kept"),
            ("bin/l", LINK, "b"),
        ]);
        let above = layer(&[("bin/a", FILE, "new"), ("bin/l", FILE, "file")]);
        let (folder, files) = extract(&[below, above]);
        assert_eq!(files.unwrap()["bin/l"], 4);
        let read = |path| fs_err::read_to_string(folder.path().join(path)).unwrap();
        assert_eq!(
            (read("bin/a"), read("bin/b"), read("bin/l")),
            ("new".into(), "kept".into(), "file".into())
        );
    }

    #[test]
    fn hostile_layers_are_refused_and_write_nothing_outside() {
        for (entries, word) in [
            (vec![("bin/../../x", FILE, "")], "leads out"),
            (vec![("/bin/x", FILE, "")], "leads out"),
            (vec![("bin/x", LINK, "../../etc/shadow")], "only files beside it"),
            (vec![("bin/x", LINK, "/etc/shadow")], "only files beside it"),
            (vec![("bin/x", LINK, "..")], "only files beside it"),
            (
                vec![("bin/a", FILE, "a"), ("bin/x", LINK, "nowhere")],
                "no file of the image",
            ),
            (
                vec![("bin/a", FILE, "a"), ("bin/x", LINK, "y"), ("bin/y", LINK, "x")],
                "no file of the image",
            ),
            (vec![("bin/x", tar::EntryType::Link, "/etc/shadow")], "hard link"),
            (vec![("bin/x", tar::EntryType::Char, "")], "device"),
            (vec![("bin/x", tar::EntryType::Fifo, "")], "named pipe"),
            (vec![("bin/.wh.a", FILE, "")], "whiteout"),
            (vec![("charts/a", FILE, "")], "no file in bin/"),
        ] {
            let (_folder, files) = extract(&[layer(&entries)]);
            let message = format!("{:#}", files.unwrap_err());
            assert!(message.contains(word), "{entries:?}: {message}");
        }
    }

    #[test]
    fn a_changed_or_missing_file_is_noticed() {
        let (folder, files) = extract(&[layer(&[("bin/a", FILE, "abc"), ("bin/b", FILE, "abc")])]);
        let files = files.unwrap();
        check(folder.path(), &files).unwrap();
        sync(folder.path(), &files).unwrap();
        fs_err::write(folder.path().join("bin/a"), "").unwrap();
        assert!(check(folder.path(), &files).is_err());
        fs_err::remove_file(folder.path().join("bin/a")).unwrap();
        assert!(check(folder.path(), &files).is_err());
    }
}
