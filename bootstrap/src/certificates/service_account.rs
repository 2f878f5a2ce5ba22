//! The key that signs `ServiceAccount` tokens, and all keys by which they are still believed.

use anyhow::{Context, Result, bail};
use rcgen::KeyPair;

use super::files::read_optional;
use crate::layout::Layout;
use crate::plan::File;

/// Signs: one private key.
const CURRENT: &str = "service.current";
/// Verifies: public keys, of which the current one is the first.
const ALL: &str = "service";

/// The keys in PEM: private key first, then every public key. kube-apiserver takes the same file for both uses:
/// it signs with the first private key, and verifies with keys in forms that exclude PKCS#8 ECDSA ones.
/// New files go to `made`.
pub(crate) fn prepare(layout: &Layout, made: &mut Vec<File>) -> Result<Vec<u8>> {
    let current = read_optional(&layout.tls_key(CURRENT))?;
    let all = read_optional(&layout.tls_key(ALL))?;
    let (current, is_new) = match current {
        Some(key) => (key, false),
        None if all.is_some() => bail!(
            "{} is missing, though {} is there; put it back from a backup, or remove both to make a new key, which \
             makes every ServiceAccount token void",
            layout.tls_key(CURRENT).display(),
            layout.tls_key(ALL).display(),
        ),
        None => {
            let key = KeyPair::generate().context("generate the ServiceAccount key")?;
            (key.serialize_pem().into_bytes(), true)
        }
    };
    let public = public_key(&current).with_context(|| {
        format!(
            "read the ServiceAccount key {}",
            layout.tls_key(CURRENT).display()
        )
    })?;
    let known = String::from_utf8(all.unwrap_or_default()).context("read the public ServiceAccount keys")?;
    let verifying = with_key(&known, public.as_deref());
    if is_new || verifying != known {
        made.push(file(layout, ALL, verifying.clone().into_bytes()));
        made.push(file(layout, CURRENT, current.clone()));
    }
    let separator: &[u8] = if current.ends_with(b"\n") { b"" } else { b"\n" };
    Ok([&current, separator, verifying.as_bytes()].concat())
}

/// The public half; `None` for a key in a form that kube-apiserver verifies with as it is (PKCS#1, SEC 1).
fn public_key(pem: &[u8]) -> Result<Option<String>> {
    let text = std::str::from_utf8(pem).context("it is not text")?;
    if text.contains("BEGIN RSA PRIVATE KEY") || text.contains("BEGIN EC PRIVATE KEY") {
        return Ok(None);
    }
    Ok(Some(KeyPair::from_pem(text)?.public_key_pem()))
}

/// The keys with this one in front, if it is not among them.
fn with_key(known: &str, key: Option<&str>) -> String {
    match key {
        Some(key) if !known.contains(key.trim()) => format!("{key}{known}"),
        _ => known.to_owned(),
    }
}

fn file(layout: &Layout, name: &str, content: Vec<u8>) -> File {
    File {
        path: layout.tls_key(name),
        mode: 0o600,
        owner: 0,
        content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prepares, and writes what was made.
    fn ensure(layout: &Layout) -> Result<Vec<u8>> {
        let mut made = Vec::new();
        let keys = prepare(layout, &mut made)?;
        crate::apply::store(&made)?;
        Ok(keys)
    }

    fn count(keys: &[u8], label: &str) -> usize {
        std::str::from_utf8(keys)
            .unwrap()
            .matches(&format!("BEGIN {label}"))
            .count()
    }

    #[test]
    fn the_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let first = ensure(&layout).unwrap();
        assert_eq!(
            (count(&first, "PRIVATE KEY"), count(&first, "PUBLIC KEY")),
            (1, 1)
        );
        assert_eq!(ensure(&layout).unwrap(), first);
    }

    #[test]
    fn a_new_current_key_leaves_the_old_one_believed() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        ensure(&layout).unwrap();
        let next = KeyPair::generate().unwrap();
        fs_err::write(layout.tls_key(CURRENT), next.serialize_pem()).unwrap();
        let keys = ensure(&layout).unwrap();
        assert_eq!((count(&keys, "PRIVATE KEY"), count(&keys, "PUBLIC KEY")), (1, 2));
        let text = String::from_utf8(keys).unwrap();
        let first = text.find("BEGIN PUBLIC KEY").unwrap();
        assert!(text[first - 5..].starts_with(next.public_key_pem().trim()));
    }

    #[test]
    fn a_lost_key_is_not_made_anew_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        ensure(&layout).unwrap();
        fs_err::remove_file(layout.tls_key(CURRENT)).unwrap();
        let error = ensure(&layout).unwrap_err().to_string();
        assert!(error.contains("service.current.key is missing"), "{error}");
    }
}
