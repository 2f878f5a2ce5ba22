//! Images go from archives and registries into containerd: content, snapshots and records, so that the CRI has them.
//!
//! [`Importer::ensure`] is what a start awaits for each image that it needs; what is there is only asked for.
//! [`Importer::import_rest`] takes in everything else that the folder of images holds or lists.

mod containerd;
mod labels;
mod unpack;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::sync::{OnceCell, Semaphore};
use tracing::{info, warn};

use self::containerd::Containerd;
use self::write::Blob;
use super::blobs::{Blobs, Wanted};
use super::disk;
use super::image::Image;
use super::reference::Reference;
use super::source::{Source, Sources};

/// More at a time would only share the same processors and disk, and the first would come later.
const IMPORTS_AT_A_TIME: usize = 2;

/// Brings images into one containerd.
#[derive(Debug)]
pub(crate) struct Importer {
    containerd: Containerd,
    /// containerd's root, to know how much room there is.
    root: PathBuf,
    sources: Sources,
    lease: OnceCell<()>,
    permits: Semaphore,
    /// One import of an image at a time, however many ask for it.
    under_way: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
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
    pub(crate) fn new(destination: Destination<'_>, sources: Sources) -> Result<Self> {
        let Destination {
            socket,
            root,
            snapshotter,
        } = destination;
        Ok(Self {
            containerd: Containerd::new(socket, snapshotter)?,
            root: root.to_owned(),
            sources,
            lease: OnceCell::new(),
            permits: Semaphore::new(IMPORTS_AT_A_TIME),
            under_way: Mutex::default(),
        })
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
        let folder = self.sources.folder.clone();
        let found = tokio::task::spawn_blocking(move || folder.all())
            .await
            .context("look through image archives")?;
        for found in found
            .into_iter()
            .filter(|found| found.image.name != except.to_string())
        {
            let reference: Reference = found.image.name.parse()?;
            report(&reference, self.ensure(&reference).await);
        }
        match self.sources.folder.listed() {
            Ok(listed) => {
                for reference in listed {
                    report(&reference, self.ensure(&reference).await);
                }
            }
            Err(error) => warn!(error = %format_args!("{error:#}"), "list of images left out"),
        }
        self.finish().await
    }

    /// Lets containerd collect what no image refers to.
    pub(crate) async fn finish(&self) -> Result<()> {
        match self.lease.get() {
            Some(()) => self.containerd.delete_lease().await,
            None => Ok(()),
        }
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
        let is_current = self.containerd.image_target(&image.name).await? == Some(image.target.digest);
        if is_current && unpack::is_unpacked(&self.containerd, image).await? {
            return Ok(());
        }
        let begun = std::time::Instant::now();
        self.lease
            .get_or_try_init(|| self.containerd.create_lease())
            .await?;
        // The root may not be there before containerd first wrote to it.
        if self.root.exists() {
            disk::require(&self.root, image.layers_size())?;
        }
        tokio::try_join!(self.write_documents(image), self.write_layers(source))?;
        unpack::unpack(&self.containerd, image).await?;
        // The CRI looks an image up by its ID, then by its name.
        let id = image.config().descriptor.digest.to_string();
        self.containerd.put_image(&id, &image.target).await?;
        self.containerd.put_image(&image.name, &image.target).await?;
        info!(image = %image.name, ms = begun.elapsed().as_millis(), "image imported");
        Ok(())
    }

    async fn write_documents(&self, image: &Image) -> Result<()> {
        let snapshot_reference = self.containerd.snapshot_reference();
        let writes = image.documents.iter().map(|document| {
            let blob = Blob {
                digest: document.descriptor.digest,
                size: document.descriptor.size,
                labels: labels::labels(image, document, &snapshot_reference),
            };
            async move { self.containerd.write_bytes(&blob, &document.bytes).await }
        });
        futures::future::try_join_all(writes).await.map(drop)
    }

    async fn write_layers(&self, source: &Source) -> Result<()> {
        let wanted = source.image().blobs();
        let mut blobs = source.blobs(wanted.clone());
        let written = self.write_all(&mut blobs, &wanted).await;
        blobs.finish(written).await
    }

    async fn write_all(&self, blobs: &mut Blobs, wanted: &Wanted) -> Result<()> {
        while let Some(incoming) = blobs.next().await {
            let digest = incoming.digest;
            let size = wanted
                .get(&digest)
                .copied()
                .context("a blob came that was not asked for")?;
            let blob = Blob {
                digest,
                size,
                labels: containerd::Labels::new(),
            };
            self.containerd.write_incoming(&blob, incoming).await?;
        }
        Ok(())
    }
}

fn report(reference: &Reference, result: Result<()>) {
    if let Err(error) = result {
        warn!(image = %reference, error = %format_args!("{error:#}"), "image left out");
    }
}

#[cfg(test)]
mod tests;
