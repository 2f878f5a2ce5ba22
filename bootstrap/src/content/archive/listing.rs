//! Which images an archive holds: its small JSON documents are gathered until every image is known.

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;

use super::super::digest::{Digest, Hasher};
use super::super::image::{self, Descriptor, Documents, Image, MAX_DOCUMENT, Resolved};
use super::super::reference::Reference;
use super::{Entry, Kind, Limits, Listing, blob_digest, docker, walk};

/// Memory that the documents of one archive may take.
const MAX_DOCUMENTS: u64 = 64 << 20;

/// Reads as much of `tar` as is needed to know all its images.
pub(super) fn list(tar: impl Read, limits: Limits) -> Result<Listing> {
    let mut gathered = Gathered::default();
    walk(tar, limits, |entry| {
        gathered.take(entry)?;
        // An index without names is followed to the end, where `docker save` may have put them.
        let known = !gathered.images.is_empty() && gathered.pending.is_empty();
        Ok::<_, anyhow::Error>(if known {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    gathered.conclude()
}

/// What was seen of an archive so far.
#[derive(Default)]
pub(super) struct Gathered {
    /// `index.json` of an image layout.
    index: Option<Bytes>,
    /// `manifest.json` of a `docker save` file.
    docker: Option<Bytes>,
    documents: Documents,
    documents_size: u64,
    images: Vec<Image>,
    unnamed: usize,
    /// Images of the index, each with the document that it waits for.
    pending: Vec<(String, Descriptor, Digest)>,
    /// By name; the digest of a blob is only what its name says until it is read.
    pub(super) files: HashMap<String, (Digest, u64)>,
    pub(super) links: HashMap<String, String>,
}

impl Gathered {
    fn take(&mut self, mut entry: Entry<'_>) -> Result<()> {
        match (&entry.kind, entry.name.as_str()) {
            (Kind::Directory, _) => Ok(()),
            (Kind::Link(target), name) => self.take_link(name, target),
            (Kind::File, "index.json") => {
                let bytes = read_document(&mut entry)?;
                self.take_index(bytes)
            }
            (Kind::File, "manifest.json") => {
                self.docker = Some(read_document(&mut entry)?);
                Ok(())
            }
            (Kind::File, name) => match blob_digest(name) {
                Some(digest) => self.take_blob(digest, entry),
                None => self.take_file(entry),
            },
        }
    }

    /// An index first means that an image is complete as soon as its config has come by.
    fn take_index(&mut self, bytes: Bytes) -> Result<()> {
        ensure!(self.index.is_none(), "it has two files index.json");
        for target in image::index_entries(&bytes).context("read index.json")? {
            match name_of(&target)? {
                Some(name) => self.resolve(name, target)?,
                None => self.unnamed += 1,
            }
        }
        self.index = Some(bytes);
        Ok(())
    }

    fn take_blob(&mut self, digest: Digest, mut entry: Entry<'_>) -> Result<()> {
        self.files.insert(entry.name.clone(), (digest, entry.size));
        if entry.size > MAX_DOCUMENT || self.documents.contains_key(&digest) {
            return Ok(());
        }
        let Some(bytes) = read_json_like(&mut entry)? else {
            return Ok(());
        };
        ensure!(
            Digest::of(&bytes) == digest,
            "the blob {digest} has other content than its name says: the archive is damaged or was tampered with"
        );
        self.keep(digest, bytes)?;
        let (ready, pending) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(_, _, needs)| *needs == digest);
        self.pending = pending;
        let ready: Vec<(String, Descriptor, Digest)> = ready;
        ready
            .into_iter()
            .try_for_each(|(name, target, _)| self.resolve(name, target))
    }

    /// A file of a `docker save` archive; which of them are layers is known only at its end.
    fn take_file(&mut self, mut entry: Entry<'_>) -> Result<()> {
        let name = std::mem::take(&mut entry.name);
        let size = entry.size;
        let digest = if size > MAX_DOCUMENT {
            hash(entry.content)?
        } else {
            let bytes = read_document(&mut entry)?;
            let digest = Digest::of(&bytes);
            if bytes.first() == Some(&b'{') {
                self.keep(digest, bytes)?;
            }
            digest
        };
        self.files.insert(name, (digest, size));
        Ok(())
    }

    /// `docker save` of old wrote a layer that it had already written as a link. The link is only looked up in
    /// this archive's own list of names, never made on disk.
    fn take_link(&mut self, name: &str, target: &str) -> Result<()> {
        let is_layer = name.rsplit('/').next() == Some("layer.tar");
        let inside = is_layer.then(|| resolve_link(name, target)).flatten();
        let Some(inside) = inside else {
            bail!("the entry {name} is a link to {target}: only files are taken")
        };
        self.links.insert(name.to_owned(), inside);
        Ok(())
    }

    fn keep(&mut self, digest: Digest, bytes: Bytes) -> Result<()> {
        self.documents_size += bytes.len() as u64;
        ensure!(
            self.documents_size <= MAX_DOCUMENTS,
            "its JSON documents take more than {MAX_DOCUMENTS} bytes"
        );
        self.documents.insert(digest, bytes);
        Ok(())
    }

    fn resolve(&mut self, name: String, target: Descriptor) -> Result<()> {
        match image::resolve(&name, &target, &self.documents).with_context(|| format!("read image {name}"))? {
            Resolved::Image(image) => self.images.push(*image),
            Resolved::Needs(document) => self.pending.push((name, target, document.digest)),
        }
        Ok(())
    }

    fn conclude(mut self) -> Result<Listing> {
        if let Some((name, _, digest)) = self.pending.first() {
            bail!("the archive lacks {digest}, which image {name} needs: it is truncated or incomplete");
        }
        if self.images.is_empty()
            && let Some(manifest) = self.docker.take()
        {
            for (name, target, document) in docker::images(&manifest, &self)? {
                self.keep(target.digest, document)?;
                self.resolve(name, target)?;
            }
            self.unnamed = 0;
        }
        ensure!(
            self.index.is_some() || !self.images.is_empty(),
            "it has neither an index.json (OCI image layout) nor a manifest.json (docker save) that names an image"
        );
        let files = self
            .files
            .into_iter()
            .map(|(name, (digest, _))| (name, digest))
            .collect();
        Ok(Listing {
            images: self.images,
            unnamed: self.unnamed,
            files,
        })
    }
}

/// The full reference of an index entry: containerd's annotation, or OCI's if it holds more than a tag.
fn name_of(target: &Descriptor) -> Result<Option<String>> {
    let annotation = |key| target.annotations.get(key);
    let full = annotation("io.containerd.image.name");
    let name =
        full.or_else(|| annotation("org.opencontainers.image.ref.name").filter(|name| name.contains('/')));
    let complete = |name: &String| name.parse::<Reference>().map(|reference| reference.to_string());
    name.map(complete).transpose().context("read index.json")
}

fn resolve_link(name: &str, target: &str) -> Option<String> {
    let mut path: Vec<&str> = name.split('/').collect();
    path.pop();
    if target.starts_with('/') {
        return None;
    }
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(path.pop()?),
            name => path.push(name),
        }
    }
    Some(path.join("/"))
}

fn read_document(entry: &mut Entry<'_>) -> Result<Bytes> {
    ensure!(
        entry.size <= MAX_DOCUMENT,
        "{} has {} bytes, it may have {MAX_DOCUMENT}",
        entry.name,
        entry.size
    );
    let mut bytes = Vec::new();
    entry.content.read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// The content if it starts like a JSON object; small layers do not.
fn read_json_like(entry: &mut Entry<'_>) -> Result<Option<Bytes>> {
    let mut first = [0];
    if entry.size == 0 {
        return Ok(None);
    }
    entry.content.read_exact(&mut first)?;
    if first != *b"{" {
        return Ok(None);
    }
    let mut bytes = first.to_vec();
    entry.content.read_to_end(&mut bytes)?;
    Ok(Some(bytes.into()))
}

fn hash(content: &mut dyn Read) -> Result<Digest> {
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(&buffer[..count]),
        }
    }
}
