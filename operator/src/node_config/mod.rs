//! NodeConfigs: what people want of nodes becomes one `NodeState` for each node, and the Node's labels and taints.
//!
//! Every pass looks at all of them, for each NodeConfig may concern each node: fetch what there is, build what shall
//! be without touching anything, apply the difference, and sum up in the status what the nodes said. What a node does
//! with its `NodeState` is the node's affair.

mod apply;
mod build;
mod fetch;
mod status;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use bowline_crds::{NodeConfig, NodeState};
use futures::stream::{self, StreamExt as _};
use k8s_openapi::api::core::v1::Node;
use kube::api::Api;
use kube::core::PartialObjectMeta;
use kube::runtime::{PredicateConfig, WatchStreamExt as _, watcher};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::context::Context;
use crate::controller::touched;

/// The roles and the admission policy by which a node reads `NodeState`s and writes its own status, and no other.
pub(crate) const PERMISSIONS: &str = include_str!("permissions.yaml");

/// Changes that come together are one.
const SETTLE: Duration = Duration::from_millis(50);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// Reconciles all NodeConfigs until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let client = &context.client;
    let configs: Api<PartialObjectMeta<NodeConfig>> = Api::all(client.clone());
    let states: Api<PartialObjectMeta<NodeState>> = Api::all(client.clone());
    let nodes: Api<PartialObjectMeta<Node>> = Api::all(client.clone());
    // A Node changes with every heartbeat; what counts here seldom does.
    let nodes = watcher(nodes, watcher::Config::default())
        .default_backoff()
        .touched_objects()
        .predicate_filter(
            |node: &PartialObjectMeta<Node>| Some(traits(node)),
            PredicateConfig::default(),
        )
        .filter_map(|node| async { node.inspect_err(|error| debug!(%error, "watch interrupted")).ok() });
    let mut changes = stream::select_all([
        touched(configs, watcher::Config::default()).map(drop).boxed(),
        touched(states, watcher::Config::default()).map(drop).boxed(),
        nodes.map(drop).boxed(),
    ]);
    let mut retry = None;
    loop {
        let again = async {
            match retry {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = changes.next() => settle(&mut changes).await,
            () = again => {}
        }
        retry = match reconcile(&context).await {
            Ok(()) => None,
            Err(error) => {
                warn!("merge NodeConfigs: {}", crate::report::chain(&error));
                Some(retry.map_or(FIRST_RETRY, |pause: Duration| (pause * 2).min(LONGEST_RETRY)))
            }
        };
    }
}

/// Takes in what comes within a moment.
async fn settle(changes: &mut (impl futures::Stream<Item = ()> + Unpin)) {
    let quiet = sleep(SETTLE);
    tokio::pin!(quiet);
    loop {
        tokio::select! {
            () = &mut quiet => return,
            Some(()) = changes.next() => {}
        }
    }
}

/// What of a Node makes a difference to the settings it gets.
fn traits(node: &PartialObjectMeta<Node>) -> u64 {
    let mut hasher = DefaultHasher::new();
    node.metadata.uid.hash(&mut hasher);
    node.metadata.labels.hash(&mut hasher);
    hasher.finish()
}

async fn reconcile(context: &Context) -> anyhow::Result<()> {
    let fetched = fetch::fetch(context).await?;
    let plan = build::build(&fetched);
    apply::apply(&plan, context).await?;
    status::report(&fetched, &plan, context).await
}
