//! A real registry on a machine of its own: distribution's `registry`, which serves the images of archives.
//!
//! In: a machine with the [`VOLUME`], archives, the program. Out: a [`Registry`] that listens. The images are laid out
//! the way the registry keeps them, so nothing has to be pushed.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::archive::{Image, ImageLayout};
use crate::machine::{Machine, Process};

/// Where images are kept; a volume of the registry's machine.
pub const VOLUME: &str = "/var/lib/registry";
const CONFIGURATION: &str = "/etc/registry";
const PROGRAM: &str = "/usr/local/bin/registry";
const START: Duration = Duration::from_secs(30);

/// Who is let in, and how the registry proves who it is.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Lines of an htpasswd file with bcrypt hashes; none lets everybody in.
    pub htpasswd: Option<String>,
    /// The serving certificate and its key as PEM; none serves plain HTTP.
    pub certificate: Option<(String, String)>,
}

/// A registry that runs until this is dropped.
#[derive(Debug)]
pub struct Registry {
    /// Host and port, as an image's reference names them.
    pub host: String,
    _process: Process,
}

impl Registry {
    /// Starts `program` of the host on `machine`; several may serve the same images on ports of their own.
    pub fn start(machine: &Machine, program: &Path, port: u16, access: &Access) -> Result<Self> {
        let write = |inside: String, content: &[u8]| -> Result<String> {
            let file = machine.path(&inside);
            if let Some(folder) = file.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(file, content)?;
            Ok(inside)
        };
        let mut configuration = configuration(port);
        if let Some(users) = &access.htpasswd {
            let file = write(format!("{CONFIGURATION}/{port}.htpasswd"), users.as_bytes())?;
            configuration["auth"] = json!({"htpasswd": {"realm": "images", "path": file}});
        }
        if let Some((certificate, key)) = &access.certificate {
            configuration["http"]["tls"] = json!({
                "certificate": write(format!("{CONFIGURATION}/{port}.crt"), certificate.as_bytes())?,
                "key": write(format!("{CONFIGURATION}/{port}.key"), key.as_bytes())?,
            });
        }
        let configuration = write(
            format!("{CONFIGURATION}/{port}.yml"),
            configuration.to_string().as_bytes(),
        )?;
        install(machine, program)?;
        let mut command = machine.command(PROGRAM)?;
        command.args(["serve", &configuration]);
        let process = machine.spawn(command, &machine.folder().join(format!("registry-{port}.log")))?;
        wait_until_it_listens(&process, SocketAddr::from((machine.address(), port)))?;
        Ok(Self {
            host: format!("{}:{port}", machine.address()),
            _process: process,
        })
    }
}

/// Keeps the images of `archives` for the registries of `machine`.
pub fn keep(machine: &Machine, archives: &[PathBuf]) -> Result<()> {
    let storage = Storage(machine.volume(Path::new(VOLUME)).join("docker/registry/v2"));
    let unpacked = machine.folder().join("unpacked");
    for archive in archives {
        let layout = ImageLayout::unpack(archive, &unpacked)?;
        for image in layout.images()? {
            storage
                .keep(&layout, &image)
                .with_context(|| format!("keep {}", image.reference))?;
        }
        fs_err::remove_dir_all(&unpacked)?;
    }
    Ok(())
}

fn configuration(port: u16) -> Value {
    json!({
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {
            "filesystem": {"rootdirectory": VOLUME},
            "maintenance": {"readonly": {"enabled": true}, "uploadpurging": {"enabled": false}},
        },
        "http": {"addr": format!(":{port}")},
    })
}

fn install(machine: &Machine, program: &Path) -> Result<()> {
    let installed = machine.path(PROGRAM);
    if !installed.exists() {
        fs_err::copy(program, installed)?;
    }
    Ok(())
}

fn wait_until_it_listens(process: &Process, address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + START;
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        if let Some(status) = process.ended()? {
            anyhow::bail!("the registry ended with {status}");
        }
        ensure!(
            Instant::now() < deadline,
            "the registry does not listen on {address} within {START:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The folder of a registry as distribution lays it out: blobs, and links to them by repository.
struct Storage(PathBuf);

impl Storage {
    /// Takes an image over from its layout, whose blobs are moved.
    fn keep(&self, layout: &ImageLayout, image: &Image) -> Result<()> {
        let (repository, tag) = repository_and_tag(&image.reference)?;
        let repository = self.0.join("repositories").join(repository);
        for layer in image.layers.iter().chain([&image.config]) {
            self.take_blob(layout, layer)?;
            link(&repository.join("_layers").join(path_of(layer)?), layer)?;
        }
        self.take_blob(layout, &image.digest)?;
        let manifests = repository.join("_manifests");
        let manifest = path_of(&image.digest)?;
        let tag = manifests.join("tags").join(tag);
        link(&manifests.join("revisions").join(&manifest), &image.digest)?;
        link(&tag.join("index").join(&manifest), &image.digest)?;
        link(&tag.join("current"), &image.digest)
    }

    fn take_blob(&self, layout: &ImageLayout, digest: &str) -> Result<()> {
        let hash = digest.strip_prefix("sha256:").unwrap_or(digest);
        let start = hash.get(..2).context("a digest is longer")?;
        let kept = self.0.join("blobs/sha256").join(start).join(hash);
        if kept.exists() {
            // Images share layers.
            return Ok(());
        }
        fs_err::create_dir_all(&kept)?;
        Ok(fs_err::rename(layout.blob(digest)?, kept.join("data"))?)
    }
}

/// `docker.io/bowline/etcd:v3` is kept as `bowline/etcd` and `v3`.
fn repository_and_tag(reference: &str) -> Result<(&str, &str)> {
    let parts = reference
        .split_once('/')
        .and_then(|(_, rest)| rest.rsplit_once(':'));
    parts.with_context(|| format!("{reference}: expected registry/repository:tag"))
}

fn path_of(digest: &str) -> Result<PathBuf> {
    let (algorithm, hash) = digest.split_once(':').context("a digest names its algorithm")?;
    Ok(Path::new(algorithm).join(hash))
}

fn link(folder: &Path, digest: &str) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    Ok(fs_err::write(folder.join("link"), digest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_kept_under_its_repository_without_the_registry() {
        assert_eq!(
            repository_and_tag("docker.io/bowline/etcd:v3").unwrap(),
            ("bowline/etcd", "v3")
        );
        assert!(repository_and_tag("etcd").is_err());
    }
}
