//! One HTTP client for each way of TLS: roots, client certificate, or none of it checked.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Certificate, Client, Identity};

use super::settings::Tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// Where distributions keep the authorities that they trust; the first that exists is taken.
const SYSTEM_ROOTS: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
];

/// A client that trusts the system's authorities and `ca_file`.
pub(super) fn client(tls: &Tls) -> Result<Client> {
    let Tls {
        ca_file,
        cert_file,
        key_file,
        insecure_skip_verify,
    } = tls;
    // Fails when somebody was first, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut roots = system_roots()?;
    if let Some(path) = ca_file {
        roots.extend(certificates(path)?);
    }
    let mut builder = Client::builder()
        .user_agent(concat!("bowline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .tls_certs_only(roots)
        .tls_danger_accept_invalid_certs(*insecure_skip_verify);
    if let (Some(certificate), Some(key)) = (cert_file, key_file) {
        let pem = [fs_err::read(certificate)?, b"\n".to_vec(), fs_err::read(key)?].concat();
        let identity = Identity::from_pem(&pem);
        builder = builder.identity(
            identity.with_context(|| format!("read {} and {}", certificate.display(), key.display()))?,
        );
    }
    builder.build().context("set up TLS for registries")
}

/// A machine without any trusts nobody but the authorities that registries.yaml names.
fn system_roots() -> Result<Vec<Certificate>> {
    let chosen = std::env::var_os("SSL_CERT_FILE").map(Into::into);
    let found = chosen.or_else(|| {
        SYSTEM_ROOTS
            .iter()
            .map(Into::into)
            .find(|path: &std::path::PathBuf| path.exists())
    });
    found.map_or(Ok(Vec::new()), |path| certificates(&path))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    let found = Certificate::from_pem_bundle(&fs_err::read(path)?);
    found.with_context(|| format!("read the certificates in {}", path.display()))
}
