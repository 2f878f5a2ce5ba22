//! The join token: `K10<sha256 of the server CA>::server:<secret>`, in `server/token`.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::files::read_optional;
use super::random;
use crate::layout::Layout;
use crate::plan::File;

/// The user in a server's token.
const USER: &str = "server";
/// What a token that pins a CA begins with.
const PREFIX: &str = "K10";

/// The token's file, if there is none or if its setting or the CA changed.
pub(crate) fn prepare(layout: &Layout, setting: Option<&str>, authority: &[u8]) -> Result<Option<File>> {
    let path = layout.token();
    let found = read_optional(&path)?;
    let found = found
        .map(String::from_utf8)
        .transpose()
        .context("read the token")?;
    let hash = authority_hash(authority);
    let secret = match (setting, &found) {
        (Some(setting), _) => secret(setting, &hash).context("read the setting `token`")?,
        (None, Some(found)) => any_secret(found.trim())
            .with_context(|| format!("read {}; remove it to have a new token made", path.display()))?,
        (None, None) => hex::encode(random::bytes::<16>()?),
    };
    let content = format!("{PREFIX}{hash}::{USER}:{secret}\n");
    if found.as_deref() == Some(content.as_str()) {
        return Ok(None);
    }
    Ok(Some(File {
        path,
        mode: 0o600,
        owner: 0,
        content: content.into_bytes(),
    }))
}

/// What a token pins: the bytes of the CA's file, in PEM.
fn authority_hash(authority: &[u8]) -> String {
    hex::encode(Sha256::digest(authority))
}

/// The secret of a token, which may be the short form; a CA that it pins must be ours.
fn secret(token: &str, hash: &str) -> Result<String> {
    if let Some(pinned) = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once("::"))
        && pinned.0 != hash
    {
        bail!("it pins a CA that is not this cluster's: that one has the hash {hash}");
    }
    any_secret(token)
}

/// The secret of a token, whatever CA it pins.
fn any_secret(token: &str) -> Result<String> {
    let pinned = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once("::"));
    let Some((_, credentials)) = pinned else {
        return checked(token);
    };
    match credentials.split_once(':') {
        Some((USER, secret)) => checked(secret),
        _ => bail!("a server's token ends in ::{USER}:<secret>"),
    }
}

fn checked(secret: &str) -> Result<String> {
    let is_sound = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    if !is_sound {
        bail!("its secret must be printable letters without spaces and colons");
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Node {
        folder: tempfile::TempDir,
    }

    impl Node {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
            }
        }

        fn token(&self, setting: Option<&str>, authority: &[u8]) -> Result<String> {
            let layout = Layout::new(self.folder.path());
            let made = prepare(&layout, setting, authority)?;
            crate::apply::store(made.as_slice())?;
            Ok(fs_err::read_to_string(layout.token())?)
        }
    }

    fn hash() -> String {
        authority_hash(b"ca")
    }

    #[test]
    fn a_token_is_made_once_and_pins_the_ca() {
        let node = Node::new();
        let first = node.token(None, b"ca").unwrap();
        let rest = first.strip_prefix(&format!("K10{}::server:", hash())).unwrap();
        assert_eq!(rest.trim().len(), 32);
        assert_eq!(node.token(None, b"ca").unwrap(), first);
    }

    #[test]
    fn a_new_ca_is_pinned_and_the_secret_kept() {
        let node = Node::new();
        let first = node.token(None, b"ca").unwrap();
        let second = node.token(None, b"other").unwrap();
        assert_ne!(first, second);
        assert_eq!(
            first.rsplit_once(':').unwrap().1,
            second.rsplit_once(':').unwrap().1
        );
    }

    #[test]
    fn the_setting_is_honoured_in_both_forms() {
        let node = Node::new();
        node.token(None, b"ca").unwrap();
        let expected = format!("K10{}::server:secret\n", hash());
        assert_eq!(node.token(Some("secret"), b"ca").unwrap(), expected);
        assert_eq!(node.token(Some(expected.trim()), b"ca").unwrap(), expected);
    }

    #[test]
    fn a_token_for_another_cluster_or_user_is_refused() {
        let node = Node::new();
        let foreign = format!("K10{}::server:secret", authority_hash(b"foreign"));
        let error = format!("{:#}", node.token(Some(&foreign), b"ca").unwrap_err());
        assert!(error.contains("pins a CA that is not this cluster's"), "{error}");
        let agent = format!("K10{}::node:secret", hash());
        assert!(node.token(Some(&agent), b"ca").is_err());
        assert!(node.token(Some("a:b"), b"ca").is_err());
    }

    #[test]
    fn an_unreadable_token_file_is_named() {
        let node = Node::new();
        let layout = Layout::new(node.folder.path());
        fs_err::create_dir_all(layout.server()).unwrap();
        fs_err::write(layout.token(), "").unwrap();
        let error = node.token(None, b"ca").unwrap_err().to_string();
        assert!(error.contains("server/token; remove it"), "{error}");
    }
}
