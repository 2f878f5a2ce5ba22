//! The labels by which containerd's garbage collector walks from an image down to its blobs and snapshots. Pure.

use super::super::image::{Descriptor, Document, Image, chain_ids};
use super::containerd::Labels;

const REFERENCE: &str = "containerd.io/gc.ref.content";

/// The labels of one of the image's documents.
pub(super) fn labels(image: &Image, document: &Document, snapshot_reference: &str) -> Labels {
    if document.descriptor.digest == image.config().descriptor.digest {
        let top = chain_ids(&image.layers).last().map(ToString::to_string);
        return top
            .map(|top| (snapshot_reference.to_owned(), top))
            .into_iter()
            .collect();
    }
    let mut labels = Labels::new();
    let (mut manifests, mut layers) = (0, 0);
    for child in &document.children {
        let key = match kind(child) {
            Kind::Config => format!("{REFERENCE}.config"),
            Kind::Manifest => numbered("m", &mut manifests),
            Kind::Layer => numbered("l", &mut layers),
        };
        labels.insert(key, child.digest.to_string());
    }
    labels
}

enum Kind {
    Config,
    Manifest,
    Layer,
}

fn kind(child: &Descriptor) -> Kind {
    let media_type = child.media_type.as_str();
    if media_type.contains("config") || media_type.starts_with("application/vnd.docker.container.image") {
        Kind::Config
    } else if media_type.contains("manifest") || media_type.contains("index") {
        Kind::Manifest
    } else {
        Kind::Layer
    }
}

fn numbered(letter: &str, count: &mut usize) -> String {
    let key = format!("{REFERENCE}.{letter}.{count}");
    *count += 1;
    key
}

#[cfg(test)]
mod tests {
    use super::super::super::archive::tests::{make_image, make_tar, write_archive};
    use super::*;

    #[test]
    fn every_blob_and_the_top_snapshot_are_referred_to() {
        let folder = tempfile::tempdir().unwrap();
        let made = make_image(&[make_tar(&[("a", "a")]), make_tar(&[("b", "b")])]);
        let archive = write_archive(
            folder.path(),
            "a.tar",
            &make_tar(&made.entries("docker.io/a/b:1")),
        );
        let image = archive.list().unwrap().images.remove(0);
        let [config, manifest] = &image.documents[..] else {
            panic!("config and manifest")
        };

        let top = chain_ids(&image.layers)[1].to_string();
        assert_eq!(
            labels(&image, config, "snap"),
            Labels::from([("snap".to_owned(), top)])
        );
        let labels = labels(&image, manifest, "snap");
        assert_eq!(
            labels["containerd.io/gc.ref.content.config"],
            config.descriptor.digest.to_string()
        );
        assert_eq!(
            labels["containerd.io/gc.ref.content.l.1"],
            image.layers[1].blob.digest.to_string()
        );
        assert_eq!(labels.len(), 3);
    }
}
