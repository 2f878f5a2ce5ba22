//! The runtime image: containerd, kubelet and their like, and the bundled charts.
//!
//! It is looked for among the folder's archives, then among what was unpacked before, then in its registry. Out
//! comes a folder `data/<tag>-<12 hex>/` with `bin/` and `charts/`, and the link `bin` to it. When the folder is
//! there already, nothing but the head of an archive is read.

mod extract;
mod unpacked;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use self::extract::Extraction;
use self::unpacked::Marker;
use super::archive::decompress;
use super::blobs::Blobs;
use super::digest::Digest;
use super::disk;
use super::reference::Reference;
use super::source::{Source, Sources};
use crate::layout::Layout;

/// An unpacked runtime image.
#[derive(Debug)]
pub(crate) struct Runtime {
    folder: PathBuf,
    marker: Marker,
}

impl Runtime {
    /// The digest of its manifest.
    #[cfg(test)]
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

/// Unpacks the runtime image `reference` unless it is there, and points the link to it.
pub(crate) async fn prepare(layout: &Layout, sources: &Sources, reference: &Reference) -> Result<Runtime> {
    let contents = layout.contents();
    if let Some(source) = sources.in_archives(reference).await? {
        return from_source(layout, source, reference).await;
    }
    // Without an archive, what an earlier start pulled is as good.
    let unpacked = unpacked::find(&contents, &reference.to_string(), linked(layout).as_deref());
    if let Some((folder, marker)) = unpacked {
        return link(layout, folder, marker);
    }
    let source = sources.in_registry(reference).await;
    from_source(
        layout,
        source.with_context(|| not_found(sources, reference))?,
        reference,
    )
    .await
}

async fn from_source(layout: &Layout, source: Source, reference: &Reference) -> Result<Runtime> {
    let target = layout
        .contents()
        .join(folder_name(reference, source.image().manifest));
    let marker = match unpacked::complete(&target) {
        Some(marker) => marker,
        None => unpack(&target, reference, &source)
            .await
            .with_context(|| format!("unpack the runtime image {reference} from {source}"))?,
    };
    link(layout, target, marker)
}

/// What to say when no way led to the image.
fn not_found(sources: &Sources, reference: &Reference) -> String {
    format!(
        "the runtime image {reference} is in no archive of {} and cannot be pulled: put the archive of this version \
         there (bowline-runtime.tar.zst), or make its registry reachable",
        sources.folder.path().display()
    )
}

async fn unpack(target: &Path, reference: &Reference, source: &Source) -> Result<Marker> {
    let contents = target.parent().context("the runtime's folder has no parent")?;
    let image = source.image();
    let unfinished = unpacked::begin(contents)?;
    disk::require(contents, image.layers_size())?;
    let mut extraction = Extraction::new(unfinished.path())?;
    // A layer changes what those below it brought, so their order is not the archive's but the image's.
    for layer in &image.layers {
        let mut blobs = source.blobs([(layer.blob.digest, layer.blob.size)].into());
        let extracting = tokio::task::spawn_blocking(move || {
            let extracted = extract_layer(&mut extraction, &mut blobs);
            (extraction, blobs, extracted)
        });
        let (back, blobs, extracted) = extracting.await.context("extract a layer")?;
        extraction = back;
        blobs.finish(extracted).await?;
    }
    let marker = Marker::unsealed(reference.to_string(), image.manifest, extraction.finish()?);
    unpacked::publish(unfinished, target, &marker)?;
    Ok(marker)
}

fn extract_layer(extraction: &mut Extraction, blobs: &mut Blobs) -> Result<()> {
    let Some(mut layer) = blobs.blocking_next() else {
        return Ok(());
    };
    extraction.add_layer(decompress(&mut layer)?)?;
    // What stands behind the end of the tar is verified too.
    std::io::copy(&mut layer, &mut std::io::sink())?;
    Ok(())
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
