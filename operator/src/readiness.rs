//! Whether an object is as it was asked to be, by kstatus' rules. Pure but for [`check_all`].

use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::context::Context;
use crate::identity::Identity;
use crate::pod_trouble;

/// Objects read at the same time.
const READS: usize = 8;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// As asked.
    Current,
    /// Under way: what is missing.
    InProgress(String),
    /// It will not get there by itself: why.
    Failed(String),
}

/// The first object that is not as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Current,
    /// Not there any more: somebody deleted it.
    Missing(Identity),
    InProgress(String),
    Failed(String),
}

/// Kinds of Kubernetes itself that are as asked as soon as they exist.
const CURRENT_ON_CREATION: [&str; 22] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "CSIDriver",
    "EndpointSlice",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "PriorityClass",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "Secret",
    "Service",
    "ServiceAccount",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// Reads those of `objects` whose readiness is more than existence, and names the first that is not ready.
pub(crate) async fn check_all(context: &Context, objects: &[Identity]) -> Result<Health, kube::Error> {
    let asked = objects
        .iter()
        .filter(|object| !CURRENT_ON_CREATION.contains(&object.kind.as_str()));
    let mut answers = stream::iter(asked.map(|object| check(context, object))).buffered(READS);
    let mut waiting = None;
    while let Some(answer) = answers.next().await {
        match answer? {
            Health::Current => {}
            health @ (Health::Missing(_) | Health::Failed(_)) => return Ok(health),
            health @ Health::InProgress(_) => drop(waiting.get_or_insert(health)),
        }
    }
    Ok(waiting.unwrap_or(Health::Current))
}

async fn check(context: &Context, object: &Identity) -> Result<Health, kube::Error> {
    let Ok(kind) = context.kinds.resolve(&object.api_version, &object.kind).await else {
        return Ok(Health::Missing(object.clone()));
    };
    let api = kind.api(context.client.clone(), object.namespace.as_deref());
    let Some(live) = api.get_opt(&object.name).await? else {
        return Ok(Health::Missing(object.clone()));
    };
    let value = serde_json::to_value(&live).map_err(kube::Error::SerdeError)?;
    let said = |why: String| format!("{object}: {why}");
    Ok(match readiness(&value) {
        Readiness::Current => Health::Current,
        Readiness::Failed(why) => Health::Failed(said(why)),
        Readiness::InProgress(why) => {
            let trouble = pod_trouble::find(&context.client, &value).await;
            Health::InProgress(said(trouble.unwrap_or(why)))
        }
    })
}

/// How far `object` is, by its own status.
pub(crate) fn readiness(object: &Value) -> Readiness {
    let progress = |why: &str| Readiness::InProgress(why.to_owned());
    let metadata = &object["metadata"];
    if !metadata["deletionTimestamp"].is_null() {
        return progress("is being deleted");
    }
    let observed = object
        .pointer("/status/observedGeneration")
        .and_then(Value::as_i64);
    if observed.is_some_and(|observed| Some(observed) != metadata["generation"].as_i64()) {
        return progress("its controller has not seen the change yet");
    }
    if let Some(condition) = condition(object, "Reconciling", "True") {
        return Readiness::InProgress(message(condition));
    }
    if let Some(condition) = condition(object, "Stalled", "True") {
        return Readiness::Failed(message(condition));
    }
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" => deployment(object),
        "DaemonSet" => daemon_set(object),
        "StatefulSet" => stateful_set(object),
        "ReplicaSet" => replica_set(object),
        "Job" => job(object),
        "Pod" => pod(object),
        "PersistentVolumeClaim" => match text(object, "/status/phase") {
            "Bound" => Readiness::Current,
            _ => progress("not bound to a volume"),
        },
        "CustomResourceDefinition" => custom_resource_definition(object),
        "APIService" => by_condition(object, "Available"),
        // Ours always have the condition, once somebody has looked at them.
        "HelmChart" => by_condition(object, "Ready"),
        "PodDisruptionBudget" if observed.is_none() => progress("not yet counted"),
        _ => by_ready(object),
    }
}

/// Kinds we know nothing of: those that have a `Ready` condition mean it.
fn by_ready(object: &Value) -> Readiness {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == "Ready");
    match ready {
        Some(ready) if ready["status"] != "True" => Readiness::InProgress(message(ready)),
        _ => Readiness::Current,
    }
}

fn by_condition(object: &Value, type_: &str) -> Readiness {
    if has_condition(object, type_, "True") {
        return Readiness::Current;
    }
    let why = condition(object, type_, "False").map(message);
    Readiness::InProgress(why.unwrap_or_else(|| format!("not {type_} yet")))
}

fn deployment(object: &Value) -> Readiness {
    if let Some(progressing) = condition(object, "Progressing", "False")
        && progressing["reason"] == "ProgressDeadlineExceeded"
    {
        return Readiness::Failed(message(progressing));
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| number(object, &format!("/status/{field}")).unwrap_or(0);
    if object.pointer("/status/observedGeneration").is_none() {
        return Readiness::InProgress("its controller has not seen it yet".into());
    }
    counts(&[
        ("updated", count("updatedReplicas"), wanted),
        ("available", count("availableReplicas"), wanted),
        ("ready", count("readyReplicas"), wanted),
    ])
    .unwrap_or_else(|| match count("replicas") - wanted {
        old if old > 0 => Readiness::InProgress(format!("{old} old pods are not gone yet")),
        _ => Readiness::Current,
    })
}

fn daemon_set(object: &Value) -> Readiness {
    let Some(wanted) = number(object, "/status/desiredNumberScheduled") else {
        return Readiness::InProgress("its controller has not seen it yet".into());
    };
    if object.pointer("/status/observedGeneration").is_none() {
        return Readiness::InProgress("its controller has not seen it yet".into());
    }
    let count = |field: &str| number(object, &format!("/status/{field}")).unwrap_or(0);
    counts(&[
        ("scheduled", count("currentNumberScheduled"), wanted),
        ("updated", count("updatedNumberScheduled"), wanted),
        ("available", count("numberAvailable"), wanted),
        ("ready", count("numberReady"), wanted),
    ])
    .unwrap_or(Readiness::Current)
}

fn stateful_set(object: &Value) -> Readiness {
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Readiness::Current;
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| number(object, &format!("/status/{field}")).unwrap_or(0);
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    if object.pointer("/status/observedGeneration").is_none() {
        return Readiness::InProgress("its controller has not seen it yet".into());
    }
    let mut expected = vec![("ready", count("readyReplicas"), wanted)];
    if partition > 0 {
        expected.push(("updated", count("updatedReplicas"), wanted - partition));
    } else if text(object, "/status/currentRevision") != text(object, "/status/updateRevision") {
        expected.push(("updated", count("updatedReplicas"), wanted));
    }
    counts(&expected).unwrap_or(Readiness::Current)
}

fn replica_set(object: &Value) -> Readiness {
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| number(object, &format!("/status/{field}")).unwrap_or(0);
    counts(&[
        ("available", count("availableReplicas"), wanted),
        ("ready", count("readyReplicas"), wanted),
    ])
    .unwrap_or(Readiness::Current)
}

fn job(object: &Value) -> Readiness {
    if let Some(failed) = condition(object, "Failed", "True") {
        return Readiness::Failed(message(failed));
    }
    let started = !object
        .pointer("/status/startTime")
        .unwrap_or(&Value::Null)
        .is_null();
    // As in kstatus: a job that runs is as asked; only hooks wait for its end.
    if started
        || has_condition(object, "Complete", "True")
        || object.pointer("/spec/suspend") == Some(&true.into())
    {
        Readiness::Current
    } else {
        Readiness::InProgress("not started yet".into())
    }
}

fn pod(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Succeeded" => Readiness::Current,
        "Failed" => Readiness::Failed(text(object, "/status/message").to_owned()),
        "Running" if has_condition(object, "Ready", "True") => Readiness::Current,
        _ => Readiness::InProgress(pod_trouble::of_pod(object).unwrap_or_else(|| "not ready yet".into())),
    }
}

fn custom_resource_definition(object: &Value) -> Readiness {
    match condition(object, "NamesAccepted", "False") {
        Some(refused) => Readiness::Failed(message(refused)),
        None => by_condition(object, "Established"),
    }
}

/// The first count that falls short.
fn counts(expected: &[(&str, i64, i64)]) -> Option<Readiness> {
    let (what, is, wanted) = expected.iter().find(|(_, is, wanted)| is < wanted)?;
    Some(Readiness::InProgress(format!("{is} of {wanted} pods {what}")))
}

/// Whether `object` has the condition `type_` with this status.
pub(crate) fn has_condition(object: &Value, type_: &str, status: &str) -> bool {
    condition(object, type_, status).is_some()
}

fn condition<'a>(object: &'a Value, type_: &str, status: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions
        .iter()
        .find(|condition| condition["type"] == type_ && condition["status"] == status)
}

fn message(condition: &Value) -> String {
    let said = |field| condition[field].as_str().filter(|said| !said.is_empty());
    let words = said("message")
        .or_else(|| said("reason"))
        .or_else(|| said("type"));
    words.unwrap_or("not ready").trim().to_owned()
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn waits(object: &Value, why: &str) {
        assert_eq!(readiness(object), Readiness::InProgress(why.into()));
    }

    #[test]
    fn a_deployment_waits_for_its_controller_then_for_its_pods() {
        let mut object =
            json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}});
        waits(&object, "its controller has not seen it yet");
        object["status"] = json!({"observedGeneration": 1});
        waits(&object, "its controller has not seen the change yet");
        object["status"] = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1});
        waits(&object, "1 of 2 pods updated");
        object["status"] = json!({
            "observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2
        });
        waits(&object, "1 old pods are not gone yet");
        object["status"]["replicas"] = 2.into();
        assert_eq!(readiness(&object), Readiness::Current);
    }

    #[test]
    fn a_deployment_past_its_deadline_has_failed() {
        let object = json!({"kind": "Deployment", "metadata": {}, "status": {"conditions": [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}
        ]}});
        assert_eq!(readiness(&object), Readiness::Failed("too late".into()));
    }

    #[test]
    fn a_daemon_set_without_nodes_is_current_once_it_was_seen() {
        let mut object = json!({"kind": "DaemonSet", "metadata": {"generation": 1}});
        waits(&object, "its controller has not seen it yet");
        object["status"] = json!({"observedGeneration": 1, "desiredNumberScheduled": 0});
        assert_eq!(readiness(&object), Readiness::Current);
        object["status"]["desiredNumberScheduled"] = 1.into();
        waits(&object, "0 of 1 pods scheduled");
    }

    #[test]
    fn a_stateful_set_that_is_updated_by_deleting_pods_is_current() {
        let object = json!({"kind": "StatefulSet", "spec": {"updateStrategy": {"type": "OnDelete"}}});
        assert_eq!(readiness(&object), Readiness::Current);
        let object = json!({"kind": "StatefulSet", "spec": {"replicas": 1}, "status": {
            "observedGeneration": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b"
        }, "metadata": {"generation": 1}});
        waits(&object, "0 of 1 pods updated");
    }

    #[test]
    fn a_job_that_failed_says_why() {
        let object = json!({"kind": "Job", "status": {"conditions": [
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": ""}
        ]}});
        assert_eq!(
            readiness(&object),
            Readiness::Failed("BackoffLimitExceeded".into())
        );
    }

    #[test]
    fn an_unknown_kind_is_current_unless_its_ready_condition_says_no() {
        let mut object = json!({"kind": "Widget", "metadata": {"generation": 1}});
        assert_eq!(readiness(&object), Readiness::Current);
        object["status"] =
            json!({"conditions": [{"type": "Ready", "status": "Unknown", "message": "working"}]});
        waits(&object, "working");
        object["status"]["conditions"][0]["status"] = "True".into();
        assert_eq!(readiness(&object), Readiness::Current);
    }

    #[test]
    fn what_is_being_deleted_is_not_current() {
        waits(
            &json!({"kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
            "is being deleted",
        );
    }
}
