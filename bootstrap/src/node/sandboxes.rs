//! Pod sandboxes in containerd: which static pods run as planned, and the end of those that do not.
//!
//! The kubelet removes a pod only when the API server tells it all pods of the node. A changed manifest of etcd or
//! of the API server itself would therefore never take effect: the old pod runs on and holds its ports.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use k8s_cri::v1::runtime_service_client::RuntimeServiceClient;
use k8s_cri::v1::{
    ContainerFilter, ContainerState, ContainerStateValue, ContainerStatus, ContainerStatusRequest,
    ListContainersRequest, ListPodSandboxRequest, PodSandbox, PodSandboxState, RemovePodSandboxRequest,
    StopContainerRequest, StopPodSandboxRequest, VersionRequest,
};
use tonic::transport::Channel;
use tracing::info;

use crate::plan::StaticPod;

/// What a control-plane container gets to finish its work.
const GRACE_SECONDS: i64 = 20;
/// How long one call may take, above the grace.
const LIMIT: Duration = Duration::from_secs(40);
const CONTAINER_NAME: &str = "io.kubernetes.container.name";
const POD_NAME: &str = "io.kubernetes.pod.name";
const POD_UID: &str = "io.kubernetes.pod.uid";
const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// One sandbox of a static pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    pub(crate) id: String,
    /// The static pod's name, without the node's.
    pub(crate) pod: String,
    pub(crate) uid: String,
    pub(crate) is_ready: bool,
}

/// The runtime of this node.
pub(crate) struct Runtime {
    client: RuntimeServiceClient<Channel>,
}

impl Runtime {
    /// Connects to containerd's CRI.
    pub(crate) async fn connect(socket: &Path) -> Result<Self> {
        let channel = containerd_client::connect(socket)
            .await
            .context("connect to containerd")?;
        Ok(Self {
            client: RuntimeServiceClient::new(channel),
        })
    }

    /// Ok when containerd and its CRI answer.
    pub(crate) async fn version(&mut self) -> Result<()> {
        timeout(self.client.version(VersionRequest::default()))
            .await
            .context("ask containerd for its version")?;
        Ok(())
    }

    /// Sandboxes of static pods of the node `node`, whatever made them.
    pub(crate) async fn static_pods(&mut self, node: &str) -> Result<Vec<Sandbox>> {
        let list = self.client.list_pod_sandbox(ListPodSandboxRequest::default());
        let answer = timeout(list).await.context("list pod sandboxes")?;
        let suffix = format!("-{node}");
        Ok(answer
            .items
            .iter()
            .filter_map(|sandbox| of_static_pod(sandbox, &suffix))
            .collect())
    }

    /// The container of a static pod that was made last.
    pub(crate) async fn newest_container(&mut self, pod: &str) -> Result<Option<ContainerStatus>> {
        let filter = ContainerFilter {
            label_selector: [(CONTAINER_NAME.to_owned(), pod.to_owned())].into(),
            ..ContainerFilter::default()
        };
        let list = self
            .client
            .list_containers(ListContainersRequest { filter: Some(filter) });
        let answer = timeout(list).await.context("list containers")?;
        let Some(newest) = answer
            .containers
            .into_iter()
            .max_by_key(|container| container.created_at)
        else {
            return Ok(None);
        };
        let request = ContainerStatusRequest {
            container_id: newest.id,
            verbose: false,
        };
        let answer = timeout(self.client.container_status(request))
            .await
            .context("ask for a container")?;
        Ok(answer.status)
    }

    /// Ends a sandbox: its containers by SIGTERM first, for etcd has data to write.
    pub(crate) async fn remove(&mut self, sandbox: &Sandbox) -> Result<()> {
        let Sandbox { id, pod, .. } = sandbox;
        info!(pod, id, "removing a pod that is not the planned one");
        let filter = ContainerFilter {
            pod_sandbox_id: id.clone(),
            state: Some(ContainerStateValue {
                state: ContainerState::ContainerRunning as i32,
            }),
            ..ContainerFilter::default()
        };
        let list = self
            .client
            .list_containers(ListContainersRequest { filter: Some(filter) });
        let answer = timeout(list).await.context("list containers")?;
        for container in answer.containers {
            let request = StopContainerRequest {
                container_id: container.id,
                timeout: GRACE_SECONDS,
            };
            timeout(self.client.stop_container(request))
                .await
                .with_context(|| format!("stop {pod}"))?;
        }
        let pod_sandbox_id = id.clone();
        let request = StopPodSandboxRequest {
            pod_sandbox_id: pod_sandbox_id.clone(),
        };
        timeout(self.client.stop_pod_sandbox(request))
            .await
            .with_context(|| format!("stop pod {pod}"))?;
        let request = RemovePodSandboxRequest { pod_sandbox_id };
        timeout(self.client.remove_pod_sandbox(request))
            .await
            .with_context(|| format!("remove pod {pod}"))?;
        Ok(())
    }
}

async fn timeout<T>(call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>) -> Result<T> {
    let answer = tokio::time::timeout(LIMIT, call)
        .await
        .context("containerd does not answer")??;
    Ok(answer.into_inner())
}

fn of_static_pod(sandbox: &PodSandbox, suffix: &str) -> Option<Sandbox> {
    let label = |name: &str| sandbox.labels.get(name).cloned();
    let is_system = label(POD_NAMESPACE).as_deref() == Some("kube-system");
    let is_from_file = sandbox
        .annotations
        .get("kubernetes.io/config.source")
        .is_some_and(|source| source == "file");
    if !(is_system && is_from_file) {
        return None;
    }
    Some(Sandbox {
        id: sandbox.id.clone(),
        pod: label(POD_NAME)?.strip_suffix(suffix)?.to_owned(),
        uid: label(POD_UID)?,
        is_ready: sandbox.state == PodSandboxState::SandboxReady as i32,
    })
}

/// Sandboxes that hold the place of a pod whose plan is another by now; a user's own static pods are not ours.
pub(crate) fn stale<'a>(sandboxes: &'a [Sandbox], planned: &[StaticPod], ours: &[&str]) -> Vec<&'a Sandbox> {
    let is_stale = |sandbox: &&Sandbox| {
        ours.contains(&sandbox.pod.as_str())
            && !planned
                .iter()
                .any(|pod| pod.name == sandbox.pod && pod.uid == sandbox.uid)
    };
    sandboxes.iter().filter(is_stale).collect()
}

/// Whether the pod runs just as planned.
pub(crate) fn runs(sandboxes: &[Sandbox], planned: &StaticPod) -> bool {
    sandboxes
        .iter()
        .any(|sandbox| sandbox.uid == planned.uid && sandbox.is_ready)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Gate;

    fn sandbox(pod: &str, uid: &str, is_ready: bool) -> Sandbox {
        Sandbox {
            id: format!("{pod}-{uid}"),
            pod: pod.into(),
            uid: uid.into(),
            is_ready,
        }
    }

    fn planned(name: &str, uid: &str) -> StaticPod {
        StaticPod {
            name: name.into(),
            image: String::new(),
            after: Gate::Kubelet,
            uid: uid.into(),
            manifest: String::new(),
        }
    }

    #[test]
    fn a_pod_of_another_uid_is_stale_and_a_users_own_is_none_of_our_business() {
        let sandboxes = [
            sandbox("etcd", "1", true),
            sandbox("kube-apiserver", "1", true),
            sandbox("mine", "1", true),
        ];
        let plan = [planned("etcd", "1"), planned("kube-apiserver", "2")];
        let stale = stale(&sandboxes, &plan, &["etcd", "kube-apiserver"]);
        assert_eq!(stale, [&sandboxes[1]]);
    }

    #[test]
    fn a_pod_that_shall_be_no_more_is_stale() {
        let sandboxes = [sandbox("kube-scheduler", "1", true)];
        assert_eq!(stale(&sandboxes, &[], &["kube-scheduler"]).len(), 1);
    }

    #[test]
    fn only_a_ready_sandbox_of_the_very_plan_counts_as_running() {
        let pod = planned("etcd", "1");
        assert!(runs(&[sandbox("etcd", "1", true)], &pod));
        assert!(!runs(&[sandbox("etcd", "1", false)], &pod));
        assert!(!runs(&[sandbox("etcd", "2", true)], &pod));
    }

    #[test]
    fn sandboxes_are_told_by_their_labels() {
        let mut raw = PodSandbox {
            id: "x".into(),
            ..PodSandbox::default()
        };
        for (name, value) in [
            (POD_NAME, "etcd-one"),
            (POD_UID, "1"),
            (POD_NAMESPACE, "kube-system"),
        ] {
            raw.labels.insert(name.into(), value.into());
        }
        assert_eq!(of_static_pod(&raw, "-one"), None);
        raw.annotations
            .insert("kubernetes.io/config.source".into(), "file".into());
        assert_eq!(of_static_pod(&raw, "-one").unwrap().pod, "etcd");
        assert_eq!(of_static_pod(&raw, "-two"), None);
    }
}
