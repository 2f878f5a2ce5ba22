//! Why the pods of a workload do not run: the kubelet's and the scheduler's own words.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::{Api, ListParams};
use kube::core::Selector;
use kube::{Client, ResourceExt as _};
use serde_json::Value;

/// A workload's pods that are looked at, at most.
const MAX_PODS: u32 = 20;

/// The first trouble of a pod of `workload`; nothing for kinds without pods, or when there is none.
pub(crate) async fn find(client: &Client, workload: &Value) -> Option<String> {
    let selector: LabelSelector = serde_json::from_value(workload.pointer("/spec/selector")?.clone()).ok()?;
    let selector = Selector::try_from(selector).ok()?;
    if selector.selects_all() {
        return None;
    }
    let namespace = workload["metadata"]["namespace"].as_str()?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = ListParams::default().labels_from(&selector).limit(MAX_PODS);
    let pods = pods.list(&list).await.ok()?;
    pods.iter().find_map(|pod| {
        let trouble = of_pod(&serde_json::to_value(pod).ok()?)?;
        Some(format!("pod {}: {trouble}", pod.name_any()))
    })
}

/// What keeps one pod from running; nothing while it merely starts.
pub(crate) fn of_pod(pod: &Value) -> Option<String> {
    let status = &pod["status"];
    let lists = ["initContainerStatuses", "containerStatuses"];
    let containers = lists.iter().filter_map(|list| status[list].as_array()).flatten();
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        let state = &container["state"];
        if let Some(reason) = state["waiting"]["reason"].as_str()
            && !["ContainerCreating", "PodInitializing"].contains(&reason)
        {
            return Some(with_message(
                &format!("container {name}: {reason}"),
                &state["waiting"]["message"],
            ));
        }
        let code = state["terminated"]["exitCode"].as_i64().unwrap_or(0);
        if code != 0 {
            let text = format!("container {name}: exit code {code}");
            return Some(with_message(&text, &state["terminated"]["message"]));
        }
    }
    let conditions = status["conditions"].as_array()?;
    let unscheduled = conditions
        .iter()
        .find(|condition| condition["type"] == "PodScheduled" && condition["status"] == "False")?;
    let reason = unscheduled["reason"].as_str().unwrap_or("Unschedulable");
    Some(with_message(reason, &unscheduled["message"]))
}

fn with_message(text: &str, message: &Value) -> String {
    match message.as_str().map(str::trim) {
        Some(message) if !message.is_empty() => format!("{text}: {message}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_that_cannot_be_pulled_is_named_with_its_container() {
        let pod = json!({"status": {"containerStatuses": [
            {"name": "ok", "state": {"running": {}}},
            {"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
        ]}});
        assert_eq!(
            of_pod(&pod).as_deref(),
            Some("container web: ImagePullBackOff: no such image")
        );
    }

    #[test]
    fn a_pod_that_merely_starts_is_no_trouble() {
        let pod = json!({"status": {"containerStatuses": [
            {"name": "web", "state": {"waiting": {"reason": "ContainerCreating"}}}
        ]}});
        assert_eq!(of_pod(&pod), None);
    }

    #[test]
    fn a_pod_without_a_node_says_what_the_scheduler_said() {
        let pod = json!({"status": {"conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
        ]}});
        assert_eq!(of_pod(&pod).as_deref(), Some("Unschedulable: 0/1 nodes"));
    }
}
