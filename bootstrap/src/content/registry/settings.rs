//! `registries.yaml`: mirrors, rewrites, credentials and TLS of registries, and what follows for a reference.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use serde::{Deserialize, Deserializer};

use super::super::reference::Reference;

/// Matches every registry that has no entry of its own.
pub(super) const WILDCARD: &str = "*";

/// What `registries.yaml` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registries {
    /// By registry, as images name it.
    #[serde(default, deserialize_with = "entries")]
    pub(super) mirrors: BTreeMap<String, Mirror>,
    /// By host, as endpoints name it.
    #[serde(default, deserialize_with = "entries")]
    pub(super) configs: BTreeMap<String, HostConfig>,
}

/// Where the images of a registry are looked for first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mirror {
    #[serde(default, rename = "endpoint", deserialize_with = "null_as_default")]
    pub(super) endpoints: Vec<String>,
    /// Regular expressions over the repository, and what becomes of it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) rewrite: BTreeMap<String, String>,
}

/// How a host is talked to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostConfig {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) auth: Auth,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) tls: Tls,
}

/// Credentials for a host.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) username: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) password: String,
    /// base64 of `username:password`.
    #[serde(default, rename = "auth", deserialize_with = "null_as_default")]
    pub(super) encoded: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) identity_token: String,
}

/// TLS towards a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    #[serde(default)]
    pub(super) ca_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) cert_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) insecure_skip_verify: bool,
}

impl fmt::Debug for Auth {
    /// Secrets stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({:?}, …)", self.username)
    }
}

impl Auth {
    /// User and password, however they were written.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        if !self.username.is_empty() {
            return Some((self.username.clone(), self.password.clone()));
        }
        let plain = base64::engine::general_purpose::STANDARD
            .decode(self.encoded.trim())
            .ok()?;
        let plain = String::from_utf8(plain).ok()?;
        let (username, password) = plain.trim_end_matches('\0').split_once(':')?;
        Some((username.to_owned(), password.to_owned()))
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One place where an image is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// URL that repositories are appended to: `https://host/v2`.
    pub(super) base: String,
    /// Host and port, the key of its config.
    pub(super) host: String,
    pub(super) repository: String,
    /// The registry's own, not a mirror.
    pub(super) is_default: bool,
}

impl Registries {
    /// The file's content; a file that does not exist is an empty one.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match fs_err::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("read {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// From the file's text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let registries = serde_saphyr::from_str::<Option<Self>>(text)?.unwrap_or_default();
        registries.check()?;
        Ok(registries)
    }

    fn check(&self) -> Result<()> {
        for (registry, mirror) in &self.mirrors {
            for endpoint in &mirror.endpoints {
                split_url(endpoint).with_context(|| format!("mirrors: {registry}: endpoint {endpoint}"))?;
            }
            for pattern in mirror.rewrite.keys() {
                regex::Regex::new(pattern)
                    .with_context(|| format!("mirrors: {registry}: rewrite {pattern}"))?;
            }
        }
        for (host, HostConfig { auth, tls }) in &self.configs {
            let Tls {
                cert_file, key_file, ..
            } = tls;
            ensure!(
                cert_file.is_some() == key_file.is_some(),
                "configs: {host}: tls: cert_file and key_file are only of use together"
            );
            ensure!(
                auth.encoded.is_empty() || auth.basic().is_some(),
                "configs: {host}: auth: auth has to be base64 of username:password"
            );
        }
        Ok(())
    }

    /// Where an image is looked for, in order; the registry itself comes last and is asked without rewrite.
    pub(crate) fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        let Reference {
            registry, repository, ..
        } = reference;
        let mut endpoints = Vec::new();
        if let Some(mirror) = self.mirrors.get(registry).or_else(|| self.mirrors.get(WILDCARD)) {
            let rewritten = rewrite(&mirror.rewrite, repository)?;
            for url in &mirror.endpoints {
                let (base, host) = split_url(url)?;
                endpoints.push(Endpoint {
                    base,
                    host,
                    repository: rewritten.clone(),
                    is_default: false,
                });
            }
        }
        let (base, host) = split_url(&default_url(registry))?;
        if !endpoints
            .iter()
            .any(|endpoint| endpoint.base == base && endpoint.repository == *repository)
        {
            endpoints.push(Endpoint {
                base,
                host,
                repository: repository.clone(),
                is_default: true,
            });
        }
        Ok(endpoints)
    }

    /// The config of an endpoint's host; a registry's own host is also known by the registry's name.
    pub(super) fn config(&self, host: &str) -> HostConfig {
        let by_name = || {
            (host == default_host("docker.io"))
                .then(|| self.configs.get("docker.io"))
                .flatten()
        };
        let found = self.configs.get(host).or_else(by_name);
        found
            .or_else(|| self.configs.get(WILDCARD))
            .cloned()
            .unwrap_or_default()
    }
}

/// The registry's own address.
pub(super) fn default_url(registry: &str) -> String {
    let host = default_host(registry);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let local = matches!(name, "localhost" | "[::1]") || name.starts_with("127.");
    format!("{}://{host}", if local { "http" } else { "https" })
}

fn default_host(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        other => other,
    }
}

/// The URL that repositories are appended to, and its host. A path is taken as it stands, none means `/v2`.
pub(super) fn split_url(url: &str) -> Result<(String, String)> {
    let whole = if url.contains("://") {
        url.to_owned()
    } else {
        format!("https://{url}")
    };
    let (scheme, rest) = whole.split_once("://").context("a URL has a scheme")?;
    ensure!(
        matches!(scheme, "http" | "https"),
        "the scheme has to be http or https"
    );
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    ensure!(
        !host.is_empty() && host.chars().all(plain),
        "the host has odd characters"
    );
    ensure!(
        !path.contains(['?', '#', '"', '\\']) && !path.contains(char::is_control),
        "the path is odd"
    );
    let path = match path.trim_matches('/') {
        "" => "v2",
        path => path,
    };
    Ok((format!("{scheme}://{host}/{path}"), host.to_owned()))
}

/// The first pattern that changes the repository decides.
fn rewrite(rewrites: &BTreeMap<String, String>, repository: &str) -> Result<String> {
    for (pattern, replacement) in rewrites {
        let rewritten = regex::Regex::new(pattern)?.replace_all(repository, replacement.as_str());
        if rewritten != repository {
            return Ok(rewritten.into_owned());
        }
    }
    Ok(repository.to_owned())
}

/// A key without a value means nothing was said.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Entries without a value, or none at all, are empty ones.
fn entries<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    let entries = Option::<BTreeMap<String, Option<T>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(entries
        .into_iter()
        .map(|(key, value)| (key, value.unwrap_or_default()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(yaml: &str, reference: &str) -> Vec<(String, String)> {
        let registries = Registries::parse(yaml).unwrap();
        let endpoints = registries.endpoints(&reference.parse().unwrap()).unwrap();
        endpoints
            .into_iter()
            .map(|endpoint| (endpoint.base, endpoint.repository))
            .collect()
    }

    fn pair(base: &str, repository: &str) -> (String, String) {
        (base.to_owned(), repository.to_owned())
    }

    #[test]
    fn mirrors_come_in_order_and_the_registry_last_without_rewrite() {
        let yaml = r#"
mirrors:
  docker.io:
    endpoint: ["https://mirror.local:5000", "http://other/proxy/v2"]
    rewrite: {"^bowline/(.*)": "prod/$1"}
"#;
        assert_eq!(
            bases(yaml, "bowline/etcd:v1"),
            [
                pair("https://mirror.local:5000/v2", "prod/etcd"),
                pair("http://other/proxy/v2", "prod/etcd"),
                pair("https://registry-1.docker.io/v2", "bowline/etcd"),
            ]
        );
    }

    #[test]
    fn the_wildcard_serves_registries_without_a_mirror_of_their_own() {
        let yaml = "mirrors:\n  '*':\n    endpoint: [m.local]\n  quay.io:\n";
        assert_eq!(bases(yaml, "ghcr.io/a/b")[0], pair("https://m.local/v2", "a/b"));
        assert_eq!(bases(yaml, "quay.io/a/b"), [pair("https://quay.io/v2", "a/b")]);
    }

    #[test]
    fn a_registry_on_this_machine_is_asked_without_tls() {
        assert_eq!(
            bases("", "localhost:5000/a"),
            [pair("http://localhost:5000/v2", "a")]
        );
        assert_eq!(
            bases("", "127.0.0.1:5000/a"),
            [pair("http://127.0.0.1:5000/v2", "a")]
        );
    }

    #[test]
    fn unknown_keys_are_errors_with_their_line() {
        let error = Registries::parse("mirrors:\n  docker.io:\n    endpoints: [a]\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("endpoints") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        for (yaml, word) in [
            ("mirrors: {a: {endpoint: ['ftp://b']}}", "scheme"),
            ("mirrors: {a: {endpoint: ['https://b c']}}", "odd characters"),
            ("mirrors: {a: {rewrite: {'(': x}}}", "rewrite ("),
            ("configs: {a: {tls: {cert_file: /x}}}", "only of use together"),
            ("configs: {a: {auth: {auth: '###'}}}", "base64"),
        ] {
            let error = format!("{:#}", Registries::parse(yaml).unwrap_err());
            assert!(error.contains(word), "{yaml}: {error}");
        }
    }

    #[test]
    fn credentials_are_read_in_both_forms_and_never_printed() {
        let yaml = "configs:\n  a: {auth: {username: u, password: secret}}\n  b: {auth: {auth: dTpwOnc=}}\n";
        let registries = Registries::parse(yaml).unwrap();
        assert_eq!(
            registries.config("a").auth.basic(),
            Some(("u".into(), "secret".into()))
        );
        assert_eq!(
            registries.config("b").auth.basic(),
            Some(("u".into(), "p:w".into()))
        );
        assert_eq!(registries.config("c").auth.basic(), None);
        assert!(!format!("{registries:?}").contains("secret"));
    }

    #[test]
    fn docker_hub_is_known_by_its_name_too() {
        let registries = Registries::parse("configs: {docker.io: {auth: {username: u}}}").unwrap();
        assert_eq!(registries.config("registry-1.docker.io").auth.username, "u");
    }
}
