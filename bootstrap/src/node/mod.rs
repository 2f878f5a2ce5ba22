//! The running node: settings → content → certificates → plan → apply → run, until shutdown.
//!
//! [`Node::live`] is the whole way in order. Everything that can run side by side does: programs are unpacked beside
//! the issue of certificates, images are imported beside the start of the kubelet, and each static pod waits for
//! nothing but its own image and its own [`gates`]. Certificates that are due, and what the cluster says in the
//! node's [`node_state`], go the same way again: plan, apply, and only what changed is restarted.

mod charts;
mod cluster;
mod control_plane;
mod diagnosis;
mod facts;
mod follow;
mod gates;
mod images;
mod in_cluster;
mod modules;
mod node_state;
mod notify;
mod obsolete;
pub(crate) mod ports;
mod pressure;
mod sandboxes;
mod servers;
mod start;
mod static_pods;
mod sysctls;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::certificates::{self, Certificates};
use crate::commands::check;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::plan::credentials::Credentials;
use crate::plan::facts::HostFacts;
use crate::plan::images::Images;
use crate::plan::{self, Inputs, NodePlan};
use crate::processes::{Children, leftover};
use crate::settings::{Role, Settings};
use crate::status::{Board, Cause, Stage};
use crate::{apply, ledger};
use gates::Gates;
use images::{Content, Present, Troubles};

/// How often the clock is compared with the certificates' end: a machine may sleep past any timer, and nobody shall
/// meet an expired one when it wakes.
const CERTIFICATES: Duration = Duration::from_secs(1);

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
    troubles: Troubles,
    shutdown: CancellationToken,
    begun: Timestamp,
}

/// What a plan is made of, but for what the cluster says.
struct Blueprint<'a> {
    node: &'a Node,
    facts: &'a HostFacts,
    content: &'a Content,
    credentials: Credentials,
}

/// Runs a node until SIGTERM or SIGINT, or until containerd ends.
pub(crate) async fn run(settings: Settings) -> Result<()> {
    if settings.role == Role::Agent {
        bail!("this version runs servers alone: an agent cannot join a cluster yet; run `bowline server`");
    }
    let layout = Layout::new(&settings.data_dir);
    let _lock = Lock::take(&layout)?;
    ledger::open(&layout.ledger()).context("note the machine's sysctls")?;
    let node = Node::new(settings, layout)?;
    let outcome = tokio::select! {
        biased;
        name = asked_to_stop() => name.map(|name| info!(signal = name, "stopping")),
        error = node.children.failure() => Err(error),
        ended = node.live() => ended,
    };
    if let Err(error) = &outcome {
        node.board.all_failed(&Cause {
            cause: format!("{error:#}"),
            remedy: None,
        });
    }
    node.shutdown.cancel();
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
                replaced: settings.registry.images.clone(),
            },
            children: Children::new(),
            gates: Gates::default(),
            present: Present::default(),
            troubles: Troubles::default(),
            shutdown: CancellationToken::new(),
            begun: Timestamp::now(),
            settings,
            layout,
            board,
        })
    }

    /// From nothing to a node that lives until it is told to stop.
    async fn live(&self) -> Result<()> {
        check::refuse_unfit(&self.layout, &self.settings.node.snapshotter)?;
        leftover::end(&self.layout.contents(), &["kubelet", "containerd"]).await?;
        self.check_ports().await?;
        let (content, mut certificates, ()) =
            tokio::try_join!(self.unpack(), async { self.certify() }, async {
                modules::load().await;
                Ok(())
            })?;
        let facts = facts::gather(&self.layout, &self.settings.node.name)?;
        loop {
            tokio::select! {
                ended = self.serve(&content, &facts, &certificates) => return ended,
                () = due(|| certificates.is_due(OffsetDateTime::now_utc())) => {}
            }
            info!("certificates are due");
            certificates = self.certify()?;
        }
    }

    async fn check_ports(&self) -> Result<()> {
        let disabled = &self.settings.server.disable;
        let look = || ports::taken(self.settings.role, &self.layout.contents(), disabled);
        let optional = ports::check(ports::settled(look).await)?;
        if !optional.is_empty() {
            let remedy = "stop what uses it, or give the ingress other hostPorts by HelmChartConfig";
            self.board
                .warn(format!("{}; {remedy}", ports::describe(&optional)));
        }
        Ok(())
    }

    /// Plans, applies and runs with these certificates; children and pods that run already are kept.
    async fn serve(&self, content: &Content, facts: &HostFacts, certificates: &Certificates) -> Result<()> {
        self.gates.close();
        let blueprint = Blueprint {
            node: self,
            facts,
            content,
            credentials: certificates.credentials(),
        };
        let kept = node_state::Kept::read(&self.layout)?;
        let plan = blueprint.plan(&kept.applied.settings.kubelet);
        apply::apply(&plan.directories, &plan.files).context("write the node's files")?;
        obsolete::remove(&self.layout, &plan)?;
        kept.apply_sysctls(&self.layout);
        let tls = trust::client_tls(certificates.server_ca())?;
        let objects = plan::operator::objects(&self.images, &self.layout);
        tokio::try_join!(
            self.balance(),
            self.supervise(certificates, &tls),
            self.start(&plan, content, &tls),
            async {
                // Beside the start of containerd: nobody reads them before the operator runs.
                let charts = charts::prepare(&self.layout, &content.charts(), &self.settings, facts)?;
                self.look_after_cluster(&objects, &charts).await
            },
            self.follow_node_state(&blueprint, kept),
            self.look_at_machine(),
        )?;
        Ok(())
    }

    fn certify(&self) -> Result<Certificates> {
        self.board.running(Stage::Certificates);
        let certificates = certificates::prepare(&self.layout, &self.settings, OffsetDateTime::now_utc())
            .context("prepare certificates")?;
        self.board.done(Stage::Certificates);
        Ok(certificates)
    }
}

impl Blueprint<'_> {
    /// The plan with what the cluster says about the kubelet.
    fn plan(&self, kubelet_fragment: &Map<String, Value>) -> NodePlan {
        plan::plan(&Inputs {
            layout: &self.node.layout,
            settings: &self.node.settings,
            facts: self.facts,
            images: &self.node.images,
            credentials: &self.credentials,
            registries: &self.content.registries,
            kubelet_fragment,
        })
    }
}

/// Waits until certificates have to be made again. Only two times are compared: no file is read.
async fn due(is_due: impl Fn() -> bool) {
    while !is_due() {
        tokio::time::sleep(CERTIFICATES).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn what_ends_while_the_machine_sleeps_is_noticed_within_a_second_of_its_waking() {
        let (begun, awake) = (Instant::now(), Cell::new(false));
        due(|| awake.replace(true)).await;
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}
