//! Unpacks a plain lowest layer straight into its snapshot, in one pass from the archive: decompressed, hashed and
//! written on two threads. containerd would write the blob to disk, read it again and need four times the processor.
//!
//! Plain means files, directories and symbolic links without extended attributes, each named once; whatever else
//! there is, hard links, devices or whiteouts, is [`NotPlain`] and left to containerd. Any other error is the end.

use std::collections::BTreeSet;
use std::fs::{FileTimes, OpenOptions, Permissions};
use std::io::{self, Read, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt as _, fchown, lchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use containerd_client::types::Mount;

use super::super::archive::{Attributes, Entry, Kind, Limits, Refused, decompress_layer, walk};
use super::super::background;
use super::super::blobs::Blobs;
use super::super::digest::{Digest, Hasher};
use super::super::disk;
use super::super::folder::Found;
use super::super::image::Layer;
use super::measure;

const BUFFER: usize = 1 << 18;
/// The names of all directories are held in memory.
const MAX_ENTRIES: usize = 200_000;

/// There is nothing wrong with the layer, but only containerd can unpack it.
#[derive(Debug, thiserror::Error)]
#[error("it is not plain: {0}")]
pub(super) struct NotPlain(String);

/// The folder that a snapshot without a parent is, if that is how the snapshotter keeps it.
pub(super) fn folder(mounts: &[Mount]) -> Result<&Path, NotPlain> {
    match mounts {
        [Mount { r#type, source, .. }] if r#type == "bind" => Ok(Path::new(source)),
        _ => Err(NotPlain("the snapshot is no folder".to_owned())),
    }
}

/// Unpacks the layer into `folder`. After an error the folder has to be thrown away.
pub(super) async fn unpack(found: &Found, layer: &Layer, folder: &Path) -> Result<()> {
    let mut blobs = Blobs::of_archive(found, [(layer.blob.digest, layer.blob.size)].into());
    let (folder, diff_id) = (folder.to_owned(), layer.diff_id);
    let unpacking = background::run(move || {
        let unpacked = receive(&mut blobs, &folder, diff_id);
        (blobs, unpacked)
    });
    let (blobs, unpacked) = unpacking.await.context("unpack a layer")?;
    blobs.finish(unpacked).await
}

fn receive(blobs: &mut Blobs, folder: &Path, diff_id: Digest) -> Result<()> {
    let mut blob = blobs.blocking_next().context("the layer did not come")?;
    let limits = Limits {
        entries: MAX_ENTRIES,
        ..measure::limits(folder)?
    };
    let found = unpack_tar(decompress_layer(&mut blob)?, folder, limits)?;
    ensure!(
        found == diff_id,
        "the layer unpacks to {found}, its config says {diff_id}"
    );
    // What stands behind the end of the tar is verified too.
    Ok(io::copy(&mut blob, &mut io::sink()).map(drop)?)
}

/// Returns the digest of the tar.
fn unpack_tar(tar: impl Read, folder: &Path, limits: Limits) -> Result<Digest> {
    let mut tar = Hashing {
        inner: tar,
        hasher: Hasher::default(),
    };
    let mut tree = Tree::new(folder);
    walk(&mut tar, limits, |entry| {
        tree.add(entry)?;
        Ok::<_, anyhow::Error>(ControlFlow::Continue(()))
    })
    .map_err(leave_to_containerd)?;
    tree.finish()?;
    // What stands behind the tar's end belongs to its digest: it fills no disk, but could take hours.
    let rest = io::copy(&mut Read::take(&mut tar, limits.bytes), &mut io::sink())?;
    ensure!(rest < limits.bytes, Refused::TooLarge(limits.bytes));
    Ok(tar.hasher.finish())
}

/// What is refused here but is nothing evil in a layer: containerd unpacks it below its root all the same.
fn leave_to_containerd(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(refused @ (Refused::Name(_) | Refused::Type { .. } | Refused::TooMany(_))) => {
            NotPlain(refused.to_string()).into()
        }
        _ => error,
    }
}

/// The layer means to replace what it wrote before, or to write through a link.
fn named_twice(name: &str) -> impl FnOnce(io::Error) -> anyhow::Error {
    move |error| match error.kind() {
        io::ErrorKind::AlreadyExists => NotPlain(format!("{name} comes twice")).into(),
        _ => error.into(),
    }
}

struct Hashing<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// Writes entries below a folder that was empty and that nobody else writes to.
struct Tree {
    root: PathBuf,
    /// Directories that were made here: nothing is ever written below anything else, so no link is followed.
    directories: BTreeSet<String>,
    /// Attributes of directories, which writing into them changes.
    pending: Vec<(PathBuf, Attributes)>,
    buffer: Vec<u8>,
}

impl Tree {
    fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            directories: [String::new()].into(),
            pending: Vec::new(),
            buffer: vec![0; BUFFER],
        }
    }

    fn add(&mut self, entry: Entry<'_>) -> Result<()> {
        let Entry {
            name,
            kind,
            attributes,
            content,
            ..
        } = entry;
        ensure!(
            !attributes.extended,
            NotPlain(format!("{name} has extended attributes"))
        );
        let (parent, file) = name.rsplit_once('/').unwrap_or(("", &name));
        ensure!(
            !file.starts_with(".wh."),
            NotPlain(format!("{name} is a whiteout"))
        );
        let path = self.root.join(&name);
        if kind == Kind::Directory {
            self.make_directories(&name)?;
            self.pending.push((path, attributes));
            return Ok(());
        }
        self.make_directories(parent)?;
        match kind {
            Kind::File => self.write(content, &name, attributes),
            Kind::Link(target) => {
                fs_err::os::unix::fs::symlink(target, &path).map_err(named_twice(&name))?;
                lchown(&path, Some(attributes.uid), Some(attributes.gid))
                    .with_context(|| format!("change the owner of {name}"))
            }
            Kind::Directory => Ok(()),
        }
    }

    /// Fails on anything that is there and was not made here, links above all.
    fn make_directories(&mut self, name: &str) -> Result<()> {
        if self.directories.contains(name) {
            return Ok(());
        }
        if let Some((parent, _)) = name.rsplit_once('/') {
            self.make_directories(parent)?;
        }
        fs_err::create_dir(self.root.join(name)).map_err(named_twice(name))?;
        self.directories.insert(name.to_owned());
        Ok(())
    }

    fn write(&mut self, content: &mut dyn Read, name: &str, attributes: Attributes) -> Result<()> {
        let path = self.root.join(name);
        let task = || format!("write {}", path.display());
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.map_err(named_twice(name)).with_context(task)?;
        loop {
            let count = content.read(&mut self.buffer)?;
            if count == 0 {
                break;
            }
            let written = file.write_all(&self.buffer[..count]);
            written
                .map_err(|error| disk::explain(error, &self.root, count as u64))
                .with_context(task)?;
        }
        set(&file, attributes).with_context(task)
    }

    /// Sets what writing into directories would have changed, the deepest first.
    fn finish(self) -> Result<()> {
        for (path, attributes) in self.pending.into_iter().rev() {
            let directory = fs_err::File::open(&path)?.into_file();
            set(&directory, attributes).with_context(|| format!("set the mode of {}", path.display()))?;
        }
        Ok(())
    }
}

/// The owner comes first: changing it takes setuid away.
fn set(file: &std::fs::File, attributes: Attributes) -> io::Result<()> {
    fchown(file, Some(attributes.uid), Some(attributes.gid))?;
    file.set_permissions(Permissions::from_mode(attributes.mode & 0o7777))?;
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(attributes.modified);
    file.set_times(FileTimes::new().set_modified(modified).set_accessed(modified))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use tar::{Builder, EntryType, Header};

    use super::*;

    fn header(kind: EntryType, size: usize) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o4751);
        header.set_uid(nix::unistd::getuid().as_raw().into());
        header.set_gid(nix::unistd::getgid().as_raw().into());
        header.set_mtime(1_000_000_000);
        header
    }

    fn layer(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, content) in entries {
            if kind.is_symlink() {
                builder.append_link(&mut header(*kind, 0), name, content).unwrap();
            } else {
                builder
                    .append_data(&mut header(*kind, content.len()), name, content.as_bytes())
                    .unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn unpack_tar(tar: &[u8], folder: &Path) -> Result<Digest> {
        let limits = Limits {
            entries: 10,
            bytes: 1 << 20,
        };
        super::unpack_tar(tar, folder, limits)
    }

    #[test]
    fn what_is_too_large_is_refused_even_behind_the_end() {
        let file = "x".repeat(2 << 20);
        let mut trailing = layer(&[("a", FILE, "")]);
        trailing.resize(2 << 20, 0);
        for tar in [layer(&[("a", FILE, &file)]), trailing] {
            let folder = tempfile::tempdir().unwrap();
            let error = unpack_tar(&tar, folder.path()).unwrap_err();
            assert!(error.to_string().contains("unpacks to more"), "{error:#}");
            assert!(!error.is::<NotPlain>());
        }
    }

    const FILE: EntryType = EntryType::Regular;
    const LINK: EntryType = EntryType::Symlink;

    #[test]
    fn a_plain_layer_comes_out_with_its_modes_and_times() {
        let folder = tempfile::tempdir().unwrap();
        let tar = layer(&[
            ("usr/", EntryType::Directory, ""),
            ("usr/bin/su", FILE, "su"),
            ("bin", LINK, "usr/bin"),
        ]);
        assert_eq!(unpack_tar(&tar[..], folder.path()).unwrap(), Digest::of(&tar));
        for name in ["usr", "usr/bin/su"] {
            let found = fs_err::metadata(folder.path().join(name)).unwrap();
            assert_eq!(
                (found.mode() & 0o7777, found.mtime()),
                (0o4751, 1_000_000_000),
                "{name}"
            );
        }
        assert_eq!(
            fs_err::read_to_string(folder.path().join("bin/su")).unwrap(),
            "su"
        );
    }

    #[test]
    fn what_is_not_plain_is_left_to_containerd() {
        for entries in [
            vec![("a", FILE, ""), ("b", EntryType::Link, "a")],
            vec![("a", EntryType::Char, "")],
            vec![("etc/.wh.passwd", FILE, "")],
            vec![("a", FILE, "1"), ("a", FILE, "2")],
            vec![("a", FILE, ""), ("a/b", FILE, "")],
        ] {
            let folder = tempfile::tempdir().unwrap();
            let error = unpack_tar(&layer(&entries)[..], folder.path()).unwrap_err();
            assert!(error.is::<NotPlain>(), "{entries:?}: {error:#}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_layer_is_no_matter_for_containerd() {
        let tar = layer(&[("a", FILE, "content")]);
        let folder = tempfile::tempdir().unwrap();
        let cut = unpack_tar(&tar[..515], folder.path()).unwrap_err();
        assert!(!cut.is::<NotPlain>(), "{cut:#}");
        for refused in [Refused::TooLarge(1), Refused::Headers, Refused::Truncated] {
            assert!(!leave_to_containerd(refused.into()).is::<NotPlain>());
        }
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().to_str().unwrap();
        for entries in [
            vec![("etc", LINK, target), ("etc/passwd", FILE, "root")],
            vec![("etc", LINK, target), ("etc/x/passwd", FILE, "root")],
            vec![("etc", LINK, target), ("etc", EntryType::Directory, "")],
            vec![("passwd", LINK, "../../escaped"), ("passwd", FILE, "root")],
        ] {
            let folder = tempfile::tempdir().unwrap();
            assert!(
                unpack_tar(&layer(&entries)[..], folder.path()).is_err(),
                "{entries:?}"
            );
        }
        assert_eq!(fs_err::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn extended_attributes_are_noticed() {
        let mut builder = Builder::new(Vec::new());
        builder
            .append_pax_extensions([("SCHILY.xattr.security.capability", &b"x"[..])])
            .unwrap();
        builder
            .append_data(&mut header(FILE, 0), "ping", io::empty())
            .unwrap();
        let tar = builder.into_inner().unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(
            unpack_tar(&tar[..], folder.path())
                .unwrap_err()
                .to_string()
                .contains("extended attributes")
        );
    }

    #[test]
    fn only_a_bind_mount_is_a_folder() {
        let mount = |kind: &str| Mount {
            r#type: kind.to_owned(),
            source: "/s".to_owned(),
            ..Mount::default()
        };
        assert_eq!(folder(&[mount("bind")]).unwrap(), Path::new("/s"));
        assert!(folder(&[mount("overlay")]).is_err());
        assert!(folder(&[]).is_err());
    }
}
