//! How much a layer may unpack to. containerd itself unpacks without any limit, so what it is given is looked through
//! before: a small blob may hold more than the disk.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::super::archive::{self, Limits, decompress_layer};
use super::super::image::Layer;
use super::super::{background, disk};
use super::IMPORTS_AT_A_TIME;

/// Where containerd keeps blobs below its root.
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";
/// Several times the files of the largest images.
const MAX_ENTRIES: usize = 2_000_000;

/// What may be unpacked on the disk of `folder`: as many imports as run at a time share it.
pub(super) fn limits(folder: &Path) -> Result<Limits> {
    Ok(Limits {
        entries: MAX_ENTRIES,
        bytes: disk::require(folder, 0)? / u64::from(IMPORTS_AT_A_TIME),
    })
}

/// Fails if the layer, which is in the content store already, unpacks to more than it may.
pub(super) async fn measure(root: &Path, layer: &Layer) -> Result<()> {
    let (root, blob) = (root.to_owned(), root.join(BLOBS).join(layer.blob.digest.hex()));
    let measuring = background::run(move || -> Result<()> {
        let tar = decompress_layer(fs_err::File::open(blob)?)?;
        Ok(archive::measure(tar, limits(&root)?)?)
    });
    measuring
        .await?
        .with_context(|| format!("look through layer {}", layer.blob.digest))
}
