//! Promise: a registry serves the bundle in place of the archives, openly or with a password and a private authority;
//! a wrong password and a wrong authority each end in one message that says so.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::{Machine, Spec};
use bowline_tests::node::Node;
use bowline_tests::registry::{self, Access, Registry};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Outcome;
use crate::refusals::ends_in_error;
use crate::shared::START;

const USER: &str = "sailor";
const PASSWORD: &str = "reef-knot";
/// The user and a bcrypt hash of the password.
const HTPASSWD: &str = "sailor:$2y$05$bowlinebowlinebowline.NAmqiOhMN1YEnQW.gFZ30820L7gJ95i\n";
const CA_FILE: &str = "/etc/ssl/private-ca.crt";

/// One machine serves all tests of this module.
static REGISTRIES: Mutex<Option<Arc<Registries>>> = Mutex::new(None);

struct Registries {
    open: Registry,
    private: Registry,
    /// The certificate of the authority that `private` is believed by.
    authority: String,
    // Dropped last: the registries run on it.
    _machine: Machine,
}

pub(crate) fn a_plain_mirror_replaces_the_archives() -> Outcome {
    let registries = registries()?;
    let mut node = without_archives("registry-plain")?;
    let host = &registries.open.host;
    configure(
        &node,
        &format!("mirrors:\n  docker.io:\n    endpoint: [\"http://{host}\"]\n"),
    )?;
    becomes_ready(&mut node)?;

    // crictl goes through the mirror too.
    let images = node.bowline(&["crictl", "images"])?;
    let image = images
        .lines()
        .find(|line| line.contains("bowline/metrics-server"));
    let mut words = image.context("an image of the bundle")?.split_whitespace();
    let image = [words.next(), words.next()]
        .map(Option::unwrap_or_default)
        .join(":");
    let is_there =
        |node: &Node| -> Result<bool> { Ok(!node.bowline(&["crictl", "images", "-q", &image])?.is_empty()) };
    node.bowline(&["crictl", "rmi", &image])?;
    assert!(!is_there(&node)?, "{image} was not removed");
    node.bowline(&["crictl", "pull", &image])?;
    assert!(is_there(&node)?, "{image} was not pulled");
    Ok(())
}

pub(crate) fn a_mirror_with_a_password_and_a_private_authority_replaces_the_archives() -> Outcome {
    let registries = registries()?;
    let mut node = without_archives("registry-private")?;
    configure(&node, &private_mirror(&registries.private.host, PASSWORD))?;
    trust(&node, &registries.authority)?;
    becomes_ready(&mut node)
}

pub(crate) fn a_default_registry_stands_in_for_all_others() -> Outcome {
    let registries = registries()?;
    let host = &registries.private.host;
    let mut node = without_archives("registry-default")?;
    node.configure(&format!("system-default-registry: {host}\n"))?;
    configure(&node, &credentials(host, PASSWORD))?;
    trust(&node, &registries.authority)?;
    becomes_ready(&mut node)?;
    let images = node.kubectl(&["get", "pods", "-A", "-o", "jsonpath={..image}"])?;
    let from_elsewhere: Vec<_> = images
        .split_whitespace()
        .filter(|image| !image.starts_with(host))
        .collect();
    assert!(from_elsewhere.is_empty(), "{from_elsewhere:?}");
    Ok(())
}

pub(crate) fn a_wrong_password_is_named() -> Outcome {
    let registries = registries()?;
    let host = &registries.private.host;
    let mut node = without_archives("registry-password")?;
    configure(&node, &private_mirror(host, "granny-knot"))?;
    trust(&node, &registries.authority)?;
    let said = ends_in_error(&mut node)?;
    for part in [host, "credentials", "registries.yaml"] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    assert!(!said.contains("granny-knot"), "the password is in: {said}");
    Ok(())
}

pub(crate) fn a_wrong_authority_is_named() -> Outcome {
    let registries = registries()?;
    let host = &registries.private.host;
    let mut node = without_archives("registry-authority")?;
    configure(&node, &private_mirror(host, PASSWORD))?;
    trust(&node, &authority("another")?.0)?;
    let said = ends_in_error(&mut node)?;
    for part in [host, "unknown authority", "ca_file"] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    Ok(())
}

/// Takes the registries away; a static value is not dropped.
pub(crate) fn remove() {
    let registries = REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(registries);
}

fn registries() -> Result<Arc<Registries>> {
    let mut known = REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(registries) = &*known {
        return Ok(Arc::clone(registries));
    }
    let registries = Arc::new(start().context("start the registries")?);
    Ok(Arc::clone(known.insert(registries)))
}

fn start() -> Result<Registries> {
    let distribution = Distribution::of_tests()?;
    let mut spec = Spec::new("registry");
    spec.volumes = vec![registry::VOLUME.into()];
    let mut machine = Machine::create(spec)?;
    registry::keep(&machine, &distribution.archives()?)?;
    machine.start()?;
    let program = distribution.tool("registry")?;
    let (authority, issuer) = authority("the right")?;
    let private = Access {
        htpasswd: Some(HTPASSWD.to_owned()),
        certificate: Some(certificate(&machine, &issuer)?),
    };
    Ok(Registries {
        open: Registry::start(&machine, &program, 5000, &Access::default())?,
        private: Registry::start(&machine, &program, 5443, &private)?,
        authority,
        _machine: machine,
    })
}

/// An authority of its own: its certificate as PEM, and what it signs with.
fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>)> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::default();
    // Two authorities of one name would differ by nothing but the key.
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("{name} authority"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key)?.pem();
    Ok((certificate, Issuer::new(parameters, key)))
}

fn certificate(machine: &Machine, issuer: &Issuer<'_, KeyPair>) -> Result<(String, String)> {
    let key = KeyPair::generate()?;
    let parameters = CertificateParams::new([machine.address().to_string()])?;
    let certificate = parameters.signed_by(&key, issuer)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// A machine with the program alone: all images have to come from elsewhere.
fn without_archives(name: &str) -> Result<Node> {
    let mut machine = Machine::create(Spec::new(name))?;
    machine.start()?;
    Node::install_program(machine, &Distribution::of_tests()?)
}

fn private_mirror(host: &str, password: &str) -> String {
    let mirror = format!("mirrors:\n  docker.io:\n    endpoint: [\"https://{host}\"]\n");
    mirror + &credentials(host, password)
}

fn credentials(host: &str, password: &str) -> String {
    format!(
        "configs:\n  \"{host}\":\n    auth: {{username: {USER}, password: {password}}}\n    tls: {{ca_file: {CA_FILE}}}\n"
    )
}

/// Writes registries.yaml.
fn configure(node: &Node, registries: &str) -> Result<()> {
    let file = node.machine.path("/etc/bowline/registries.yaml");
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    Ok(fs_err::write(file, registries)?)
}

fn trust(node: &Node, authority: &str) -> Result<()> {
    Ok(fs_err::write(node.machine.path(CA_FILE), authority)?)
}

fn becomes_ready(node: &mut Node) -> Outcome {
    node.start()?;
    node.wait_ready(START)?;
    let archives = fs_err::read_dir(node.machine.data_dir().join("agent/images"));
    assert!(
        archives.is_ok_and(|mut archives| archives.next().is_none()),
        "archives were there"
    );
    Ok(())
}
