//! An image as one file: an OCI layout in a tar, compressed with zstd.
//!
//! `index.json` comes first and the layers last, so that a reader knows what it has before the long part.

use std::io::{BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::layer::{Layer, header};
use super::manifest::Documents;
use crate::digest::HashingWriter;

/// The layers are compressed already; this only wraps them.
const LEVEL: i32 = 1;
const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes the archive and gives its sha256.
pub(crate) fn write(documents: &Documents, layers: &[Layer], epoch: u64, path: &Path) -> Result<String> {
    let file = BufWriter::new(fs_err::File::create(path)?);
    let mut encoder = zstd::Encoder::new(HashingWriter::new(file), LEVEL).context("set up zstd")?;
    encoder.include_checksum(true).context("set up zstd")?;
    let mut archive = Archive {
        tar: tar::Builder::new(encoder),
        epoch,
    };
    let Documents {
        configuration,
        manifest,
        index,
    } = documents;
    archive.add("index.json", index.size(), index.content.as_slice())?;
    archive.add("oci-layout", OCI_LAYOUT.len() as u64, OCI_LAYOUT)?;
    for document in [manifest, configuration] {
        archive.add(
            &blob_path(&document.digest),
            document.size(),
            document.content.as_slice(),
        )?;
    }
    for layer in layers {
        let blob = fs_err::File::open(&layer.blob)?;
        archive.add(&blob_path(&layer.compressed.hex), layer.compressed.size, blob)?;
    }
    let encoder = archive.tar.into_inner().context("end an archive")?;
    let (file, sum) = encoder.finish().context("end an archive")?.finish();
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .context("write an archive")?;
    Ok(sum.hex)
}

fn blob_path(sha256: &str) -> String {
    format!("blobs/sha256/{sha256}")
}

struct Archive<W: Write> {
    tar: tar::Builder<W>,
    epoch: u64,
}

impl<W: Write> Archive<W> {
    fn add(&mut self, path: &str, size: u64, content: impl Read) -> Result<()> {
        let mut header = header(tar::EntryType::Regular, 0o644, self.epoch);
        header.set_size(size);
        self.tar
            .append_data(&mut header, path, content)
            .with_context(|| format!("put {path} into an archive"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Frames, Settings, Tree, write as write_image};

    #[test]
    fn the_index_is_first_and_the_layers_are_last() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bowline-x.tar.zst");
        let settings = Settings {
            reference: "docker.io/bowline/x:1".to_owned(),
            architecture: "amd64".to_owned(),
            user: None,
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            epoch: 0,
        };
        let mut tree = Tree::default();
        tree.text("/x", "x");
        let written = write_image(&settings, &[tree.clone(), tree], &Frames::default(), &path).unwrap();
        assert_eq!(crate::digest::of_file(&path).unwrap(), written.archive);

        let plain = zstd::decode_all(fs_err::File::open(&path).unwrap()).unwrap();
        let mut archive = tar::Archive::new(plain.as_slice());
        let names: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(names[..2], ["index.json", "oci-layout"]);
        assert_eq!(
            names[2],
            format!("blobs/sha256/{}", written.manifest.trim_start_matches("sha256:"))
        );
        assert_eq!(names.len(), 6);
        let left: Vec<_> = fs_err::read_dir(directory.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "the layers' own files are gone");
    }
}
