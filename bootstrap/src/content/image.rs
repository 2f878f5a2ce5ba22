//! What an image is made of: index, manifest, config and layers. Pure; nothing is read here.
//!
//! In go documents as bytes, each already known to match its digest. Out comes an [`Image`], or the descriptor of
//! the document that is still needed to know it. Archives and registries both end here.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::blobs::Wanted;
use super::digest::Digest;

/// More than any real index, manifest or config; each is held in memory.
pub(crate) const MAX_DOCUMENT: u64 = 4 << 20;
/// Several times what an overlay mount can stack.
const MAX_LAYERS: usize = 1000;
/// An index may name an index, but not for ever.
const MAX_INDEXES: usize = 3;

/// The JSON documents known so far.
pub(crate) type Documents = HashMap<Digest, Bytes>;

/// A typed, sized, hashed pointer to content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Platform>,
}

/// What an image runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Platform {
    pub(crate) architecture: String,
    pub(crate) os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
}

impl Platform {
    /// Whether images for it run on this machine.
    fn is_ours(&self) -> bool {
        self.os == "linux" && self.architecture == architecture()
    }
}

/// This machine's architecture in Go's words, which are OCI's.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// An image for this machine, all of it known but for the layers' content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The reference it goes by.
    pub(crate) name: String,
    /// What the reference points to: a manifest, or the index that names it.
    pub(crate) target: Descriptor,
    /// Digest of the manifest for this machine.
    pub(crate) manifest: Digest,
    /// Config, manifest, then the indexes above it: each before whatever refers to it.
    pub(crate) documents: Vec<Document>,
    /// Lowest first.
    pub(crate) layers: Vec<Layer>,
}

impl Image {
    /// The config: its digest is the image's ID.
    pub(crate) fn config(&self) -> &Document {
        &self.documents[0]
    }

    /// The layers as they are stored; a layer may occur twice.
    #[cfg(test)]
    pub(crate) fn blobs(&self) -> Wanted {
        self.layers
            .iter()
            .map(|layer| (layer.blob.digest, layer.blob.size))
            .collect()
    }

    /// Bytes of the layers as they are stored.
    pub(crate) fn layers_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.blob.size).sum()
    }
}

/// A JSON document of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) descriptor: Descriptor,
    pub(crate) bytes: Bytes,
    /// What it refers to and this machine needs.
    pub(crate) children: Vec<Descriptor>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) blob: Descriptor,
    /// Digest of the tar within.
    pub(crate) diff_id: Digest,
}

/// How far [`resolve`] came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    Image(Box<Image>),
    /// This document is needed to go on.
    Needs(Descriptor),
}

/// Why documents make no image.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidImage {
    #[error("{digest} is not a valid {what}")]
    Json {
        digest: Digest,
        what: &'static str,
        source: serde_json::Error,
    },
    #[error("{digest} claims to be an index and a manifest at once, or neither")]
    Ambiguous { digest: Digest },
    #[error("the index {digest} has no image for linux/{}", architecture())]
    NoPlatform { digest: Digest },
    #[error(
        "the image is for {os}/{architecture}, this machine needs linux/{}",
        self::architecture()
    )]
    WrongPlatform { os: String, architecture: String },
    #[error("{digest} has {size} bytes, a document may have {MAX_DOCUMENT}")]
    TooLarge { digest: Digest, size: u64 },
    #[error("{digest}: {what}")]
    Inconsistent { digest: Digest, what: &'static str },
}

/// Follows `target` down to the image for this machine, as far as `documents` reach.
pub(crate) fn resolve(
    name: &str,
    target: &Descriptor,
    documents: &Documents,
) -> Result<Resolved, InvalidImage> {
    let mut indexes = Vec::new();
    let mut next = target.clone();
    loop {
        let Some(bytes) = find(&next, documents)? else {
            return Ok(Resolved::Needs(next));
        };
        match Node::parse(&next.digest, &bytes)? {
            Node::Index(children) => {
                if indexes.len() == MAX_INDEXES {
                    return Err(inconsistent(&next, "indexes are nested too deep"));
                }
                let child = choose(&children)
                    .ok_or(InvalidImage::NoPlatform { digest: next.digest })?
                    .clone();
                indexes.push(Document {
                    descriptor: next,
                    bytes,
                    children: vec![child.clone()],
                });
                next = child;
            }
            Node::Manifest { config, layers } => {
                let Some(config_bytes) = find(&config, documents)? else {
                    return Ok(Resolved::Needs(config));
                };
                let layers = pair_layers(&config, &config_bytes, layers)?;
                let mut children = vec![config.clone()];
                children.extend(layers.iter().map(|layer| layer.blob.clone()));
                let manifest = Document {
                    descriptor: next,
                    bytes,
                    children,
                };
                return Ok(Resolved::Image(Box::new(Image {
                    name: name.to_owned(),
                    target: target.clone(),
                    manifest: manifest.descriptor.digest,
                    documents: [
                        Document {
                            descriptor: config,
                            bytes: config_bytes,
                            children: Vec::new(),
                        },
                        manifest,
                    ]
                    .into_iter()
                    .chain(indexes.into_iter().rev())
                    .collect(),
                    layers,
                })));
            }
        }
    }
}

/// The chain ID of each layer: what a snapshot of it and all below it goes by.
pub(crate) fn chain_ids(layers: &[Layer]) -> Vec<Digest> {
    let mut chain = Vec::with_capacity(layers.len());
    for layer in layers {
        chain.push(match chain.last() {
            None => layer.diff_id,
            Some(parent) => Digest::of(format!("{parent} {}", layer.diff_id).as_bytes()),
        });
    }
    chain
}

/// What an `index.json` lists.
pub(crate) fn index_entries(bytes: &[u8]) -> Result<Vec<Descriptor>, InvalidImage> {
    let digest = Digest::of(bytes);
    match Node::parse(&digest, bytes)? {
        Node::Index(entries) => Ok(entries),
        Node::Manifest { .. } => Err(InvalidImage::Ambiguous { digest }),
    }
}

/// An index or a manifest, told apart by what it holds, because media types are optional.
enum Node {
    Index(Vec<Descriptor>),
    Manifest {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
}

impl Node {
    fn parse(digest: &Digest, bytes: &[u8]) -> Result<Self, InvalidImage> {
        #[derive(Deserialize)]
        struct Raw {
            manifests: Option<Vec<Descriptor>>,
            config: Option<Descriptor>,
            layers: Option<Vec<Descriptor>>,
        }
        let raw: Raw = json(digest, bytes, "index or manifest")?;
        match (raw.manifests, raw.config, raw.layers) {
            (Some(entries), None, None) => Ok(Self::Index(entries)),
            (None, Some(config), Some(layers)) => Ok(Self::Manifest { config, layers }),
            _ => Err(InvalidImage::Ambiguous { digest: *digest }),
        }
    }
}

/// The entry for this machine; one for every processor of the kind goes before a special one.
fn choose(entries: &[Descriptor]) -> Option<&Descriptor> {
    let ours = |entry: &&Descriptor| entry.platform.as_ref().is_none_or(Platform::is_ours);
    let special = |entry: &&Descriptor| entry.platform.as_ref().map(|platform| platform.variant.is_some());
    entries
        .iter()
        .filter(ours)
        .min_by_key(|entry| match special(entry) {
            Some(false) => 0,
            Some(true) => 1,
            None => 2,
        })
}

fn pair_layers(
    config: &Descriptor,
    bytes: &[u8],
    layers: Vec<Descriptor>,
) -> Result<Vec<Layer>, InvalidImage> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(default)]
        os: String,
        #[serde(default)]
        architecture: String,
        rootfs: RootFs,
    }
    #[derive(Deserialize)]
    struct RootFs {
        #[serde(default, deserialize_with = "null_as_default")]
        diff_ids: Vec<Digest>,
    }
    let Config {
        os,
        architecture,
        rootfs,
    } = json(&config.digest, bytes, "image config")?;
    let ours = Platform {
        os,
        architecture,
        variant: None,
    };
    if !ours.os.is_empty() && !ours.is_ours() {
        return Err(InvalidImage::WrongPlatform {
            os: ours.os,
            architecture: ours.architecture,
        });
    }
    if layers.len() > MAX_LAYERS {
        return Err(inconsistent(config, "the image has too many layers"));
    }
    if layers.len() != rootfs.diff_ids.len() {
        return Err(inconsistent(
            config,
            "config and manifest disagree about the number of layers",
        ));
    }
    if layers
        .iter()
        .try_fold(0u64, |sum, layer| sum.checked_add(layer.size))
        .is_none()
    {
        return Err(inconsistent(config, "the layers' sizes are absurd"));
    }
    let pairs = layers.into_iter().zip(rootfs.diff_ids);
    Ok(pairs.map(|(blob, diff_id)| Layer { blob, diff_id }).collect())
}

fn find(descriptor: &Descriptor, documents: &Documents) -> Result<Option<Bytes>, InvalidImage> {
    let Descriptor { digest, size, .. } = *descriptor;
    if size > MAX_DOCUMENT {
        return Err(InvalidImage::TooLarge { digest, size });
    }
    match documents.get(&digest) {
        Some(bytes) if bytes.len() as u64 != size => Err(inconsistent(
            descriptor,
            "its size is not the one that its descriptor says",
        )),
        found => Ok(found.cloned()),
    }
}

fn json<'a, T: Deserialize<'a>>(
    digest: &Digest,
    bytes: &'a [u8],
    what: &'static str,
) -> Result<T, InvalidImage> {
    serde_json::from_slice(bytes).map_err(|source| InvalidImage::Json {
        digest: *digest,
        what,
        source,
    })
}

fn inconsistent(descriptor: &Descriptor, what: &'static str) -> InvalidImage {
    InvalidImage::Inconsistent {
        digest: descriptor.digest,
        what,
    }
}

/// Go writes `null` for what is empty.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
