//! What this server does in its cluster once the API server is ready: labels, operator, and word of readiness.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::cluster::Cluster;
use super::gates::Event;
use super::{Node, notify};
use crate::status::{Cause, Stage};

/// How often something is tried or asked until it holds.
const EAGER: Duration = Duration::from_millis(50);
/// Add-ons are many and slower.
const UNHURRIED: Duration = Duration::from_millis(250);
/// How often the operator is put back, and everything is asked again.
const CALM: Duration = Duration::from_secs(15);
/// What does not hold after this long gets a cause on the board.
const PATIENCE: Duration = Duration::from_secs(4);

impl Node {
    /// Everything for good; begins when the API server answers, for the kubelet does not wait any longer either.
    pub(super) async fn look_after_cluster(&self, operator: &[Value], charts: &[String]) -> Result<()> {
        self.gates.api_server_answers.wait().await;
        let cluster = Cluster::connect(
            &self.settings.server.write_kubeconfig,
            &self.settings.node.name,
            self.begun,
        )
        .await?;
        let (node_is_ready, operator_runs, charts_are_ready) =
            (Event::default(), Event::default(), Event::default());
        let labels = &self.settings.node.labels;
        tokio::join!(
            keep("labels", async || cluster.label_node(labels).await),
            keep("operator", async || cluster.apply(operator).await),
            self.ask(
                Stage::Operator,
                async || Ok(cluster.operator_trouble().await?.map(Cause::from)),
                &operator_runs
            ),
            self.ask(
                Stage::Node,
                async || cluster.node_trouble(&self.layout).await,
                &node_is_ready
            ),
            self.ask(
                Stage::Addons,
                async || chart_trouble(&cluster, charts).await,
                &charts_are_ready
            ),
            async {
                node_is_ready.wait().await;
                notify_ready();
            },
        );
        Ok(())
    }

    /// Asks what troubles a stage, for good; sets `well` when nothing does for the first time.
    async fn ask(&self, stage: Stage, trouble: impl AsyncFn() -> Result<Option<Cause>>, well: &Event) {
        self.board.running(stage);
        let mut begun = Instant::now();
        loop {
            let cause = match trouble().await {
                Ok(None) => {
                    self.board.done(stage);
                    well.set();
                    sleep(CALM).await;
                    begun = Instant::now();
                    continue;
                }
                Ok(Some(trouble)) => trouble,
                Err(error) => format!("{error:#}").into(),
            };
            if begun.elapsed() > PATIENCE {
                self.board.stuck(stage, cause);
            }
            sleep(if begun.elapsed() > CALM {
                CALM.min(UNHURRIED * 4)
            } else {
                eagerness(stage)
            })
            .await;
        }
    }
}

/// How often a stage is asked that is not well yet: the add-ons take many requests, and longer.
fn eagerness(stage: Stage) -> Duration {
    if stage == Stage::Addons { UNHURRIED } else { EAGER }
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

async fn chart_trouble(cluster: &Cluster, charts: &[String]) -> Result<Option<Cause>> {
    let troubles = cluster.chart_troubles(charts).await?;
    Ok((!troubles.is_empty()).then(|| troubles.join("; ").into()))
}

/// Makes it so, now and again for good: what a person deletes comes back.
async fn keep(what: &str, make: impl AsyncFn() -> Result<()>) {
    loop {
        let pause = match make().await {
            Ok(()) => CALM,
            Err(error) => {
                debug!(what, error = format!("{error:#}"), "not yet");
                EAGER
            }
        };
        sleep(pause).await;
    }
}
