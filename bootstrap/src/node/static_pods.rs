//! The control plane's pods: each manifest in its place when its turn has come, and not before.

use anyhow::{Context, Result};
use tracing::info;

use super::sandboxes::{self, Runtime, Verdict};
use crate::apply;
use crate::layout::Layout;
use crate::plan::{File, StaticPod, etcd, kube_apiserver, kube_controller_manager, kube_scheduler};

/// The names of all pods that may be ours.
const OURS: [&str; 4] = [
    etcd::NAME,
    kube_apiserver::NAME,
    kube_controller_manager::NAME,
    kube_scheduler::NAME,
];

/// Before the kubelet starts: pods that are not as planned end, and no manifest lies there too early.
///
/// What runs as planned keeps its manifest, so that a restart of bowline disturbs nothing.
pub(crate) async fn prepare(
    layout: &Layout,
    runtime: &mut Runtime,
    node: &str,
    planned: &[StaticPod],
) -> Result<()> {
    let sandboxes = runtime.static_pods(node).await?;
    let Verdict { remove, keep } = sandboxes::judge(&sandboxes, planned, &OURS);
    for sandbox in remove {
        runtime.remove(sandbox).await?;
    }
    info!(?keep, "static pods that run as planned");
    apply::remove_stale_manifests(layout, keep).context("remove manifests whose turn has not come")?;
    Ok(())
}

/// Puts the manifest where the kubelet sees it, unless the very same is there.
pub(crate) fn write(layout: &Layout, pod: &StaticPod) -> Result<()> {
    let file = File {
        path: layout.pod_manifest(&pod.name),
        mode: 0o600,
        owner: 0,
        content: pod.manifest.clone().into_bytes(),
    };
    apply::write_file(&file).with_context(|| format!("hand {} to the kubelet", pod.name))?;
    Ok(())
}
