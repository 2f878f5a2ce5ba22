//! Image archives opened up: an OCI image layout in a folder, and what is in its images.
//!
//! For the archives of a distribution alone, which this checkout has made itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

const NAME: &str = "io.containerd.image.name";

/// An OCI image layout in a folder.
#[derive(Clone, Debug)]
pub struct ImageLayout {
    folder: PathBuf,
}

/// One image of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its full name, with the registry and the tag.
    pub reference: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The digest of its configuration.
    pub config: String,
    /// The digests of its layers, the lowest first.
    pub layers: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

impl ImageLayout {
    /// Unpacks `archive` into `folder`.
    pub fn unpack(archive: &Path, folder: &Path) -> Result<Self> {
        unpack_zstd(archive, folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The images of the layout.
    pub fn images(&self) -> Result<Vec<Image>> {
        let index: Index = read_json(&self.folder.join("index.json"))?;
        index
            .manifests
            .into_iter()
            .map(|image| {
                let manifest: Manifest = read_json(&self.blob(&image.digest)?)?;
                Ok(Image {
                    reference: image
                        .annotations
                        .get(NAME)
                        .with_context(|| format!("the image {} has no name", image.digest))?
                        .clone(),
                    digest: image.digest,
                    config: manifest.config.digest,
                    layers: manifest.layers.into_iter().map(|layer| layer.digest).collect(),
                })
            })
            .collect()
    }

    /// The file that holds a blob.
    pub fn blob(&self, digest: &str) -> Result<PathBuf> {
        let hash = digest
            .strip_prefix("sha256:")
            .with_context(|| format!("{digest}: expected a sha256 digest"))?;
        Ok(self.folder.join("blobs/sha256").join(hash))
    }

    /// Unpacks the files of an image, without heed to what upper layers take away.
    pub fn unpack_files(&self, image: &Image, folder: &Path) -> Result<()> {
        image
            .layers
            .iter()
            .try_for_each(|layer| unpack_zstd(&self.blob(layer)?, folder))
    }
}

fn unpack_zstd(file: &Path, folder: &Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let content = zstd::Decoder::new(fs_err::File::open(file)?)
        .with_context(|| format!("decompress {}", file.display()))?;
    tar::Archive::new(content)
        .unpack(folder)
        .with_context(|| format!("unpack {}", file.display()))
}

fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    serde_json::from_slice(&fs_err::read(file)?).with_context(|| format!("understand {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tar_zst(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            tar.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        zstd::encode_all(tar.into_inner().unwrap().as_slice(), 1).unwrap()
    }

    #[test]
    fn an_archive_gives_its_image_and_the_files_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let layout = ImageLayout {
            folder: folder.path().join("layout"),
        };
        for (digest, content) in [
            (
                "sha256:aa",
                json!({"config": {"digest": "sha256:bb"}, "layers": [{"digest": "sha256:cc"}]}),
            ),
            ("sha256:bb", json!({})),
        ] {
            let file = layout.blob(digest).unwrap();
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, content.to_string()).unwrap();
        }
        fs_err::write(
            layout.blob("sha256:cc").unwrap(),
            tar_zst(&[("bin/etcd", "program")]),
        )
        .unwrap();
        let index =
            json!({"manifests": [{"digest": "sha256:aa", "annotations": {NAME: "docker.io/a/etcd:v1"}}]});
        fs_err::write(layout.folder.join("index.json"), index.to_string()).unwrap();

        let images = layout.images().unwrap();
        assert_eq!(
            images,
            [Image {
                reference: "docker.io/a/etcd:v1".into(),
                digest: "sha256:aa".into(),
                config: "sha256:bb".into(),
                layers: vec!["sha256:cc".into()],
            }]
        );
        layout
            .unpack_files(&images[0], &folder.path().join("files"))
            .unwrap();
        let program = fs_err::read_to_string(folder.path().join("files/bin/etcd")).unwrap();
        assert_eq!(program, "program");
    }

    #[test]
    fn an_archive_becomes_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tar.zst");
        fs_err::write(&archive, tar_zst(&[("index.json", r#"{"manifests":[]}"#)])).unwrap();
        let layout = ImageLayout::unpack(&archive, &folder.path().join("layout")).unwrap();
        assert!(layout.images().unwrap().is_empty());
    }
}
