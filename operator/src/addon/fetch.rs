//! A file as it is now, and the Addon that stands for it.

use anyhow::{Context as _, Result, ensure};
use bowline_crds::Addon;
use kube::api::Api;
use sha2::{Digest as _, Sha256};

use super::Shared;
use super::folder::File;

/// A manifest that is larger is refused.
const MAX_SIZE: u64 = 16 << 20;

/// What there is for one file.
pub(crate) struct Fetched {
    pub(crate) name: String,
    pub(crate) file: File,
    pub(crate) content: Vec<u8>,
    /// SHA-256 of the content, in hexadecimal.
    pub(crate) checksum: String,
    pub(crate) addon: Option<Addon>,
}

/// Reads the file and its Addon.
pub(crate) async fn fetch(shared: &Shared<'_>, name: &str, file: &File) -> Result<Fetched> {
    let path = &file.path;
    ensure!(
        file.size <= MAX_SIZE,
        "{} has {} bytes; a manifest has at most {MAX_SIZE}",
        path.display(),
        file.size
    );
    let content = fs_err::read(path)?;
    let addons: Api<Addon> = Api::namespaced(shared.context.client.clone(), shared.namespace);
    let addon = addons
        .get_opt(name)
        .await
        .with_context(|| format!("read Addon {name}"))?;
    Ok(Fetched {
        name: name.to_owned(),
        file: file.clone(),
        checksum: hex::encode(Sha256::digest(&content)),
        content,
        addon,
    })
}
