//! Archives are made here as builders, docker and attackers make them; other rooms' tests use the maker too.

use std::io::Write;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::image::architecture;
use super::*;

/// An image of plain layers, and the entries of an archive that holds it.
pub(in super::super) struct Made {
    pub(in super::super) target: Digest,
    pub(in super::super) layers: Vec<Bytes>,
    pub(in super::super) documents: Vec<Bytes>,
    pub(in super::super) diff_ids: Vec<Digest>,
    descriptor: Value,
}

fn describe(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
}

/// An image whose layers are these tars, stored with zstd.
pub(in super::super) fn make_image(tars: &[Vec<u8>]) -> Made {
    let layers: Vec<Bytes> = tars
        .iter()
        .map(|tar| zstd::encode_all(&tar[..], 1).unwrap().into())
        .collect();
    let diff_ids: Vec<Digest> = tars.iter().map(|tar| Digest::of(tar)).collect();
    let config = json!({ "os": "linux", "architecture": architecture(), "rootfs": { "type": "layers", "diff_ids": diff_ids } });
    let config = Bytes::from(config.to_string());
    let blobs: Vec<Value> = layers
        .iter()
        .map(|layer| describe("application/vnd.oci.image.layer.v1.tar+zstd", layer))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "config": describe("application/vnd.oci.image.config.v1+json", &config),
        "layers": blobs,
    });
    let manifest = Bytes::from(manifest.to_string());
    Made {
        target: Digest::of(&manifest),
        layers,
        descriptor: describe("application/vnd.oci.image.manifest.v1+json", &manifest),
        documents: vec![manifest, config],
        diff_ids,
    }
}

impl Made {
    /// `index.json`, the documents, then the layers.
    pub(in super::super) fn entries(&self, name: &str) -> Vec<(String, Bytes)> {
        let mut descriptor = self.descriptor.clone();
        descriptor["annotations"] = json!({ "io.containerd.image.name": name });
        let index = json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string();
        let blobs = self.documents.iter().chain(&self.layers);
        let blobs = blobs.map(|blob| (format!("blobs/sha256/{}", Digest::of(blob).hex()), blob.clone()));
        [("index.json".to_owned(), Bytes::from(index))]
            .into_iter()
            .chain(blobs)
            .collect()
    }
}

/// A tar of regular files.
pub(in super::super) fn make_tar<N: AsRef<str>, C: AsRef<[u8]>>(entries: &[(N, C)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.as_ref().len() as u64);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        builder
            .append_data(&mut header, name.as_ref(), content.as_ref())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

/// An archive file in `folder`.
pub(in super::super) fn write_archive(folder: &Path, file: &str, tar: &[u8]) -> Archive {
    let path = folder.join(file);
    let bytes = if file.contains(".zst") {
        zstd::encode_all(tar, 1).unwrap()
    } else {
        tar.to_vec()
    };
    fs_err::File::create(&path).unwrap().write_all(&bytes).unwrap();
    Archive::new(path)
}

const NAME: &str = "docker.io/bowline/etcd:v1";

fn sample() -> Made {
    make_image(&[
        make_tar(&[("bin/a", vec![1u8; 300_000])]),
        make_tar(&[("bin/b", "b")]),
    ])
}

fn contents(archive: &Archive) -> Result<Vec<Bytes>> {
    let listing = archive.list()?;
    let mut found = Vec::new();
    for image in &listing.images {
        let wanted = image
            .layers
            .iter()
            .map(|layer| (layer.blob.digest, layer.blob.size))
            .collect();
        archive.read_blobs(&listing, wanted, |_, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            found.push(bytes.into());
            Ok(())
        })?;
    }
    Ok(found)
}

fn message(archive: &Archive) -> String {
    format!("{:#}", contents(archive).unwrap_err())
}

#[test]
fn an_image_layout_is_read_in_any_order_of_entries() {
    let folder = tempfile::tempdir().unwrap();
    let made = sample();
    let mut entries = made.entries(NAME);
    for _ in 0..entries.len() {
        entries.rotate_left(1);
        let archive = write_archive(folder.path(), "a.tar.zst", &make_tar(&entries));
        let listing = archive.list().unwrap();
        assert_eq!(listing.images[0].name, NAME);
        assert_eq!(listing.images[0].manifest, made.target);
        assert_eq!(contents(&archive).unwrap().len(), 2);
    }
}

#[test]
fn an_index_that_comes_first_spares_reading_the_layers() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = sample().entries(NAME);
    entries.truncate(3);
    entries.push(("../hostile".to_owned(), Bytes::new()));
    let mut builder = tar::Builder::new(make_tar(&entries[..3]));
    builder.get_mut().truncate(
        entries[..3]
            .iter()
            .map(|(_, c)| 512 + c.len().next_multiple_of(512))
            .sum(),
    );
    let bytes = std::mem::take(builder.get_mut());
    let archive = write_archive(folder.path(), "a.tar", &bytes);
    assert_eq!(archive.list().unwrap().images.len(), 1);
}

#[test]
fn docker_save_archives_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let layer = make_tar(&[("a", "a")]);
    let config = json!({
        "os": "linux", "architecture": architecture(),
        "rootfs": { "diff_ids": [Digest::of(&layer), Digest::of(&layer)] },
    });
    let manifest =
        json!([{ "Config": "c.json", "RepoTags": ["nginx:1"], "Layers": ["1/layer.tar", "2/layer.tar"] }]);
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content).unwrap();
    };
    add("1/layer.tar", &layer);
    add("c.json", config.to_string().as_bytes());
    add("manifest.json", manifest.to_string().as_bytes());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder
        .append_link(&mut link, "2/layer.tar", "../1/layer.tar")
        .unwrap();
    let archive = write_archive(folder.path(), "nginx.tar", &builder.into_inner().unwrap());

    let listing = archive.list().unwrap();
    assert_eq!(listing.images[0].name, "docker.io/library/nginx:1");
    assert_eq!(listing.images[0].layers.len(), 2);
    assert_eq!(contents(&archive).unwrap(), [Bytes::from(layer)]);
}

#[test]
fn a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for target in ["/etc/shadow.tar", "../../etc/shadow.tar"] {
        let mut builder = tar::Builder::new(Vec::new());
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "1/layer.tar", target).unwrap();
        let archive = write_archive(folder.path(), "a.tar", &builder.into_inner().unwrap());
        assert!(message(&archive).contains("is a link to"), "{target}");
    }
}

#[test]
fn tampered_content_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let made = sample();
    for position in 1..5 {
        let mut entries = made.entries(NAME);
        let mut bytes = entries[position].1.to_vec();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        entries[position].1 = bytes.into();
        let archive = write_archive(folder.path(), "a.tar.zst", &make_tar(&entries));
        assert!(message(&archive).contains("tampered"), "{}", message(&archive));
    }
}

#[test]
fn a_blob_of_another_size_than_described_is_told_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = sample().entries(NAME);
    entries[3].1 = [&entries[3].1[..], &[0; 1000]].concat().into();
    let archive = write_archive(folder.path(), "a.tar", &make_tar(&entries));
    assert!(
        message(&archive).contains("its descriptor says"),
        "{}",
        message(&archive)
    );
}

#[test]
fn truncated_archives_are_told_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let tar = make_tar(&sample().entries(NAME));
    let whole = write_archive(folder.path(), "a.tar.zst", &tar);
    let bytes = fs_err::read(whole.path()).unwrap();
    for length in [bytes.len() / 10, bytes.len() / 2, bytes.len() - 40] {
        fs_err::write(whole.path(), &bytes[..length]).unwrap();
        let message = message(&whole);
        assert!(
            message.contains("a.tar.zst") && message.contains("truncated"),
            "{message}"
        );
    }
}

#[test]
fn missing_layers_and_foreign_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = sample().entries(NAME);
    entries.pop();
    let archive = write_archive(folder.path(), "a.tar", &make_tar(&entries));
    assert!(
        message(&archive).contains("lacks the blob"),
        "{}",
        message(&archive)
    );
    let archive = write_archive(folder.path(), "b.tar", &make_tar(&[("etc/passwd", "x")]));
    assert!(
        message(&archive).contains("neither an index.json"),
        "{}",
        message(&archive)
    );
    let archive = write_archive(folder.path(), "c.tar", b"hello");
    assert!(
        message(&archive).contains("neither a tar archive"),
        "{}",
        message(&archive)
    );
    let missing = Archive::new(folder.path().join("d.tar"));
    assert!(message(&missing).contains("d.tar"), "{}", message(&missing));
}

#[test]
fn only_visible_files_with_known_endings_are_archives() {
    for name in ["a.tar", "a.tar.zst", "a.tgz", "a.tzst", "a.tar.lz4", "a.tbz"] {
        assert!(Archive::is_named_like_one(name));
    }
    for name in [".a.tar", "a.txt", "tar", "a.tar.zst.part"] {
        assert!(!Archive::is_named_like_one(name));
    }
}
