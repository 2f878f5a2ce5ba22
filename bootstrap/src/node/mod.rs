//! The running node: settings → content → certificates → plan → apply → run, until shutdown.
//!
//! [`Node::live`] is the whole way in order. Everything that can run side by side does: programs are unpacked beside
//! the issue of certificates, images are imported beside the start of the kubelet, and each static pod waits for
//! nothing but its own image and its own [`gates`].

mod charts;
mod cluster;
mod control_plane;
mod diagnosis;
mod facts;
mod follow;
mod gates;
mod images;
mod in_cluster;
mod notify;
mod ports;
mod sandboxes;
mod static_pods;
mod trust;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::certificates::{self, Certificates};
use crate::layout::Layout;
use crate::lock::Lock;
use crate::plan::images::Images;
use crate::plan::{self, Inputs, NodePlan, local_address};
use crate::processes::health::Endpoint;
use crate::processes::{Children, leftover, log};
use crate::settings::Settings;
use crate::status::{Board, Cause, Stage};
use crate::supervisor::balancer::{self, Route};
use crate::supervisor::server;
use crate::{apply, ledger};
use gates::Gates;
use images::{Content, Present};
use sandboxes::Runtime;

/// The on-node balancer's port on the loopback address.
const BALANCER_PORT: u16 = 6444;
/// The supervisor's port.
const SUPERVISOR_PORT: u16 = 9345;
/// How often a socket that is not there yet is tried.
const SOON: Duration = Duration::from_millis(10);
/// containerd that does not answer by then gets a cause on the board.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to believe about the health of the control plane.
type Tls = Arc<rustls::ClientConfig>;

/// What all steps of one node share.
struct Node {
    settings: Settings,
    layout: Layout,
    images: Images,
    board: Board,
    children: Children,
    gates: Gates,
    present: Present,
}

/// Runs a node until SIGTERM or SIGINT, or until containerd ends.
pub(crate) async fn run(settings: Settings) -> Result<()> {
    let layout = Layout::new(&settings.data_dir);
    let _lock = Lock::take(&layout)?;
    ledger::open(&layout.ledger()).context("note the machine's sysctls")?;
    let node = Node::new(settings, layout)?;
    let shutdown = CancellationToken::new();
    let outcome = tokio::select! {
        biased;
        name = asked_to_stop() => name.map(|name| info!(signal = name, "stopping")),
        error = node.children.failure() => Err(error),
        ended = node.live(&shutdown) => ended,
    };
    if let Err(error) = &outcome {
        node.board.all_failed(&Cause {
            cause: format!("{error:#}"),
            remedy: None,
        });
    }
    shutdown.cancel();
    node.children.stop().await;
    outcome
}

/// Waits for a signal that ends the program, and says which.
async fn asked_to_stop() -> Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

impl Node {
    fn new(settings: Settings, layout: Layout) -> Result<Self> {
        let board = Board::new(&layout.status(), "server", &settings.node.name, &Stage::SERVER)
            .context("write the status file")?;
        Ok(Self {
            images: Images {
                system_default_registry: settings.registry.system_default_registry.clone(),
            },
            children: Children::new(),
            gates: Gates::default(),
            present: Present::default(),
            settings,
            layout,
            board,
        })
    }

    /// From nothing to a node that lives until it is told to stop.
    async fn live(&self, shutdown: &CancellationToken) -> Result<()> {
        leftover::end(&self.layout.contents(), &["kubelet", "containerd"]).await?;
        ports::check(self.settings.role, &self.layout.contents())?;
        let (content, certificates) = tokio::try_join!(self.unpack(), self.certify())?;
        let facts = facts::gather(&self.layout, &self.settings.node.name)?;
        let plan = plan::plan(&Inputs {
            layout: &self.layout,
            settings: &self.settings,
            facts: &facts,
            images: &self.images,
            credentials: &certificates.credentials(),
            registries: &content.registries,
            kubelet_fragment: &Value::Null,
        });
        apply::apply(&plan.directories, &plan.files).context("write the node's files")?;
        let charts = charts::prepare(&self.layout, &content.charts(), &self.settings, &facts)?;
        let tls = trust::client_tls(certificates.server_ca())?;
        let objects = plan::operator::objects(&self.images, &self.layout);
        tokio::try_join!(
            self.balance(shutdown),
            self.supervise(&certificates, &tls, shutdown),
            self.start(&plan, &content, &tls),
            self.look_after_cluster(&objects, &charts),
        )?;
        Ok(())
    }

    /// The children, the images and the static pods.
    async fn start(&self, plan: &NodePlan, content: &Content, tls: &Tls) -> Result<()> {
        let [containerd, kubelet] = &plan.processes[..] else {
            anyhow::bail!("a plan has two processes: containerd and the kubelet");
        };
        self.board.running(Stage::Containerd);
        self.children.start(containerd.clone());
        let mut runtime = self.containerd(&containerd.log).await?;
        self.board.done(Stage::Containerd);
        let import = self.import(content);
        let pods = async {
            static_pods::prepare(
                &self.layout,
                &mut runtime,
                &self.settings.node.name,
                &plan.static_pods,
            )
            .await?;
            self.children.start(kubelet.clone());
            self.gates.open(plan::Gate::Kubelet);
            tokio::try_join!(self.follow_kubelet(&kubelet.log), self.control_plane(plan, tls))
        };
        tokio::try_join!(import, pods)?;
        Ok(())
    }

    /// Waits until containerd answers.
    async fn containerd(&self, output: &Path) -> Result<Runtime> {
        let begun = Instant::now();
        loop {
            let error = match Runtime::connect(&self.layout.containerd_socket()).await {
                Ok(mut runtime) => match runtime.version().await {
                    Ok(()) => return Ok(runtime),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if begun.elapsed() > PATIENCE {
                let said = log::last_words(output).unwrap_or_else(|| format!("{error:#}"));
                self.board.stuck(
                    Stage::Containerd,
                    Cause {
                        cause: format!("containerd does not answer yet: {said}"),
                        remedy: Some(format!("see {}", output.display())),
                    },
                );
            }
            tokio::time::sleep(SOON).await;
        }
    }

    /// The way of local clients to an API server.
    async fn balance(&self, shutdown: &CancellationToken) -> Result<()> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, BALANCER_PORT))).await?;
        let is_first_start = is_empty(&self.layout.kubelet_root().join("pods"));
        let (route, receiver) = watch::channel(Route {
            servers: vec![self.api_server()],
            holds: is_first_start,
        });
        let until_registered = async {
            self.gates.passed(plan::Gate::ApiServer).await;
            route.send_modify(|route| route.holds = false);
            shutdown.cancelled().await;
            Ok(())
        };
        tokio::try_join!(
            balancer::serve(listener, receiver, shutdown.clone()),
            until_registered
        )?;
        Ok(())
    }

    /// The supervisor's API; it answers from before the API server does.
    async fn supervise(
        &self,
        certificates: &Certificates,
        tls: &Tls,
        shutdown: &CancellationToken,
    ) -> Result<()> {
        let listener = listen(SocketAddr::from((
            self.settings.server.bind_address,
            SUPERVISOR_PORT,
        )))
        .await?;
        let own = certificates
            .pair("serving-kube-apiserver")
            .context("find the supervisor's certificate")?;
        let supervisor = server::Supervisor {
            ca: Arc::new(certificates.server_ca().to_vec()),
            api_server: Endpoint {
                address: self.api_server(),
                path: "/readyz",
                tls: Some(tls.clone()),
            },
        };
        server::serve(
            listener,
            server::tls_config(&own.certificate, &own.key)?,
            supervisor,
            shutdown.clone(),
        )
        .await
    }

    /// Where this node's API server answers to this node.
    fn api_server(&self) -> SocketAddr {
        SocketAddr::from((
            local_address(self.settings.server.bind_address),
            plan::API_SERVER_PORT,
        ))
    }

    async fn certify(&self) -> Result<Certificates> {
        self.board.running(Stage::Certificates);
        let certificates = certificates::prepare(&self.layout, &self.settings, OffsetDateTime::now_utc())
            .context("prepare certificates")?;
        self.board.done(Stage::Certificates);
        Ok(certificates)
    }
}

/// Whether a directory has nothing in it, or is not there.
fn is_empty(directory: &Path) -> bool {
    fs_err::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}"))
}

/// Tells systemd, which may not listen; the node runs on all the same.
fn notify_ready() {
    if let Err(error) = notify::ready() {
        warn!(
            error = format!("{error:#}"),
            "systemd does not know that the node is ready"
        );
    }
}
