//! The supervisor's HTTPS API on 9345: what other nodes and probes ask a server.
//!
//! `GET /ping` says `pong`; `GET /cacerts` gives the CA that joining nodes compare with their token; `GET /readyz`
//! answers 200 once the API server is ready.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::processes::health::Endpoint;

/// A client that does not finish its handshake by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What the API answers from.
#[derive(Clone)]
pub(crate) struct Supervisor {
    /// PEM of the CA that signs every server certificate.
    pub(crate) ca: Arc<Vec<u8>>,
    /// Where the API server of this node answers for its health.
    pub(crate) api_server: Endpoint,
}

/// Serves the API on `listener` until `shutdown`.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    supervisor: Supervisor,
    shutdown: CancellationToken,
) -> Result<()> {
    let routes = routes(supervisor);
    let acceptor = TlsAcceptor::from(tls);
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    clients.spawn(answer(client, acceptor.clone(), routes.clone()));
                }
                Err(error) => {
                    debug!(%error, "client not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = clients.join_next() => {}
        }
    }
    clients.shutdown().await;
    Ok(())
}

/// TLS from PEM: a certificate chain and its key.
pub(crate) fn tls_config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
    let chain = chain.context("read the supervisor's certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key).context("read the supervisor's key")?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("choose TLS versions")?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("use the supervisor's certificate")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn routes(supervisor: Supervisor) -> Router {
    Router::new()
        .route("/ping", get(async || "pong"))
        .route(
            "/cacerts",
            get(async |State(supervisor): State<Supervisor>| supervisor.ca.to_vec()),
        )
        .route("/readyz", get(readyz))
        .with_state(supervisor)
}

async fn readyz(State(supervisor): State<Supervisor>) -> (StatusCode, &'static str) {
    if supervisor.api_server.ask().await.is_ok() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the API server is not ready")
    }
}

async fn answer(client: TcpStream, acceptor: TlsAcceptor, routes: Router) {
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(client)).await else {
        return;
    };
    let service = TowerToHyperService::new(routes);
    let connection = Builder::new(TokioExecutor::new());
    if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
        debug!(error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use std::net::SocketAddr;
    use tokio::io::AsyncWriteExt;
    use tower::ServiceExt;

    fn supervisor(api_server: SocketAddr) -> Supervisor {
        Supervisor {
            ca: Arc::new(b"PEM".to_vec()),
            api_server: Endpoint {
                address: api_server,
                path: "/readyz",
                tls: None,
            },
        }
    }

    async fn nobody() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    }

    async fn ask(routes: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = routes.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readyz_follows_the_api_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let up = routes(supervisor(listener.local_addr().unwrap()));
        let api_server = async {
            let (mut client, _) = listener.accept().await.unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\nok").await.unwrap();
        };
        let ((status, _), ()) = tokio::join!(ask(&up, "/readyz"), api_server);
        assert_eq!(status, StatusCode::OK);
        let down = routes(supervisor(nobody().await));
        assert_eq!(ask(&down, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn anyone_may_ask_for_the_ca_but_for_nothing_unknown() {
        let routes = routes(supervisor(nobody().await));
        assert_eq!(ask(&routes, "/ping").await.1, "pong");
        assert_eq!(ask(&routes, "/cacerts").await.1, "PEM");
        assert_eq!(ask(&routes, "/server-bootstrap").await.0, StatusCode::NOT_FOUND);
    }
}
