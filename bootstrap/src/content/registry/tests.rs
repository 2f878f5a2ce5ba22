//! Against a small registry of our own on loopback, with the whims of real ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use bytes::Bytes;

use super::super::archive::tests::{Made, make_image, make_tar};
use super::super::digest::Digest;
use super::*;

/// How a registry behaves.
#[derive(Clone, Copy, Default)]
struct Whims {
    /// Only for user `u` with password `p`.
    wants: Wants,
    /// Connections break off after this many bytes of a blob.
    breaks_after: Option<usize>,
    /// `Range` is not understood.
    no_ranges: bool,
    /// Blobs have one byte changed.
    tampers: bool,
    /// So many requests fail with 503 at first.
    fails: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Wants {
    #[default]
    Nothing,
    Token,
    Basic,
}

struct Registry {
    host: String,
    made: Made,
    whims: Whims,
    requests: AtomicUsize,
}

const USER: &str = "u:p";

impl Registry {
    /// Serves the repository `a/b`, tag `v1`.
    async fn start(whims: Whims) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let large: Vec<u8> = (0..300_000_u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        let made = make_image(&[make_tar(&[("bin/a", large)])]);
        let registry = Arc::new(Self {
            host,
            made,
            whims,
            requests: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(answer).with_state(registry.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        registry
    }

    fn authorized(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get("authorization")
            .map_or("", |value| value.to_str().unwrap());
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(USER));
        match self.whims {
            Whims {
                wants: Wants::Token, ..
            } => given == "Bearer secret",
            Whims {
                wants: Wants::Basic, ..
            } => given == basic,
            _ => true,
        }
    }

    fn challenge(&self) -> String {
        if self.whims.wants == Wants::Basic {
            return "Basic realm=\"test\"".to_owned();
        }
        format!(
            "Bearer realm=\"http://{}/token\",service=\"test\",scope=\"repository:a/b:pull\"",
            self.host
        )
    }

    fn find(&self, path: &str) -> Option<Bytes> {
        if path == "/v2/a/b/manifests/v1" {
            return Some(self.made.documents[0].clone());
        }
        let digest: Digest = path.strip_prefix("/v2/a/b/blobs/")?.parse().ok()?;
        let blobs = self.made.documents.iter().chain(&self.made.layers);
        blobs.into_iter().find(|blob| Digest::of(blob) == digest).cloned()
    }
}

async fn answer(State(registry): State<Arc<Registry>>, request: Request) -> axum::response::Response {
    let number = registry.requests.fetch_add(1, Ordering::SeqCst);
    let (headers, path) = (request.headers(), request.uri().path());
    if number < registry.whims.fails {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if path == "/token" {
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(USER));
        let known = headers
            .get("authorization")
            .is_some_and(|value| value.to_str().unwrap() == basic);
        return if known {
            r#"{"token":"secret"}"#.into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        };
    }
    if !registry.authorized(headers) {
        return (
            StatusCode::UNAUTHORIZED,
            [("www-authenticate", registry.challenge())],
        )
            .into_response();
    }
    let Some(mut bytes) = registry.find(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !path.contains("blobs") || bytes.len() < 1000 {
        return (
            [("content-type", "application/vnd.oci.image.manifest.v1+json")],
            bytes,
        )
            .into_response();
    }
    if registry.whims.tampers {
        bytes = bytes.iter().map(|byte| byte ^ 1).collect();
    }
    let range = headers.get("range").filter(|_| !registry.whims.no_ranges);
    let from = range.map_or(0, |range| {
        range
            .to_str()
            .unwrap()
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()
            .unwrap()
    });
    let status = if range.is_some() {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let rest = bytes.slice(from..);
    let body = match registry.whims.breaks_after {
        // With ranges the rest comes in pieces; without them each try has to reach further than the one before.
        Some(after) => broken_off(&rest, after * if registry.whims.no_ranges { number } else { 1 }),
        None => axum::body::Body::from(rest),
    };
    (status, body).into_response()
}

fn broken_off(bytes: &Bytes, after: usize) -> axum::body::Body {
    if after >= bytes.len() {
        return axum::body::Body::from(bytes.clone());
    }
    let chunks = [Ok(bytes.slice(..after)), Err(std::io::Error::other("gone"))];
    let slowly = futures::stream::unfold(chunks.into_iter(), |mut chunks| async move {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        chunks.next().map(|chunk| (chunk, chunks))
    });
    axum::body::Body::from_stream(slowly)
}

fn client(yaml: &str) -> Arc<Client> {
    Arc::new(Client::new(Registries::parse(yaml).unwrap()))
}

/// Pulls `reference` and returns the bytes of its layer.
async fn pull(client: &Arc<Client>, reference: &str) -> Result<Vec<u8>, String> {
    let pulled = client
        .image(&reference.parse().unwrap())
        .await
        .map_err(|error| format!("{error:#}"))?;
    let mut blobs = client.blobs(&pulled, pulled.image.blobs());
    let mut found = Vec::new();
    let mut received = Ok(());
    while let Some(mut blob) = blobs.next().await {
        loop {
            match blob.chunk().await {
                Ok(Some(chunk)) => found.extend(chunk),
                Ok(None) => break,
                Err(error) => {
                    received = Err(error.into());
                    break;
                }
            }
        }
    }
    blobs
        .finish(received)
        .await
        .map(|()| found)
        .map_err(|error| format!("{error:#}"))
}

async fn pull_from(registry: &Registry, config: &str) -> Result<Vec<u8>, String> {
    let client = client(&format!("configs: {{'{}': {config}}}", registry.host));
    pull(&client, &format!("{}/a/b:v1", registry.host)).await
}

const KNOWN: &str = "{auth: {username: u, password: p}}";

#[tokio::test]
async fn an_open_registry_gives_the_layers() {
    let registry = Registry::start(Whims::default()).await;
    assert_eq!(pull_from(&registry, "{}").await.unwrap(), registry.made.layers[0]);
}

#[tokio::test]
async fn credentials_open_registries_with_tokens_and_without() {
    for wants in [Wants::Token, Wants::Basic] {
        let whims = Whims {
            wants,
            ..Whims::default()
        };
        let registry = Registry::start(whims).await;
        assert_eq!(
            pull_from(&registry, KNOWN).await.unwrap(),
            registry.made.layers[0]
        );
        for config in ["{}", "{auth: {username: u, password: wrong}}"] {
            let error = pull_from(&registry, config).await.unwrap_err();
            assert!(
                error.contains("refuses the credentials") && error.contains(&registry.host),
                "{error}"
            );
            assert_eq!(error.lines().count(), 1);
        }
    }
}

#[tokio::test]
async fn broken_connections_are_resumed() {
    for no_ranges in [false, true] {
        let registry = Registry::start(Whims {
            breaks_after: Some(400_000),
            no_ranges,
            ..Whims::default()
        })
        .await;
        assert_eq!(pull_from(&registry, "{}").await.unwrap(), registry.made.layers[0]);
    }
}

#[tokio::test]
async fn a_registry_in_trouble_is_asked_again() {
    let registry = Registry::start(Whims {
        fails: 2,
        ..Whims::default()
    })
    .await;
    assert_eq!(pull_from(&registry, "{}").await.unwrap(), registry.made.layers[0]);
}

#[tokio::test]
async fn tampered_blobs_are_refused() {
    let registry = Registry::start(Whims {
        tampers: true,
        ..Whims::default()
    })
    .await;
    let error = pull_from(&registry, "{}").await.unwrap_err();
    assert!(error.contains("tampered"), "{error}");
}

#[tokio::test]
async fn a_mirror_serves_other_registries_with_a_rewrite() {
    let registry = Registry::start(Whims::default()).await;
    let yaml = format!(
        "mirrors: {{docker.io: {{endpoint: ['http://127.0.0.1:1', 'http://{}'], rewrite: {{'^x/(.*)': 'a/$1'}}}}}}",
        registry.host
    );
    let client = client(&yaml);
    assert_eq!(
        pull(&client, "docker.io/x/b:v1").await.unwrap(),
        registry.made.layers[0]
    );
}

#[tokio::test]
async fn every_endpoint_says_why_in_one_line() {
    let registry = Registry::start(Whims::default()).await;
    let yaml = format!(
        "mirrors: {{'127.0.0.1:1': {{endpoint: ['http://{}']}}}}",
        registry.host
    );
    let error = pull(&client(&yaml), "127.0.0.1:1/a/other:v1").await.unwrap_err();
    for part in ["127.0.0.1:1/a/other:v1", "no such image", "connection refused"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(error.lines().count(), 1);
}

#[tokio::test]
async fn an_unknown_authority_is_named_and_ca_file_cures_it() {
    let registry = Registry::start(Whims::default()).await;
    let (host, ca) = tls_front(registry.host.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs_err::write(&file, ca).unwrap();
    let reference = format!("{host}/a/b:v1");
    let mirrored = format!("mirrors: {{'{host}': {{endpoint: ['https://{host}']}}}}");

    let error = pull(&client(&mirrored), &reference).await.unwrap_err();
    assert!(
        error.contains("unknown authority") && error.contains("ca_file"),
        "{error}"
    );
    for tls in [
        format!("ca_file: {}", file.display()),
        "insecure_skip_verify: true".to_owned(),
    ] {
        let yaml = format!("{mirrored}\nconfigs: {{'{host}': {{tls: {{{tls}}}}}}}");
        assert_eq!(
            pull(&client(&yaml), &reference).await.unwrap(),
            registry.made.layers[0]
        );
    }
}

/// TLS in front of a plain server; returns its host and the certificate of its authority.
async fn tls_front(behind: String) -> (String, String) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let mut front = acceptor.accept(stream).await?;
                let mut back = tokio::net::TcpStream::connect(behind).await?;
                tokio::io::copy_bidirectional(&mut front, &mut back).await
            });
        }
    });
    (host, certificate.pem())
}
