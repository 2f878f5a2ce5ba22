//! Image archives: OCI image layouts and `docker save` files in a tar, plain or compressed.
//!
//! [`Archive::list`] tells which images a file holds; for an archive whose `index.json`, manifests and configs
//! come first, it reads no further than these. [`Archive::read_blobs`] then streams what is wanted, verified.

mod compression;
mod docker;
mod entries;
mod listing;

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::blobs::Wanted;
use super::digest::{Digest, Verified};
use super::image::Image;

pub(crate) use compression::{decompress, decompress_layer};
pub(crate) use entries::{Attributes, Entry, Kind, Limits, Refused, measure, walk};

const LIMITS: Limits = Limits {
    entries: 20_000,
    bytes: 256 << 30,
};
/// How the names of image archives end.
const SUFFIXES: [&str; 9] = [
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz", ".tar.lz4", ".tar.bz",
];

/// An image archive on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archive {
    path: PathBuf,
}

/// What an archive holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) images: Vec<Image>,
    /// Images that cannot be imported, because the archive names them not at all.
    pub(crate) unnamed: usize,
    /// By name, as far as the archive was read.
    files: HashMap<String, Digest>,
}

impl Archive {
    /// The archive at `path`; nothing is read yet.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Whether a file of this name is taken for an archive. Hidden files never are.
    pub(crate) fn is_named_like_one(name: &str) -> bool {
        !name.starts_with('.') && SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The images in it.
    pub(crate) fn list(&self) -> Result<Listing> {
        self.open()
            .and_then(|tar| listing::list(tar, LIMITS))
            .with_context(|| format!("read image archive {}", self.path.display()))
    }

    /// Calls `visit` with each wanted blob, in the order of the archive.
    ///
    /// The reader fails if the content is not what digest and size say; what `visit` leaves unread is verified too.
    pub(crate) fn read_blobs(
        &self,
        listing: &Listing,
        wanted: Wanted,
        visit: impl FnMut(Digest, &mut dyn Read) -> Result<()>,
    ) -> Result<()> {
        self.open()
            .and_then(|tar| read_blobs(tar, listing, wanted, visit))
            .with_context(|| format!("read image archive {}", self.path.display()))
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        // A pipe or a device here would block or never end.
        ensure!(
            fs_err::metadata(&self.path)?.is_file(),
            "it is not a regular file"
        );
        Ok(decompress(fs_err::File::open(&self.path)?)?)
    }
}

fn read_blobs(
    tar: impl Read,
    listing: &Listing,
    mut wanted: Wanted,
    mut visit: impl FnMut(Digest, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    walk(tar, LIMITS, |entry| {
        let digest = blob_digest(&entry.name).or_else(|| listing.files.get(&entry.name).copied());
        if let (Kind::File, Some(digest)) = (&entry.kind, digest)
            && let Some(size) = wanted.remove(&digest)
        {
            ensure!(
                entry.size == size,
                "the entry {} has {} bytes, its descriptor says {size}: the archive was tampered with",
                entry.name,
                entry.size
            );
            let mut verified = Verified::new(entry.content, digest, size);
            visit(digest, &mut verified)?;
            verified.finish()?;
        }
        Ok::<_, anyhow::Error>(if wanted.is_empty() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    if let Some(digest) = wanted.keys().next() {
        bail!("the archive lacks the blob {digest} that its manifest names: it is truncated or incomplete");
    }
    Ok(())
}

/// The digest that an entry of an image layout is named by.
fn blob_digest(name: &str) -> Option<Digest> {
    name.strip_prefix("blobs/sha256/").and_then(Digest::from_hex)
}

#[cfg(test)]
pub(super) mod tests;
