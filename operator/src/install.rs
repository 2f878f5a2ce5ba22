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
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Installs kinds and roles, waits until they can be used; tries again until `stop`.
pub(crate) async fn install(context: &Context, stop: &CancellationToken) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match try_install(context).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        warn!(
            "install the operator's kinds and roles: {}",
            crate::report::chain(&error)
        );
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = stop.cancelled() => return Err(error),
        }
    }
}

async fn try_install(context: &Context) -> Result<()> {
    let definitions = bowline_crds::definitions();
    let definitions = definitions
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<Vec<Value>, _>>();
    let mut objects = definitions.context("write the definitions as JSON")?;
    let permissions = bowline_charts::yaml::read_documents(node_config::PERMISSIONS);
    objects.extend(permissions.context("read permissions.yaml")?);
    let manner = Manner {
        manager: FIELD_MANAGER,
        force: true,
        namespace: SYSTEM_NAMESPACE,
    };
    let applied = apply_all(context, manner, &objects).await?;
    info!(
        objects = applied.len(),
        "the operator's own kinds and roles are installed"
    );
    Ok(())
}
