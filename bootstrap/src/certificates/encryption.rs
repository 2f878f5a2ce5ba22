//! The configuration by which kube-apiserver encrypts Secrets in etcd: made once with a new key, then the cluster's.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::files::read_optional;
use super::random;
use crate::layout::Layout;
use crate::plan::File;

/// Reads the configuration, or makes it; a new one goes to `made`.
pub(crate) fn prepare(layout: &Layout, made: &mut Vec<File>) -> Result<Vec<u8>> {
    let path = layout.encryption_config();
    if let Some(content) = read_optional(&path)? {
        serde_json::from_slice::<serde_json::Value>(&content).with_context(|| {
            format!(
                "read {}, which holds the key of the cluster's Secrets; put it back from a backup",
                path.display()
            )
        })?;
        return Ok(content);
    }
    let content = configuration(&random::bytes::<32>()?);
    made.push(File {
        path,
        mode: 0o600,
        owner: 0,
        content: content.clone(),
    });
    Ok(content)
}

fn configuration(key: &[u8; 32]) -> Vec<u8> {
    let key = json!({ "name": "aescbckey", "secret": STANDARD.encode(key) });
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{
            "resources": ["secrets"],
            "providers": [{ "aescbc": { "keys": [key] } }, { "identity": {} }],
        }],
    })
    .to_string()
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prepares, and writes what was made.
    fn ensure(layout: &Layout) -> Result<Vec<u8>> {
        let mut made = Vec::new();
        let content = prepare(layout, &mut made)?;
        crate::apply::store(&made)?;
        Ok(content)
    }

    #[test]
    fn the_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let first = ensure(&layout).unwrap();
        assert_eq!(ensure(&layout).unwrap(), first);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(ensure(&Layout::new(other.path())).unwrap(), first);
    }

    #[test]
    fn a_broken_configuration_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        ensure(&layout).unwrap();
        fs_err::write(layout.encryption_config(), "{").unwrap();
        let error = ensure(&layout).unwrap_err().to_string();
        assert!(error.contains("put it back from a backup"), "{error}");
    }
}
