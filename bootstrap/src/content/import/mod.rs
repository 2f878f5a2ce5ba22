//! Images go from archives and registries into containerd: content, snapshots and records, so that the CRI has them.
//!
//! [`Importer::ensure`] is what a start awaits for each image that it needs; what is there is only asked for.
//! [`Importer::import_rest`] takes in everything else that the folder of images holds or lists.

mod containerd;
mod direct;
mod labels;
mod measure;
mod torn;
mod unpack;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use self::containerd::Containerd;
use self::unpack::Snapshots;
use self::write::Blob;
use super::disk;
use super::folder::Found;
use super::image::Image;
use super::reference::Reference;
use super::source::{Source, Sources};

/// More at a time would only share the same processors and disk, and the first would come later.
const IMPORTS_AT_A_TIME: u8 = 2;

/// Brings images into one containerd.
#[derive(Debug)]
pub(crate) struct Importer {
    containerd: Containerd,
    /// containerd's root, to know how much room there is.
    root: PathBuf,
    sources: Sources,
    permits: Semaphore,
    /// One import of an image at a time, however many ask for it.
    under_way: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Held while a snapshot is written again.
    repairs: tokio::sync::Mutex<()>,
}

/// The containerd that images go to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    pub(crate) socket: &'a Path,
    /// Where it keeps content and snapshots.
    pub(crate) root: &'a Path,
    pub(crate) snapshotter: &'a str,
}

impl Importer {
    /// Nothing is opened yet, so containerd may start later.
    pub(crate) fn new(destination: Destination<'_>, sources: Sources) -> Self {
        let Destination {
            socket,
            root,
            snapshotter,
        } = destination;
        Self {
            containerd: Containerd::new(socket, snapshotter),
            root: root.to_owned(),
            sources,
            permits: Semaphore::new(IMPORTS_AT_A_TIME.into()),
            under_way: Mutex::default(),
            repairs: tokio::sync::Mutex::default(),
        }
    }

    /// Makes an image present and unpacked: from an archive, else as it is there already, else from its registry.
    ///
    /// Those who ask first are served first.
    pub(crate) async fn ensure(&self, reference: &Reference) -> Result<()> {
        let name = reference.to_string();
        let turn = self.turn(&name);
        let _turn = turn.lock().await;
        let _permit = self.permits.acquire().await.context("wait for other imports")?;
        self.ensure_now(reference)
            .await
            .with_context(|| format!("make image {name} present"))
    }

    /// Takes in what else the folder's archives hold and its lists name, but for `except`. What fails is reported
    /// and left out: nobody waits for it by name.
    pub(crate) async fn import_rest(&self, except: &Reference) -> Result<()> {
        let mut references = Vec::new();
        for found in self.all(except).await? {
            references.push(found.image.name.parse()?);
        }
        match self.sources.folder.listed() {
            Ok(listed) => references.extend(listed),
            Err(error) => warn!(error = %format_args!("{error:#}"), "list of images left out"),
        }
        let import = async |reference: Reference| {
            if let Err(error) = self.ensure(&reference).await {
                warn!(image = %reference, error = %format_args!("{error:#}"), "image left out");
            }
        };
        futures::stream::iter(references)
            .for_each_concurrent(usize::from(IMPORTS_AT_A_TIME), import)
            .await;
        Ok(())
    }

    async fn all(&self, except: &Reference) -> Result<Vec<Found>> {
        let folder = self.sources.folder.clone();
        let mut all = tokio::task::spawn_blocking(move || folder.all())
            .await
            .context("look through image archives")??;
        all.retain(|found| found.image.name != except.to_string());
        Ok(all)
    }

    /// Syncs what was unpacked, and puts the layers into the content store that were unpacked without it, so that
    /// images can be exported, too. No pod waits for that: meant for when the node has come to rest.
    pub(crate) async fn complete(&self, except: &Reference) -> Result<()> {
        let all = self.all(except).await?;
        let images: Vec<Image> = all.iter().map(|found| found.image.clone()).collect();
        torn::sync(&self.containerd, &self.root, &images).await?;
        for found in all {
            let name = found.image.name.clone();
            self.complete_image(found)
                .await
                .with_context(|| format!("store the layers of {name}"))?;
        }
        Ok(())
    }

    async fn complete_image(&self, found: Found) -> Result<()> {
        let mut missing = Vec::new();
        for layer in &found.image.layers {
            if !self.containerd.has_content(layer.blob.digest).await? {
                missing.push(layer.clone());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let _permit = self.permits.acquire().await.context("wait for imports")?;
        // The manifest refers to the layers already, so no lease is needed.
        self.containerd
            .write_layers(&Source::Archive(found), &missing)
            .await
    }

    fn turn(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.entry(name.to_owned()).or_default().clone()
    }

    async fn ensure_now(&self, reference: &Reference) -> Result<()> {
        if let Some(source) = self.sources.in_archives(reference).await? {
            return self.ensure_from(&source).await;
        }
        if self
            .containerd
            .image_target(&reference.to_string())
            .await?
            .is_some()
        {
            return Ok(());
        }
        let source = self.sources.in_registry(reference).await?;
        self.ensure_from(&source).await
    }

    async fn ensure_from(&self, source: &Source) -> Result<()> {
        let image = source.image();
        let mut snapshots = unpack::inspect(&self.containerd, image).await?;
        if let (Snapshots::Torn, Source::Archive(found)) = (snapshots, source) {
            // Images share layers: one repair at a time, and none of what another one has repaired.
            let _alone = self.repairs.lock().await;
            snapshots = unpack::inspect(&self.containerd, image).await?;
            if snapshots == Snapshots::Torn {
                torn::repair(&self.containerd, found).await?;
            }
        }
        let is_current = self.containerd.image_target(&image.name).await? == Some(image.target.digest);
        if is_current && snapshots != Snapshots::Missing {
            return Ok(());
        }
        let begun = std::time::Instant::now();
        // The root may not be there before containerd first wrote to it.
        if self.root.exists() {
            disk::require(&self.root, image.layers_size())?;
        }
        let leased = self.containerd.leased().await?;
        let imported = import(&leased, source, &self.root)
            .await
            .with_context(|| format!("take it from {source}"));
        // What failed may have left much: containerd itself would take its time to remove it.
        let released = leased.release(imported.is_err()).await;
        imported?;
        released?;
        info!(image = %image.name, ms = begun.elapsed().as_millis(), "image imported");
        Ok(())
    }
}

async fn import(containerd: &Containerd, source: &Source, root: &Path) -> Result<()> {
    let image = source.image();
    tokio::try_join!(
        write_documents(containerd, image),
        unpack::unpack(containerd, source, root)
    )?;
    // The CRI looks an image up by its ID, then by its name.
    let id = image.config().descriptor.digest.to_string();
    containerd.put_image(&id, &image.target).await?;
    containerd.put_image(&image.name, &image.target).await
}

async fn write_documents(containerd: &Containerd, image: &Image) -> Result<()> {
    let snapshot_reference = containerd.snapshot_reference();
    let writes = image.documents.iter().map(|document| {
        let blob = Blob {
            digest: document.descriptor.digest,
            size: document.descriptor.size,
            labels: labels::labels(image, document, &snapshot_reference),
        };
        async move { containerd.write_bytes(&blob, &document.bytes).await }
    });
    futures::future::try_join_all(writes).await.map(drop)
}

#[cfg(test)]
mod tests;
