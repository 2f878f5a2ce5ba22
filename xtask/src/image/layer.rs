//! One layer: a tar of a tree, compressed with zstd, hashed on both sides of the compression.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::frames::{FrameWriter, Frames};
use super::tree::{Node, Tree};
use crate::digest::{Key, Sum};

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) blob: PathBuf,
    /// What the compressed blob is.
    pub(crate) compressed: Sum,
    /// sha256 of the tar in it.
    pub(crate) diff_id: String,
}

pub(crate) fn write(tree: &Tree, epoch: u64, blob: &Path, frames: &Frames) -> Result<Layer> {
    let mut archive = tar::Builder::new(FrameWriter::create(blob)?);
    for (path, node) in tree.nodes() {
        let writer = archive.get_mut();
        match frame(path, node, epoch) {
            Some(key) => writer.begin(&key, frames)?,
            None => writer.end_of_known()?,
        }
        append(&mut archive, path, node, epoch).with_context(|| format!("put {path} into a layer"))?;
    }
    archive.get_mut().end_of_known()?;
    let (compressed, plain) = archive.into_inner().context("end a layer")?.finish()?;
    Ok(Layer {
        blob: blob.to_path_buf(),
        compressed,
        diff_id: plain.hex,
    })
}

/// What decides every byte of an entry, for those whose content has a name.
fn frame(path: &str, node: &Node, epoch: u64) -> Option<Key> {
    let Node::File {
        identity: Some(identity),
        mode,
        ..
    } = node
    else {
        return None;
    };
    let mut key = Key::default();
    key.add("path", path.as_bytes())
        .add("content", identity.as_bytes());
    key.add("mode", &mode.to_le_bytes())
        .add("epoch", &epoch.to_le_bytes());
    Some(key)
}

/// A plain tar of `tree` in memory, for small trees.
pub(crate) fn tar_of(tree: &Tree, epoch: u64) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, node) in tree.nodes() {
        append(&mut archive, path, node, epoch).with_context(|| format!("put {path} into an archive"))?;
    }
    archive.into_inner().context("end an archive")
}

fn append(archive: &mut tar::Builder<impl Write>, path: &str, node: &Node, epoch: u64) -> Result<()> {
    match node {
        Node::Directory { mode } => {
            let mut header = header(tar::EntryType::Directory, *mode, epoch);
            archive.append_data(&mut header, format!("{path}/"), std::io::empty())?;
        }
        Node::Text { content, mode } => {
            let mut header = header(tar::EntryType::Regular, *mode, epoch);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, path, content.as_slice())?;
        }
        Node::File { source, mode, .. } => {
            let file = fs_err::File::open(source)?;
            let mut header = header(tar::EntryType::Regular, *mode, epoch);
            header.set_size(file.metadata()?.len());
            archive.append_data(&mut header, path, file)?;
        }
        Node::Link { target } => {
            archive.append_link(&mut header(tar::EntryType::Symlink, 0o777, epoch), path, target)?;
        }
    }
    Ok(())
}

/// Owner, group and date are the same everywhere.
pub(super) fn header(kind: tar::EntryType, mode: u32, epoch: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(epoch);
    header.set_size(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.directory("/tmp", 0o1777);
        tree.text("/etc/passwd", "root:x:0:0::/:\n");
        tree
    }

    #[test]
    fn the_same_tree_gives_the_same_layer_twice() {
        let directory = tempfile::tempdir().unwrap();
        let first = write(&tree(), 7, &directory.path().join("a"), &Frames::default()).unwrap();
        let second = write(&tree(), 7, &directory.path().join("b"), &Frames::default()).unwrap();
        assert_eq!(first.compressed, second.compressed);
        assert_eq!(first.diff_id, second.diff_id);
        let later = write(&tree(), 8, &directory.path().join("c"), &Frames::default()).unwrap();
        assert_ne!(first.diff_id, later.diff_id);
    }

    #[test]
    fn a_layer_reads_back_as_its_tree() {
        let directory = tempfile::tempdir().unwrap();
        let layer = write(&tree(), 7, &directory.path().join("a"), &Frames::default()).unwrap();
        let plain = zstd::decode_all(fs_err::File::open(&layer.blob).unwrap()).unwrap();
        assert_eq!(crate::digest::of_bytes(&plain), layer.diff_id);
        let mut archive = tar::Archive::new(plain.as_slice());
        let entries: Vec<(String, u32, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let path = entry.path().unwrap().display().to_string();
                (path, header.mode().unwrap(), header.mtime().unwrap())
            })
            .collect();
        let expected = [("etc/", 0o755, 7), ("etc/passwd", 0o644, 7), ("tmp/", 0o1777, 7)];
        assert_eq!(
            entries,
            expected.map(|(path, mode, time)| (path.to_owned(), mode, time))
        );
    }
}
