//! An image's JSON documents: configuration, manifest and index. Pure.

use std::collections::HashMap;
use std::str::FromStr;

use anyhow::{Context, Result};
use oci_spec::image::{
    ConfigBuilder, Descriptor, DescriptorBuilder, Digest, HistoryBuilder, ImageConfigurationBuilder,
    ImageIndexBuilder, ImageManifestBuilder, MediaType, PlatformBuilder, RootFsBuilder, SCHEMA_VERSION,
};
use serde::Serialize;
use serde_json::Value;

use super::Layer;
use crate::digest;

/// What an image says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) reference: String,
    /// As OCI names it.
    pub(crate) architecture: String,
    pub(crate) user: Option<String>,
    pub(crate) entrypoint: Vec<String>,
    pub(crate) cmd: Vec<String>,
    pub(crate) epoch: u64,
}

/// A JSON blob and its sha256.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) content: Vec<u8>,
    pub(crate) digest: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Documents {
    pub(crate) configuration: Document,
    pub(crate) manifest: Document,
    pub(crate) index: Document,
}

const SEARCH_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(crate) fn documents(settings: &Settings, layers: &[Layer]) -> Result<Documents> {
    let configuration = configuration(settings, layers)?;
    let manifest = manifest(&configuration, layers)?;
    let index = index(settings, &manifest)?;
    Ok(Documents {
        configuration,
        manifest,
        index,
    })
}

fn configuration(settings: &Settings, layers: &[Layer]) -> Result<Document> {
    let created = created(settings.epoch);
    let mut config = ConfigBuilder::default()
        .env(vec![SEARCH_PATH.to_owned()])
        .working_dir("/");
    if let Some(user) = &settings.user {
        config = config.user(user);
    }
    if !settings.entrypoint.is_empty() {
        config = config.entrypoint(settings.entrypoint.clone());
    }
    if !settings.cmd.is_empty() {
        config = config.cmd(settings.cmd.clone());
    }
    let history = HistoryBuilder::default()
        .created(created.clone())
        .created_by("bowline bundle")
        .build()?;
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|layer| format!("sha256:{}", layer.diff_id))
        .collect();
    let configuration = ImageConfigurationBuilder::default()
        .created(created)
        .architecture(settings.architecture.as_str())
        .os("linux")
        .config(config.build()?)
        .rootfs(
            RootFsBuilder::default()
                .typ("layers")
                .diff_ids(diff_ids)
                .build()?,
        )
        .history(vec![history; layers.len()])
        .build()?;
    document(&configuration)
}

fn manifest(configuration: &Document, layers: &[Layer]) -> Result<Document> {
    let describe = |layer: &Layer| {
        descriptor(
            MediaType::ImageLayerZstd,
            &layer.compressed.hex,
            layer.compressed.size,
        )
    };
    let manifest = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(descriptor(
            MediaType::ImageConfig,
            &configuration.digest,
            configuration.size(),
        )?)
        .layers(layers.iter().map(describe).collect::<Result<Vec<_>>>()?)
        .build()?;
    document(&manifest)
}

/// Both annotations bear the whole reference: containerd reads the one, other tools the other.
fn index(settings: &Settings, manifest: &Document) -> Result<Document> {
    let mut described = descriptor(MediaType::ImageManifest, &manifest.digest, manifest.size())?;
    let names = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    let annotations = names.map(|name| (name.to_owned(), settings.reference.clone()));
    described.set_annotations(Some(HashMap::from(annotations)));
    let platform = PlatformBuilder::default()
        .architecture(settings.architecture.as_str())
        .os("linux")
        .build()?;
    described.set_platform(Some(platform));
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(vec![described])
        .build()?;
    document(&index)
}

fn descriptor(kind: MediaType, sha256: &str, size: u64) -> Result<Descriptor> {
    let digest = Digest::from_str(&format!("sha256:{sha256}"))?;
    Ok(DescriptorBuilder::default()
        .media_type(kind)
        .digest(digest)
        .size(size)
        .build()?)
}

/// Keys in one order, whatever map they came from.
fn document(value: &impl Serialize) -> Result<Document> {
    let value = serde_json::to_value(value).context("write an image's JSON")?;
    let content = serde_json::to_vec(&sorted(value)).context("write an image's JSON")?;
    let digest = digest::of_bytes(&content);
    Ok(Document { content, digest })
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            entries
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

impl Document {
    pub(crate) fn size(&self) -> u64 {
        self.content.len() as u64
    }
}

/// RFC 3339 in UTC.
pub(crate) fn created(epoch: u64) -> String {
    let (days, seconds) = (epoch / 86_400, epoch % 86_400);
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Days since 1970 as a date of the Gregorian calendar.
fn civil_date(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sum;

    fn settings() -> Settings {
        Settings {
            reference: "docker.io/bowline/etcd:v3.7.3".to_owned(),
            architecture: "amd64".to_owned(),
            user: Some("52379:52379".to_owned()),
            entrypoint: vec!["etcd".to_owned()],
            cmd: Vec::new(),
            epoch: 0,
        }
    }

    fn layer() -> Layer {
        let compressed = Sum {
            hex: digest::of_bytes(b"compressed"),
            size: 10,
        };
        Layer {
            blob: "unread".into(),
            compressed,
            diff_id: digest::of_bytes(b"plain"),
        }
    }

    fn json(document: &Document) -> Value {
        serde_json::from_slice(&document.content).unwrap()
    }

    #[test]
    fn each_document_names_the_next_by_digest() {
        let documents = documents(&settings(), &[layer()]).unwrap();
        let index = json(&documents.index);
        let entry = &index["manifests"][0];
        assert_eq!(entry["digest"], format!("sha256:{}", documents.manifest.digest));
        assert_eq!(
            entry["annotations"]["io.containerd.image.name"],
            "docker.io/bowline/etcd:v3.7.3"
        );
        assert_eq!(
            entry["annotations"]["org.opencontainers.image.ref.name"],
            "docker.io/bowline/etcd:v3.7.3"
        );
        let manifest = json(&documents.manifest);
        assert_eq!(
            manifest["config"]["digest"],
            format!("sha256:{}", documents.configuration.digest)
        );
        assert_eq!(
            manifest["layers"][0]["mediaType"],
            "application/vnd.oci.image.layer.v1.tar+zstd"
        );
        assert_eq!(manifest["layers"][0]["size"], 10);
        let configuration = json(&documents.configuration);
        assert_eq!(
            configuration["rootfs"]["diff_ids"][0],
            format!("sha256:{}", layer().diff_id)
        );
        assert_eq!(configuration["config"]["User"], "52379:52379");
        assert_eq!(configuration["created"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn the_same_settings_give_the_same_bytes() {
        let once = documents(&settings(), &[layer()]).unwrap();
        for _ in 0..8 {
            assert_eq!(
                documents(&settings(), &[layer()]).unwrap().index.content,
                once.index.content
            );
        }
    }

    #[test]
    fn seconds_become_dates() {
        assert_eq!(created(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(created(1_798_761_599), "2026-12-31T23:59:59Z");
    }
}
