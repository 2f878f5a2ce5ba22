//! What the operator needs in the cluster before it can work: its own kinds, and the nodes' rights to them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bowline_crds::{FIELD_MANAGER, SYSTEM_NAMESPACE};
use serde_json::Value;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::apply::{Manner, apply_all};
use crate::context::Context;
use crate::node_config;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Installs all kinds and waits until they can be used; tries again until `stop`.
pub(crate) async fn install_kinds(context: &Context, stop: &CancellationToken) -> Result<()> {
    persist(stop, "install the operator's kinds", async || {
        let definitions = bowline_crds::definitions();
        let objects = definitions
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<Vec<Value>, _>>();
        apply(context, &objects.context("write the definitions as JSON")?).await
    })
    .await
}

/// Installs the roles and the policy by which nodes reach their own state; tries again until `stop`.
pub(crate) async fn install_permissions(context: &Context, stop: &CancellationToken) {
    let installed = persist(stop, "install the nodes' permissions", async || {
        let objects = bowline_charts::yaml::read_documents(node_config::PERMISSIONS);
        apply(context, &objects.context("read permissions.yaml")?).await
    });
    // It fails only at `stop`, and has said so.
    let _ = installed.await;
}

async fn apply(context: &Context, objects: &[Value]) -> Result<()> {
    let manner = Manner {
        manager: FIELD_MANAGER,
        force: true,
        namespace: SYSTEM_NAMESPACE,
    };
    let applied = apply_all(context, manner, objects).await?;
    info!(objects = applied.len(), first = %applied[0], "installed");
    Ok(())
}

async fn persist(stop: &CancellationToken, what: &str, work: impl AsyncFn() -> Result<()>) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match work().await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        warn!("{what}: {}", crate::report::chain(&error));
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = stop.cancelled() => return Err(error),
        }
    }
}
