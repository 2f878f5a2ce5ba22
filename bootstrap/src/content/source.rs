//! Where an image comes from: an archive of the folder, or its registry.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::blobs::{Blobs, Wanted};
use super::folder::{Folder, Found};
use super::image::Image;
use super::reference::Reference;
use super::registry::{Client, Pulled};

/// All places where images are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) folder: Arc<Folder>,
    pub(crate) registry: Arc<Client>,
}

/// An image, and the place that its layers can be had from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Archive(Found),
    Registry(Arc<Client>, Pulled),
}

impl Sources {
    /// The image from an archive, if one holds it.
    pub(crate) async fn in_archives(&self, reference: &Reference) -> Result<Option<Source>> {
        let (folder, reference) = (self.folder.clone(), reference.clone());
        let found = tokio::task::spawn_blocking(move || folder.find(&reference)).await;
        Ok(found
            .context("look through image archives")??
            .map(Source::Archive))
    }

    /// The image from its registry.
    pub(crate) async fn in_registry(&self, reference: &Reference) -> Result<Source> {
        let pulled = self.registry.image(reference).await?;
        Ok(Source::Registry(self.registry.clone(), pulled))
    }
}

/// Which archive or registry it is, for messages about what came from there.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(found) => write!(f, "archive {}", found.archive.path().display()),
            Self::Registry(_, pulled) => write!(f, "registry {}", pulled.host()),
        }
    }
}

impl Source {
    /// All that is known before the layers are read.
    pub(crate) fn image(&self) -> &Image {
        match self {
            Self::Archive(found) => &found.image,
            Self::Registry(_, pulled) => &pulled.image,
        }
    }

    /// Starts to read layers.
    pub(crate) fn blobs(&self, wanted: Wanted) -> Blobs {
        match self {
            Self::Archive(found) => Blobs::of_archive(found, wanted),
            Self::Registry(client, pulled) => client.blobs(pulled, wanted),
        }
    }
}
