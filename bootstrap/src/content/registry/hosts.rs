//! `registries.yaml` in containerd's words: a `hosts.toml` for each registry, and credentials. Pure.

use std::path::PathBuf;

use super::settings::{Auth, Registries, Tls, WILDCARD, default_url, split_url};

/// The folder that containerd takes for registries without one of their own.
const DEFAULT_FOLDER: &str = "_default";

/// Name of the folder below `certs.d/`, and content of the `hosts.toml` in it, for each registry.
pub(crate) fn hosts_toml(registries: &Registries) -> Vec<(String, String)> {
    let configured = registries.configs.keys().filter(|host| *host != WILDCARD);
    let mut names: Vec<&String> = registries.mirrors.keys().chain(configured).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| (folder_name(name), render(registries, name)))
        .collect()
}

/// containerd's configuration that holds the credentials, if there are any: a file for root's eyes only.
pub(crate) fn credentials_toml(registries: &Registries) -> Option<String> {
    let mut lines = vec![
        "# Written by bowline from registries.yaml.".to_owned(),
        "version = 3".to_owned(),
    ];
    let head = lines.len();
    for (host, config) in registries
        .configs
        .iter()
        .filter(|(_, config)| !config.auth.is_empty())
    {
        let Auth {
            username,
            password,
            encoded,
            identity_token,
        } = &config.auth;
        let host = if host == "docker.io" {
            "registry-1.docker.io"
        } else {
            host
        };
        lines.push(format!(
            "\n[plugins.'io.containerd.cri.v1.images'.registry.configs.{}.auth]",
            quoted(host)
        ));
        let fields = [
            ("username", username),
            ("password", password),
            ("auth", encoded),
            ("identitytoken", identity_token),
        ];
        let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
        lines.extend(said.map(|(key, value)| format!("{key} = {}", quoted(value))));
    }
    (lines.len() > head).then(|| lines.join("\n") + "\n")
}

/// Rewrites that containerd cannot be told: pods' own pulls from mirrors go without them.
pub(crate) fn rewrites_without_containerd(registries: &Registries) -> Vec<String> {
    let rewrites = registries.mirrors.iter().flat_map(|(registry, mirror)| {
        let inexpressible = prefix(&mirror.rewrite).is_none() && !mirror.rewrite.is_empty();
        let patterns = mirror
            .rewrite
            .keys()
            .map(move |pattern| format!("{registry}: {pattern}"));
        patterns.filter(move |_| inexpressible)
    });
    rewrites.collect()
}

fn render(registries: &Registries, name: &str) -> String {
    let mut lines = vec!["# Written by bowline from registries.yaml.".to_owned()];
    if name != WILDCARD {
        let url = default_url(name);
        lines.push(format!("server = {}", quoted(&url)));
        lines.push("capabilities = [\"pull\", \"resolve\", \"push\"]".to_owned());
        let host = url.rsplit('/').next().unwrap_or(name);
        lines.extend(tls(&registries.config(host).tls));
    }
    if let Some(mirror) = registries.mirrors.get(name) {
        let prefix = prefix(&mirror.rewrite);
        // Endpoints were checked when the file was read.
        for (base, host) in mirror
            .endpoints
            .iter()
            .filter_map(|endpoint| split_url(endpoint).ok())
        {
            let url = prefix
                .as_ref()
                .map_or_else(|| base.clone(), |prefix| format!("{base}/{prefix}"));
            lines.push(format!("\n[host.{}]", quoted(&url)));
            lines.push("capabilities = [\"pull\", \"resolve\"]".to_owned());
            if !url.ends_with("/v2") {
                lines.push("override_path = true".to_owned());
            }
            lines.extend(tls(&registries.config(&host).tls));
        }
    }
    lines.join("\n") + "\n"
}

fn tls(tls: &Tls) -> Vec<String> {
    let Tls {
        ca_file,
        cert_file,
        key_file,
        insecure_skip_verify,
    } = tls;
    let path = |path: &PathBuf| quoted(&path.display().to_string());
    let client = cert_file.as_ref().zip(key_file.as_ref());
    let lines = [
        ca_file.as_ref().map(|ca| format!("ca = [{}]", path(ca))),
        client.map(|(certificate, key)| format!("client = [[{}, {}]]", path(certificate), path(key))),
        insecure_skip_verify.then(|| "skip_verify = true".to_owned()),
    ];
    lines.into_iter().flatten().collect()
}

/// The one kind of rewrite that a URL can say: everything below a prefix.
fn prefix(rewrites: &std::collections::BTreeMap<String, String>) -> Option<String> {
    let (pattern, replacement) = rewrites.first_key_value().filter(|_| rewrites.len() == 1)?;
    let all = matches!(pattern.as_str(), "(.*)" | "^(.*)" | "^(.*)$" | "(.*)$");
    let prefix = replacement
        .strip_suffix("/$1")
        .or_else(|| replacement.strip_suffix("/${1}"))?;
    (all && !prefix.contains('$')).then(|| prefix.trim_matches('/').to_owned())
}

fn folder_name(registry: &str) -> String {
    match registry.rsplit_once(':') {
        _ if registry == WILDCARD => DEFAULT_FOLDER.to_owned(),
        Some((host, port)) => format!("{host}_{port}_"),
        None => registry.to_owned(),
    }
}

/// A TOML string; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = r#"
mirrors:
  docker.io:
    endpoint: ["https://mirror.local:5000", "http://plain.local/proxy"]
  quay.io:
    endpoint: [m.local]
    rewrite: {"^(.*)$": "quay/$1"}
  "*":
    endpoint: ["https://any.local"]
  odd.io:
    endpoint: ["https://odd.local"]
    rewrite: {"^a/(.*)": "b/$1"}
configs:
  mirror.local:5000:
    auth: {username: pull, password: 'pass"word'}
    tls: {ca_file: /etc/ca.pem, cert_file: /etc/c.pem, key_file: /etc/k.pem}
  private.local:8443:
    tls: {insecure_skip_verify: true}
"#;

    #[test]
    fn each_registry_has_its_file() {
        let files = hosts_toml(&Registries::parse(YAML).unwrap());
        let headed = files
            .into_iter()
            .map(|(folder, content)| [folder, content].join("\n"));
        let text = headed.collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn credentials_are_a_file_of_their_own() {
        let text = credentials_toml(&Registries::parse(YAML).unwrap()).unwrap();
        insta::assert_snapshot!(text);
        assert_eq!(credentials_toml(&Registries::default()), None);
    }

    #[test]
    fn rewrites_that_containerd_does_not_know_are_named() {
        let named = rewrites_without_containerd(&Registries::parse(YAML).unwrap());
        assert_eq!(named, ["odd.io: ^a/(.*)"]);
    }
}
