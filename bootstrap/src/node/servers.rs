//! The node's own servers: the balancer for local clients and the supervisor for other nodes.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Node, Tls};
use crate::certificates::Certificates;
use crate::plan::{API_SERVER_PORT, Gate, local_address};
use crate::processes::health::Endpoint;
use crate::supervisor::balancer::{self, Route};
use crate::supervisor::server;

/// The on-node balancer's port on the loopback address.
const BALANCER_PORT: u16 = 6444;
/// The supervisor's port.
const SUPERVISOR_PORT: u16 = 9345;

impl Node {
    /// The way of local clients to an API server.
    pub(super) async fn balance(&self) -> Result<()> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, BALANCER_PORT))).await?;
        let is_first_start = is_empty(&self.layout.kubelet_root().join("pods"));
        let (route, receiver) = watch::channel(Route {
            servers: vec![self.api_server()],
            holds: is_first_start,
        });
        let until_ready = async {
            self.gates.passed(Gate::ApiServer).await;
            route.send_modify(|route| route.holds = false);
            self.shutdown.cancelled().await;
            Ok(())
        };
        tokio::try_join!(
            balancer::serve(listener, receiver, self.shutdown.clone()),
            until_ready
        )?;
        Ok(())
    }

    /// The supervisor's API; it answers from before the API server does.
    pub(super) async fn supervise(&self, certificates: &Certificates, tls: &Tls) -> Result<()> {
        let bind = self.settings.server.bind_address;
        let listener = listen(SocketAddr::from((bind, SUPERVISOR_PORT))).await?;
        let own = certificates
            .pair("serving-kube-apiserver")
            .context("find the supervisor's certificate")?;
        let own = server::tls_config(&own.certificate, &own.key)?;
        let supervisor = server::Supervisor {
            ca: Arc::new(certificates.server_ca().to_vec()),
            api_server: Endpoint {
                address: self.api_server(),
                path: "/readyz",
                tls: Some(tls.clone()),
            },
        };
        server::serve(listener, own, supervisor, self.shutdown.clone()).await
    }

    /// Where this node's API server answers to this node.
    pub(super) fn api_server(&self) -> SocketAddr {
        SocketAddr::from((local_address(self.settings.server.bind_address), API_SERVER_PORT))
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}"))
}

/// Whether a directory has nothing in it, or is not there.
fn is_empty(directory: &Path) -> bool {
    fs_err::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}
