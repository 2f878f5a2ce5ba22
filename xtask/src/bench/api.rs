//! The API server as this program asks it: one connection that stays open, so that asking often costs little.
//!
//! In: an administrator's kubeconfig and the node's address. Out: objects as JSON.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

const PORT: u16 = 6443;
/// A server that is just starting may accept a connection long before it answers.
const PATIENCE: Duration = Duration::from_secs(2);

/// A client of one API server.
pub(crate) struct Client {
    agent: Agent,
    server: String,
}

impl Client {
    /// A client with the rights of the user in `kubeconfig`, for the server at `address`.
    pub(crate) fn new(kubeconfig: &Path, address: Ipv4Addr) -> Result<Self> {
        let config: Value = serde_saphyr::from_str(&fs_err::read_to_string(kubeconfig)?)
            .with_context(|| format!("understand {}", kubeconfig.display()))?;
        let authority = pem(&config, "/clusters/0/cluster/certificate-authority-data")?;
        let certificate = pem(&config, "/users/0/user/client-certificate-data")?;
        let key = pem(&config, "/users/0/user/client-key-data")?;
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[Certificate::from_pem(&authority)?]))
            .client_cert(Some(ClientCert::new_with_certs(
                &[Certificate::from_pem(&certificate)?],
                PrivateKey::from_pem(&key)?,
            )))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        Ok(Self {
            agent,
            server: format!("https://{address}:{PORT}"),
        })
    }

    /// Whether the server says that it is ready.
    pub(crate) fn is_ready(&self) -> Result<bool> {
        let answer = self.agent.get(format!("{}/readyz", self.server)).call()?;
        Ok(answer.status() == 200)
    }

    /// What lies at `path`.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let mut answer = self.agent.get(format!("{}{path}", self.server)).call()?;
        let text = answer.body_mut().read_to_vec()?;
        ensure!(
            answer.status() == 200,
            "{path}: the API server says {}",
            answer.status()
        );
        serde_json::from_slice(&text).with_context(|| format!("understand {path}"))
    }
}

fn pem(config: &Value, place: &str) -> Result<Vec<u8>> {
    let text = config
        .pointer(place)
        .and_then(Value::as_str)
        .with_context(|| format!("the kubeconfig has no {place}"))?;
    BASE64.decode(text).with_context(|| format!("decode {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_without_a_key_is_told_what_it_lacks() {
        let config = serde_json::json!({"users": [{"user": {"client-key-data": "a2V5"}}]});
        assert_eq!(pem(&config, "/users/0/user/client-key-data").unwrap(), b"key");
        let error = pem(&config, "/clusters/0/cluster/certificate-authority-data").unwrap_err();
        assert!(
            error.to_string().contains("certificate-authority-data"),
            "{error}"
        );
    }
}
