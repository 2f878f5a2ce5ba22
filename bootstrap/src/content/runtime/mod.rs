//! The runtime image: containerd, kubelet and their like, and the bundled charts.
//!
//! It is looked for among the folder's archives, then among what was unpacked before, then in its registry. Out
//! comes a folder `data/<tag>-<12 hex>/` with `bin/` and `charts/`, and the link `bin` to it. When the folder is
//! there already, nothing but the head of an archive is read.

mod extract;
mod pipeline;
mod unpacked;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use self::extract::{Extraction, Files};
use self::unpacked::Marker;
use super::digest::Digest;
use super::disk;
use super::folder::{Folder, Found};
use super::image::Image;
use super::reference::Reference;
use crate::layout::Layout;

/// An unpacked runtime image.
#[derive(Debug)]
pub(crate) struct Runtime {
    folder: PathBuf,
    marker: Marker,
}

impl Runtime {
    /// The digest of its manifest.
    pub(crate) fn digest(&self) -> Digest {
        self.marker.digest
    }

    /// The folder of the bundled charts, one file each.
    pub(crate) fn charts(&self) -> PathBuf {
        self.folder.join("charts")
    }

    /// Makes it safe against a power cut and removes what no one uses any more. Blocks; meant to run beside the
    /// start. If it never ran, a start after a reboot unpacks the image again.
    pub(crate) fn settle(&self) -> Result<()> {
        if !self.marker.is_sealed() {
            unpacked::seal(&self.folder, &self.marker)?;
        }
        let contents = self
            .folder
            .parent()
            .context("the runtime's folder has no parent")?;
        unpacked::prune(contents, &self.folder, &unpacked::running_programs())
    }
}

/// Unpacks the runtime image `reference` unless it is there, from an archive of `folder`. Blocks.
///
/// `None` means that no archive holds it and that it was never unpacked.
pub(crate) fn from_folder(
    layout: &Layout,
    folder: &Folder,
    reference: &Reference,
) -> Result<Option<Runtime>> {
    let contents = layout.contents();
    if let Some(Found {
        archive,
        listing,
        image,
    }) = folder.find(reference)?
    {
        let target = contents.join(folder_name(reference, image.manifest));
        let marker = match unpacked::complete(&target) {
            Some(marker) => marker,
            None => unpack(&target, reference, &image, |extraction| {
                let wanted = image
                    .layers
                    .iter()
                    .map(|layer| (layer.blob.digest, layer.blob.size))
                    .collect();
                pipeline::run(extraction, |layers| {
                    archive.read_blobs(&listing, wanted, |_, content| layers.send(content))
                })
            })?,
        };
        return link(layout, target, marker).map(Some);
    }
    let in_use = linked(layout);
    match unpacked::find(&contents, &reference.to_string(), in_use.as_deref()) {
        Some((target, marker)) => link(layout, target, marker).map(Some),
        None => Ok(None),
    }
}

/// What to say when no way led to the image.
pub(crate) fn not_found(folder: &Folder, reference: &Reference) -> String {
    format!(
        "the runtime image {reference} is in no archive of {} and could not be pulled: put the archive of this \
         version there (bowline-runtime.tar.zst), or make its registry reachable",
        folder.path().display()
    )
}

fn unpack(
    target: &Path,
    reference: &Reference,
    image: &Image,
    fill: impl FnOnce(&mut Extraction) -> Result<()>,
) -> Result<Marker> {
    let contents = target.parent().context("the runtime's folder has no parent")?;
    let unfinished = unpacked::begin(contents)?;
    disk::require(contents, image.layers_size())?;
    let mut extraction = Extraction::new(unfinished.path())?;
    let filled = fill(&mut extraction).and_then(|()| extraction.finish());
    let files: Files = filled.with_context(|| format!("unpack the runtime image {reference}"))?;
    let marker = Marker::unsealed(reference.to_string(), image.manifest, files);
    unpacked::publish(unfinished, target, &marker)?;
    Ok(marker)
}

fn link(layout: &Layout, folder: PathBuf, marker: Marker) -> Result<Runtime> {
    unpacked::link(&layout.bin(), &folder)?;
    Ok(Runtime { folder, marker })
}

/// The folder that the link to the programs leads to now.
fn linked(layout: &Layout) -> Option<String> {
    let target = fs_err::read_link(layout.bin()).ok()?;
    Some(target.parent()?.file_name()?.to_str()?.to_owned())
}

/// The tag for people, the digest for certainty.
fn folder_name(reference: &Reference, manifest: Digest) -> String {
    format!(
        "{}-{}",
        reference.tag.as_deref().unwrap_or("runtime"),
        &manifest.hex()[..12]
    )
}

#[cfg(test)]
mod tests;
