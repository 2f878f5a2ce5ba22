//! Pod sandboxes in containerd: which static pods run as planned, and the end of those that do not.
//!
//! The kubelet removes a pod only when the API server tells it all pods of the node. A changed manifest of etcd or
//! of the API server itself would therefore never take effect: the old pod runs on and holds its ports.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use k8s_cri::v1::runtime_service_client::RuntimeServiceClient;
use k8s_cri::v1::{
    Container, ContainerFilter, ContainerState, ContainerStateValue, ContainerStatus, ContainerStatusRequest,
    ListContainersRequest, ListPodSandboxRequest, PodSandbox, PodSandboxState, RemovePodSandboxRequest,
    StopContainerRequest, StopPodSandboxRequest, VersionRequest,
};
use tonic::transport::Channel;
use tracing::info;

use crate::plan::{Gate, StaticPod, etcd};

/// What etcd gets to finish its work; it has data to write.
const ETCD_GRACE_SECONDS: i64 = 20;
/// The others: an API server without etcd would wait for its clients in vain.
const GRACE_SECONDS: i64 = 2;
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
    /// It is ready and its container runs.
    pub(crate) is_running: bool,
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
        let running = self.running_containers(ContainerFilter::default()).await?;
        let running: BTreeSet<&str> = running
            .iter()
            .map(|container| container.pod_sandbox_id.as_str())
            .collect();
        let suffix = format!("-{node}");
        Ok(answer
            .items
            .iter()
            .filter_map(|sandbox| of_static_pod(sandbox, &suffix, &running))
            .collect())
    }

    async fn running_containers(&mut self, filter: ContainerFilter) -> Result<Vec<Container>> {
        let filter = ContainerFilter {
            state: Some(ContainerStateValue {
                state: ContainerState::ContainerRunning as i32,
            }),
            ..filter
        };
        let list = self
            .client
            .list_containers(ListContainersRequest { filter: Some(filter) });
        Ok(timeout(list).await.context("list containers")?.containers)
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
        info!(pod, id, "removing a pod that is not as planned");
        let filter = ContainerFilter {
            pod_sandbox_id: id.clone(),
            ..ContainerFilter::default()
        };
        for container in self.running_containers(filter).await? {
            let request = StopContainerRequest {
                container_id: container.id,
                timeout: if pod == etcd::NAME {
                    ETCD_GRACE_SECONDS
                } else {
                    GRACE_SECONDS
                },
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

fn of_static_pod(sandbox: &PodSandbox, suffix: &str, running: &BTreeSet<&str>) -> Option<Sandbox> {
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
        is_running: sandbox.state == PodSandboxState::SandboxReady as i32
            && running.contains(sandbox.id.as_str()),
    })
}

/// What shall become of the sandboxes that an earlier start left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict<'a> {
    /// They end before the kubelet starts.
    pub(crate) remove: Vec<&'a Sandbox>,
    /// Pods that run as planned, and so does all that they need: their manifests stay.
    pub(crate) keep: Vec<&'a str>,
}

/// Judges the sandboxes of pods named in `ours`; a user's own static pods are none of our business.
pub(crate) fn judge<'a>(sandboxes: &'a [Sandbox], planned: &'a [StaticPod], ours: &[&str]) -> Verdict<'a> {
    let mut verdict = Verdict::default();
    let is_planned = |sandbox: &Sandbox| {
        planned
            .iter()
            .any(|pod| pod.name == sandbox.pod && pod.uid == sandbox.uid)
    };
    let stale = |sandbox: &&Sandbox| ours.contains(&sandbox.pod.as_str()) && !is_planned(sandbox);
    verdict.remove.extend(sandboxes.iter().filter(stale));
    let mut in_order: Vec<&StaticPod> = planned.iter().collect();
    in_order.sort_by_key(|pod| pod.after);
    let mut broken_at = None;
    for pod in in_order {
        let running = sandboxes
            .iter()
            .find(|sandbox| sandbox.uid == pod.uid && sandbox.is_running);
        match (running, broken_at) {
            (Some(_), None) => verdict.keep.push(&pod.name),
            // An API server without etcd answers nobody, and a starting kubelet waits for its answers: neither would
            // ever bring etcd back.
            (Some(sandbox), Some(_)) if pod.after == Gate::Etcd => verdict.remove.push(sandbox),
            (Some(_), Some(gate)) if pod.after == gate => verdict.keep.push(&pod.name),
            (Some(_), Some(_)) => {}
            (None, _) => broken_at = broken_at.or(Some(pod.after)),
        }
    }
    // Clients before their servers: etcd takes its time to say goodbye to an API server.
    let place = |sandbox: &&Sandbox| ours.iter().position(|name| *name == sandbox.pod);
    verdict.remove.sort_by_key(|sandbox| Reverse(place(sandbox)));
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [&str; 4] = [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];

    fn sandbox(pod: &str, uid: &str, is_running: bool) -> Sandbox {
        Sandbox {
            id: format!("{pod}-{uid}"),
            pod: pod.into(),
            uid: uid.into(),
            is_running,
        }
    }

    fn plan() -> Vec<StaticPod> {
        let gates = [Gate::Kubelet, Gate::Etcd, Gate::ApiServer, Gate::ApiServer];
        let pod = |(name, after): (&str, Gate)| StaticPod {
            name: name.into(),
            image: String::new(),
            after,
            uid: format!("uid-{name}"),
            manifest: String::new(),
        };
        OURS.into_iter().zip(gates).map(pod).collect()
    }

    /// All pods as planned, but for those that do not run.
    fn as_planned(not_running: &[&str]) -> Vec<Sandbox> {
        let sandboxes = OURS.map(|name| sandbox(name, &format!("uid-{name}"), !not_running.contains(&name)));
        sandboxes.to_vec()
    }

    #[test]
    fn what_runs_as_planned_is_kept_and_a_users_own_pod_is_not_judged() {
        let sandboxes = [as_planned(&[]), vec![sandbox("mine", "x", true)]].concat();
        let plan = plan();
        let verdict = judge(&sandboxes, &plan, &OURS);
        assert_eq!((verdict.keep, verdict.remove.len()), (OURS.to_vec(), 0));
    }

    #[test]
    fn a_changed_api_server_ends_and_what_needs_it_waits_for_its_turn() {
        let mut sandboxes = as_planned(&[]);
        sandboxes[1].uid = "older".into();
        let plan = plan();
        let verdict = judge(&sandboxes, &plan, &OURS);
        assert_eq!(
            verdict,
            Verdict {
                remove: vec![&sandboxes[1]],
                keep: vec!["etcd"]
            }
        );
    }

    #[test]
    fn an_api_server_without_etcd_ends() {
        let (sandboxes, plan) = (as_planned(&["etcd"]), plan());
        let verdict = judge(&sandboxes, &plan, &OURS);
        assert_eq!(
            verdict,
            Verdict {
                remove: vec![&sandboxes[1]],
                keep: vec![]
            }
        );
    }

    #[test]
    fn one_that_nobody_needs_may_be_down_alone() {
        let (sandboxes, plan) = (as_planned(&["kube-controller-manager"]), plan());
        let verdict = judge(&sandboxes, &plan, &OURS);
        assert_eq!(verdict.keep, ["etcd", "kube-apiserver", "kube-scheduler"]);
        assert!(verdict.remove.is_empty());
    }

    #[test]
    fn pods_that_shall_be_no_more_end_with_etcd_as_the_last() {
        let sandboxes = as_planned(&[]);
        let ended = judge(&sandboxes, &[], &OURS).remove;
        let names: Vec<&str> = ended.iter().map(|sandbox| sandbox.pod.as_str()).collect();
        assert_eq!(
            names,
            [
                "kube-scheduler",
                "kube-controller-manager",
                "kube-apiserver",
                "etcd"
            ]
        );
    }

    #[test]
    fn sandboxes_are_told_by_their_labels_and_run_while_a_container_does() {
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
        let none = BTreeSet::new();
        assert_eq!(of_static_pod(&raw, "-one", &none), None);
        raw.annotations
            .insert("kubernetes.io/config.source".into(), "file".into());
        let of_node = |suffix, running| of_static_pod(&raw, suffix, running);
        assert_eq!(
            of_node("-one", &none).unwrap(),
            Sandbox {
                id: "x".into(),
                ..sandbox("etcd", "1", false)
            }
        );
        let running = BTreeSet::from(["x"]);
        assert!(of_node("-one", &running).unwrap().is_running);
        assert_eq!(of_node("-two", &none), None);
    }
}
