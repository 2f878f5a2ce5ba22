//! Pure: kubeconfigs, self-contained or with paths to files that are renewed in place.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// How a client proves who it is.
pub(crate) enum Identity<'a> {
    /// PEM, written into the kubeconfig.
    Embedded { certificate: &'a [u8], key: &'a [u8] },
    /// Paths; the client reads them again when they change.
    Files { certificate: String, key: String },
}

/// One cluster, one user, one context, all called `default`.
pub(crate) fn render(server: &str, authority: &[u8], identity: &Identity<'_>) -> Result<Vec<u8>> {
    let user = match identity {
        Identity::Embedded { certificate, key } => User::Embedded {
            client_certificate_data: STANDARD.encode(certificate),
            client_key_data: STANDARD.encode(key),
        },
        Identity::Files { certificate, key } => User::Files {
            client_certificate: certificate,
            client_key: key,
        },
    };
    let config = Config {
        api_version: "v1",
        kind: "Config",
        clusters: [Cluster {
            name: NAME,
            cluster: ClusterFields {
                server,
                certificate_authority_data: STANDARD.encode(authority),
            },
        }],
        users: [UserEntry { name: NAME, user }],
        contexts: [ContextEntry {
            name: NAME,
            context: ContextFields {
                cluster: NAME,
                user: NAME,
            },
        }],
        current_context: NAME,
    };
    let mut text = serde_json::to_string_pretty(&config).context("write a kubeconfig")?;
    text.push('\n');
    Ok(text.into_bytes())
}

const NAME: &str = "default";

#[derive(Serialize)]
struct Config<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    clusters: [Cluster<'a>; 1],
    users: [UserEntry<'a>; 1],
    contexts: [ContextEntry<'a>; 1],
    #[serde(rename = "current-context")]
    current_context: &'a str,
}

#[derive(Serialize)]
struct Cluster<'a> {
    name: &'a str,
    cluster: ClusterFields<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterFields<'a> {
    server: &'a str,
    certificate_authority_data: String,
}

#[derive(Serialize)]
struct UserEntry<'a> {
    name: &'a str,
    user: User<'a>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "kebab-case")]
enum User<'a> {
    Embedded {
        client_certificate_data: String,
        client_key_data: String,
    },
    Files {
        client_certificate: &'a str,
        client_key: &'a str,
    },
}

#[derive(Serialize)]
struct ContextEntry<'a> {
    name: &'a str,
    context: ContextFields<'a>,
}

#[derive(Serialize)]
struct ContextFields<'a> {
    cluster: &'a str,
    user: &'a str,
}

#[cfg(test)]
mod tests {
    use kube::config::Kubeconfig;

    use super::*;

    fn read(bytes: &[u8]) -> Kubeconfig {
        Kubeconfig::from_yaml(std::str::from_utf8(bytes).unwrap()).unwrap()
    }

    #[test]
    fn a_kubeconfig_is_what_clients_read() {
        let identity = Identity::Embedded {
            certificate: b"cert",
            key: b"key",
        };
        let config = read(&render("https://127.0.0.1:6443", b"ca", &identity).unwrap());
        assert_eq!(config.current_context.as_deref(), Some("default"));
        let cluster = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:6443"));
        assert_eq!(cluster.certificate_authority_data.as_deref(), Some("Y2E="));
        let user = config.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(user.client_certificate_data.as_deref(), Some("Y2VydA=="));
    }

    #[test]
    fn paths_stand_where_files_are_renewed() {
        let identity = Identity::Files {
            certificate: "/a.crt".to_owned(),
            key: "/a.key".to_owned(),
        };
        let config = read(&render("https://127.0.0.1:6444", b"ca", &identity).unwrap());
        let user = config.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(user.client_certificate.as_deref(), Some("/a.crt"));
        assert_eq!(user.client_key.as_deref(), Some("/a.key"));
    }
}
