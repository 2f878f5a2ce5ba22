//! `manifest.json` of a `docker save` archive, made into the manifests that such an archive lacks.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::super::digest::Digest;
use super::super::image::Descriptor;
use super::super::reference::Reference;
use super::listing::Gathered;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Containerd finds the compression of such a layer out by itself.
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Each image's name and the manifest made for it.
pub(super) fn images(manifest: &[u8], gathered: &Gathered) -> Result<Vec<(String, Descriptor, Bytes)>> {
    let saved: Vec<Saved> = serde_json::from_slice(manifest).context("read manifest.json")?;
    let mut images = Vec::new();
    for Saved {
        config,
        repo_tags,
        layers,
    } in saved
    {
        let config = describe(&config, CONFIG, gathered)?;
        let layers = layers.unwrap_or_default();
        let layers: Vec<_> = layers
            .iter()
            .map(|name| describe(name, LAYER, gathered))
            .collect::<Result<_>>()?;
        let text = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        let bytes = Bytes::from(text.to_string());
        for tag in repo_tags.unwrap_or_default() {
            let name: Reference = tag.parse().context("read manifest.json")?;
            let target = descriptor(MANIFEST, Digest::of(&bytes), bytes.len() as u64);
            images.push((name.to_string(), target, bytes.clone()));
        }
    }
    Ok(images)
}

fn describe(name: &str, media_type: &str, gathered: &Gathered) -> Result<Descriptor> {
    let name = gathered.links.get(name).map_or(name, String::as_str);
    let (digest, size) = gathered.files.get(name).copied().with_context(|| {
        format!("the archive lacks {name}, which its manifest.json names: it is incomplete")
    })?;
    Ok(descriptor(media_type, digest, size))
}

fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    let annotations = std::collections::BTreeMap::new();
    Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size,
        annotations,
        platform: None,
    }
}
