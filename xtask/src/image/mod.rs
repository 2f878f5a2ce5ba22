//! OCI images without a container engine: trees of files become layers, layers an image, an image one archive.
//!
//! The same input gives the same bytes: entries are sorted, owned by root and dated by `SOURCE_DATE_EPOCH`.

mod archive;
mod frames;
mod layer;
mod manifest;
mod tree;

use std::path::Path;

use anyhow::{Context, Result};

pub(crate) use frames::Frames;
pub(crate) use layer::{Layer, tar_of};
pub(crate) use manifest::{Settings, created};
pub(crate) use tree::Tree;

/// What a written image is called by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// `sha256:…` of the manifest.
    pub(crate) manifest: String,
    /// sha256 of the archive file.
    pub(crate) archive: String,
}

/// Seconds since 1970 that every entry and image is dated with.
pub(crate) fn epoch() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH={text}: expected seconds since 1970")),
        Err(_) => Ok(0),
    }
}

/// Writes the image made of `trees`, the lowest first, as one archive at `path`.
pub(crate) fn write(settings: &Settings, trees: &[Tree], frames: &Frames, path: &Path) -> Result<Written> {
    let parent = path.parent().context("find the directory of an archive")?;
    let work = tempfile::tempdir_in(parent)?;
    let mut layers = Vec::with_capacity(trees.len());
    for (index, tree) in trees.iter().enumerate() {
        layers.push(layer::write(
            tree,
            settings.epoch,
            &work.path().join(index.to_string()),
            frames,
        )?);
    }
    let documents = manifest::documents(settings, &layers)?;
    let archive = archive::write(&documents, &layers, settings.epoch, path)?;
    Ok(Written {
        manifest: format!("sha256:{}", documents.manifest.digest),
        archive,
    })
}
