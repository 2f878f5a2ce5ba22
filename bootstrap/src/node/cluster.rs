//! What this node asks of the API server, with the administrator's identity: labels, operator, readiness.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use bowline_crds::{FIELD_MANAGER, HelmChart, condition};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Node, NodeCondition, NodeStatus, Pod};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt};
use serde_json::{Value, json};

use super::pressure;
use crate::layout::Layout;
use crate::plan::operator;
use crate::status::Cause;

/// Roles that a server's Node shows; RKE2 and K3s give the same.
const SERVER_LABELS: [&str; 2] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/etcd",
];
/// No question of ours takes longer on a healthy API server.
const LIMIT: Duration = Duration::from_secs(15);

/// The cluster, as this node's bootstrap sees it.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    node: String,
    /// Word of the kubelet from before this is word of an earlier start.
    begun: Timestamp,
}

impl Cluster {
    /// The cluster as the owner of a kubeconfig sees it, about the node `node`.
    pub(crate) async fn connect(kubeconfig: &Path, node: &str, begun: Timestamp) -> Result<Self> {
        Ok(Self {
            client: client(kubeconfig, LIMIT).await?,
            node: node.to_owned(),
            begun,
        })
    }

    /// Gives the Node its roles and the labels that settings ask for.
    pub(crate) async fn label_node(&self, labels: &[String]) -> Result<()> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let patch = node_labels(labels);
        // A merge patch, for an apply would make a Node that the kubelet has not registered.
        nodes
            .patch(&self.node, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .with_context(|| format!("label node {}", self.node))?;
        Ok(())
    }

    /// Applies objects in their order.
    pub(crate) async fn apply(&self, objects: &[Value]) -> Result<()> {
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        for object in objects {
            let object: DynamicObject = serde_json::from_value(object.clone()).context("read object")?;
            let name = object.name_any();
            let types = object.types.clone().context("an object has a kind")?;
            let kind = types.kind.clone();
            let gvk = GroupVersionKind::try_from(&types).with_context(|| format!("kind of {name}"))?;
            let resource = ApiResource::from_gvk(&gvk);
            let api: Api<DynamicObject> = match object.namespace() {
                Some(namespace) => Api::namespaced_with(self.client.clone(), &namespace, &resource),
                None => Api::all_with(self.client.clone(), &resource),
            };
            api.patch(&name, &parameters, &Patch::Apply(&object))
                .await
                .with_context(|| format!("apply {kind} {name}"))?;
        }
        Ok(())
    }

    /// What keeps the operator's pod on this node from running; nothing when it runs.
    pub(crate) async fn operator_trouble(&self) -> Result<Option<String>> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), operator::NAMESPACE);
        let wanted = ListParams::default()
            .labels(&format!("app.kubernetes.io/name={}", operator::NAME))
            .fields(&format!("spec.nodeName={}", self.node));
        let pods = pods.list(&wanted).await.context("list the operator's pods")?;
        Ok(match pods.items.first() {
            None => Some("its pod is not scheduled yet".to_owned()),
            Some(pod) => pod_trouble(pod),
        })
    }

    /// What keeps the Node from being ready; nothing when it is.
    pub(crate) async fn node_trouble(&self, layout: &Layout) -> Result<Option<Cause>> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let node = nodes.get_opt(&self.node).await.context("get the node")?;
        Ok(match node.and_then(|node| node.status) {
            None => Some("the kubelet has not registered it yet".to_owned().into()),
            Some(status) => node_trouble(&status, self.begun, layout),
        })
    }

    /// What keeps each of the charts from being ready, by name; empty when all are.
    pub(crate) async fn chart_troubles(&self, charts: &[String]) -> Result<Vec<String>> {
        let api: Api<HelmChart> = Api::namespaced(self.client.clone(), operator::NAMESPACE);
        let found = match api.list(&ListParams::default()).await {
            Ok(found) => found,
            Err(kube::Error::Api(status)) if status.code == 404 => {
                return Ok(vec!["the operator has not installed its kinds yet".to_owned()]);
            }
            Err(error) => return Err(error).context("list the bundled charts"),
        };
        Ok(charts
            .iter()
            .filter_map(|name| chart_trouble(name, &found.items))
            .collect())
    }
}

/// A client of this node's API server, by a kubeconfig.
///
/// A server that is silent for longer than `silence` is given up.
pub(crate) async fn client(kubeconfig: &Path, silence: Duration) -> Result<Client> {
    let named = || kubeconfig.display();
    let read = Kubeconfig::read_from(kubeconfig).with_context(|| format!("read {}", named()))?;
    let mut config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default())
        .await
        .with_context(|| format!("use {}", named()))?;
    config.connect_timeout = Some(LIMIT);
    config.read_timeout = Some(silence);
    config.write_timeout = Some(LIMIT);
    // The server is this very machine: an HTTP proxy has no part in it.
    config.proxy_url = None;
    Client::try_from(config).context("make a client of the API server")
}

fn node_labels(asked: &[String]) -> Value {
    let roles = SERVER_LABELS
        .iter()
        .map(|role| ((*role).to_owned(), json!("true")));
    let asked = asked
        .iter()
        .filter_map(|label| label.split_once('='))
        .map(|(key, value)| (key.to_owned(), json!(value)));
    json!({ "metadata": { "labels": roles.chain(asked).collect::<serde_json::Map<_, _>>() } })
}

/// Pressure comes before readiness: a node may call itself ready and take no pod.
fn node_trouble(status: &NodeStatus, begun: Timestamp, layout: &Layout) -> Option<Cause> {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    match conditions.iter().find(|condition| condition.type_ == "Ready") {
        // Heartbeats are told in whole seconds.
        Some(NodeCondition {
            last_heartbeat_time, ..
        }) if last_heartbeat_time
            .as_ref()
            .is_none_or(|time| time.0 < begun - SignedDuration::from_secs(1)) =>
        {
            Some("the kubelet has not reported since this start".to_owned().into())
        }
        Some(ready) => pressure::trouble(conditions, layout).or_else(|| readiness(ready)),
        None => Some("the kubelet has not reported yet".to_owned().into()),
    }
}

fn readiness(ready: &NodeCondition) -> Option<Cause> {
    let reason = ready.message.clone();
    let reason = reason.unwrap_or_else(|| "the kubelet gives no reason".to_owned());
    (ready.status != "True").then(|| reason.into())
}

fn pod_trouble(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if conditions
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
    {
        return None;
    }
    let state = status
        .container_statuses
        .iter()
        .flatten()
        .find_map(|container| container.state.as_ref());
    let waiting = state.and_then(|state| state.waiting.as_ref()).map(|waiting| {
        [waiting.reason.as_deref(), waiting.message.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ")
    });
    Some(
        waiting
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "its pod is not ready yet".to_owned()),
    )
}

fn chart_trouble(name: &str, found: &[HelmChart]) -> Option<String> {
    let Some(chart) = found.iter().find(|chart| chart.name_any() == name) else {
        return Some(format!("{name}: not installed yet"));
    };
    let conditions = chart.status.as_ref().map_or(&[][..], |status| &status.conditions);
    match condition::find(conditions, condition::READY) {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => Some(format!("{name}: {}", ready.message)),
        None => Some(format!("{name}: not looked at yet")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_shows_its_roles_beside_the_labels_asked_for() {
        let labels = node_labels(&["disk=ssd".to_owned()]);
        let labels = &labels["metadata"]["labels"];
        assert_eq!(labels["node-role.kubernetes.io/control-plane"], "true");
        assert_eq!(labels["disk"], "ssd");
    }

    #[test]
    fn a_node_that_is_not_ready_says_why() {
        let begun: Timestamp = "2026-11-23T08:00:00.9Z".parse().unwrap();
        let status = |status: &str, heartbeat: &str| -> NodeStatus {
            let condition = json!({ "type": "Ready", "status": status, "message": "no CNI", "lastHeartbeatTime": heartbeat });
            serde_json::from_value(json!({ "conditions": [condition] })).unwrap()
        };
        let layout = Layout::new("/d");
        let trouble = |said: &str, heartbeat: &str| {
            node_trouble(&status(said, heartbeat), begun, &layout).map(|cause| cause.cause)
        };
        assert_eq!(trouble("True", "2026-11-23T08:00:00Z"), None);
        assert_eq!(
            trouble("False", "2026-11-23T08:00:01Z").as_deref(),
            Some("no CNI")
        );
        let stale = trouble("True", "2026-11-23T07:59:00Z");
        assert_eq!(
            stale.as_deref(),
            Some("the kubelet has not reported since this start")
        );
        assert!(node_trouble(&NodeStatus::default(), begun, &layout).is_some());
        let mut pressed = status("True", "2026-11-23T08:00:01Z");
        let pressure = json!({ "type": "DiskPressure", "status": "True" });
        let pressure = serde_json::from_value(pressure).unwrap();
        pressed.conditions.as_mut().unwrap().push(pressure);
        let trouble = node_trouble(&pressed, begun, &layout).unwrap();
        assert!(trouble.cause.contains("5 %") && trouble.remedy.is_some());
    }

    #[test]
    fn a_pod_that_waits_says_what_for() {
        let pod: Pod = serde_json::from_value(json!({ "status": { "containerStatuses": [{
            "name": "operator", "image": "x", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "ErrImagePull", "message": "no such host" } },
        }] } }))
        .unwrap();
        assert_eq!(pod_trouble(&pod).as_deref(), Some("ErrImagePull: no such host"));
    }

    #[test]
    fn a_chart_is_in_trouble_until_its_condition_says_ready() {
        let chart = |ready: &str| -> HelmChart {
            serde_json::from_value(json!({
                "metadata": { "name": "coredns" }, "spec": {},
                "status": { "conditions": [{ "type": "Ready", "status": ready, "reason": "R", "message": "why" }] },
            }))
            .unwrap()
        };
        assert_eq!(chart_trouble("coredns", &[chart("True")]), None);
        assert_eq!(
            chart_trouble("coredns", &[chart("False")]).as_deref(),
            Some("coredns: why")
        );
        assert_eq!(
            chart_trouble("other", &[chart("True")]).as_deref(),
            Some("other: not installed yet")
        );
    }
}
