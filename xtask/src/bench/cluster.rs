//! What the API's answers mean: whether the node and the add-ons are Ready. Pure.

use std::collections::BTreeMap;

use bowline_tests::node::kubectl::{is_ready, items, name};
use serde_json::Value;

/// Where the node is.
pub(crate) const NODES: &str = "/api/v1/nodes";
/// Where the pods are.
pub(crate) const PODS: &str = "/api/v1/pods";
const WORKLOADS: [&str; 2] = ["Deployment", "DaemonSet"];

/// A `Deployment` or `DaemonSet` that an add-on consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workload {
    kind: &'static str,
    namespace: String,
    name: String,
}

impl Workload {
    /// The workload that `object` is, if it is one.
    pub(crate) fn of(object: &Value) -> Option<Self> {
        let kind = WORKLOADS.into_iter().find(|kind| object["kind"] == *kind)?;
        let metadata = &object["metadata"];
        Some(Self {
            kind,
            namespace: metadata["namespace"].as_str()?.to_owned(),
            name: metadata["name"].as_str()?.to_owned(),
        })
    }

    /// Where the API server has it.
    pub(crate) fn path(&self) -> String {
        let Self {
            kind,
            namespace,
            name,
        } = self;
        format!(
            "/apis/apps/v1/namespaces/{namespace}/{}s/{name}",
            kind.to_lowercase()
        )
    }

    /// Whether all of its pods are available, as the API server shows it.
    pub(crate) fn is_available(object: &Value) -> bool {
        let status = |key: &str| object["status"][key].as_i64().unwrap_or_default();
        let is_current =
            status("observedGeneration") >= object["metadata"]["generation"].as_i64().unwrap_or(1);
        // A DaemonSet counts nodes, a Deployment replicas.
        let (wanted, available) = match object["status"].get("desiredNumberScheduled") {
            Some(_) => (status("desiredNumberScheduled"), status("numberAvailable")),
            None => (
                object["spec"]["replicas"].as_i64().unwrap_or(1),
                status("availableReplicas"),
            ),
        };
        is_current && wanted > 0 && available >= wanted
    }
}

/// Whether the one node is Ready.
pub(crate) fn node_is_ready(nodes: &Value) -> bool {
    items(nodes).first().is_some_and(is_ready)
}

/// When the node last gave a sign of life through its status.
pub(crate) fn heartbeat(nodes: &Value) -> Option<String> {
    let conditions = items(nodes).first()?["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready")?;
    Some(ready["lastHeartbeatTime"].as_str()?.to_owned())
}

/// Each pod's containers by their numbers, which are new after each restart of a container.
pub(crate) fn containers(pods: &Value) -> BTreeMap<String, Vec<String>> {
    items(pods)
        .iter()
        .map(|pod| {
            let statuses = pod["status"]["containerStatuses"].as_array();
            let numbers = statuses.into_iter().flatten().filter_map(|status| {
                let number = status["containerID"].as_str()?;
                Some(number.rsplit('/').next().unwrap_or(number).to_owned())
            });
            (name(pod), numbers.collect())
        })
        .collect()
}

/// Pods whose containers all appear in `groups`, the control groups of what runs now.
pub(crate) fn survivors(containers: &BTreeMap<String, Vec<String>>, groups: &str) -> Vec<String> {
    let lives =
        |numbers: &Vec<String>| !numbers.is_empty() && numbers.iter().all(|number| groups.contains(number));
    let living = containers.iter().filter(|(_, numbers)| lives(numbers));
    living.map(|(pod, _)| pod.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_workload_is_available_when_all_its_pods_are() {
        let deployment = |available: u32| {
            json!({"metadata": {"generation": 2}, "spec": {"replicas": 2},
                "status": {"observedGeneration": 2, "availableReplicas": available}})
        };
        assert!(Workload::is_available(&deployment(2)));
        assert!(!Workload::is_available(&deployment(1)));
        let daemon_set = |wanted: u32| {
            json!({"metadata": {"generation": 1},
                "status": {"observedGeneration": 1, "desiredNumberScheduled": wanted, "numberAvailable": wanted}})
        };
        assert!(Workload::is_available(&daemon_set(1)));
        // Its controller has not seen the node yet.
        assert!(!Workload::is_available(&daemon_set(0)));
        assert!(!Workload::is_available(
            &json!({"metadata": {"generation": 1}, "spec": {}})
        ));
    }

    #[test]
    fn only_deployments_and_daemon_sets_are_workloads() {
        let object = |kind: &str| json!({"kind": kind, "metadata": {"name": "a", "namespace": "b"}});
        let workload = Workload::of(&object("DaemonSet")).unwrap();
        assert_eq!(workload.path(), "/apis/apps/v1/namespaces/b/daemonsets/a");
        assert_eq!(Workload::of(&object("Service")), None);
    }

    #[test]
    fn a_pod_survives_when_all_its_containers_run_on() {
        let pod = |name: &str, numbers: &[&str]| {
            let statuses: Vec<_> = numbers
                .iter()
                .map(|number| json!({"containerID": format!("containerd://{number}")}))
                .collect();
            json!({"metadata": {"name": name}, "status": {"containerStatuses": statuses}})
        };
        let pods =
            json!({"items": [pod("whole", &["a1", "b2"]), pod("half", &["c3", "d4"]), pod("none", &[])]});
        let groups = "2:cpu:/kubepods/pod1/a1\n2:cpu:/kubepods/pod1/b2\n2:cpu:/kubepods/pod2/c3\n";
        assert_eq!(survivors(&containers(&pods), groups), ["whole"]);
    }

    #[test]
    fn a_nodes_sign_of_life_is_that_of_its_ready_condition() {
        let nodes = json!({"items": [{"status": {"conditions": [
            {"type": "MemoryPressure", "lastHeartbeatTime": "no"},
            {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:00Z"},
        ]}}]});
        assert_eq!(heartbeat(&nodes).as_deref(), Some("2026-01-01T00:00:00Z"));
        assert!(node_is_ready(&nodes));
        assert!(!node_is_ready(&json!({"items": []})));
    }
}
