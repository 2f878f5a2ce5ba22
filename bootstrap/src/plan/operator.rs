//! The operator's objects: account, rights and `DaemonSet`, applied once the API server is ready.

use serde_json::{Value, json};

use super::images::{Images, Required};
use crate::layout::Layout;

/// The name of all of them.
pub(crate) const NAME: &str = "bowline-operator";
/// Where they live.
pub(crate) const NAMESPACE: &str = "kube-system";
/// An unprivileged user: the operator needs the network and to read `/manifests`, nothing else of the node.
const USER: u32 = 52260;

/// The objects in the order in which they are applied.
pub(crate) fn objects(images: &Images, layout: &Layout) -> Vec<Value> {
    vec![account(), binding(), daemon_set(images, layout)]
}

fn account() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": NAME, "namespace": NAMESPACE },
    })
}

/// It installs charts that may hold anything, so it may do everything, as Helm's user does.
fn binding() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": NAME },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin",
        },
        "subjects": [{ "kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE }],
    })
}

fn daemon_set(images: &Images, layout: &Layout) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": { "name": NAME, "namespace": NAMESPACE, "labels": { "app.kubernetes.io/name": NAME } },
        "spec": {
            "selector": { "matchLabels": { "app.kubernetes.io/name": NAME } },
            "updateStrategy": { "type": "RollingUpdate" },
            "template": {
                "metadata": { "labels": { "app.kubernetes.io/name": NAME } },
                "spec": pod(images, layout),
            },
        },
    })
}

/// It must run before any network, proxy or DNS exists, for it is what installs them.
fn pod(images: &Images, layout: &Layout) -> Value {
    json!({
        "serviceAccountName": NAME,
        "hostNetwork": true,
        "dnsPolicy": "Default",
        "enableServiceLinks": false,
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": { "node-role.kubernetes.io/control-plane": "true" },
        "tolerations": [{ "operator": "Exists" }],
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "containers": [container(images)],
        "volumes": [{
            "name": "manifests",
            "hostPath": { "path": layout.manifests(), "type": "Directory" },
        }],
    })
}

fn container(images: &Images) -> Value {
    let field = |name: &str, path: &str| json!({ "name": name, "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": path } } });
    json!({
        "name": "operator",
        "image": images.required(Required::Operator),
        "imagePullPolicy": "IfNotPresent",
        "args": ["--manifests", "/manifests"],
        "env": [
            field("NODE_NAME", "spec.nodeName"),
            field("NODE_IP", "status.hostIP"),
            field("KUBERNETES_SERVICE_HOST", "status.hostIP"),
            { "name": "KUBERNETES_SERVICE_PORT", "value": "6443" },
        ],
        "resources": { "requests": { "cpu": "20m", "memory": "32Mi" } },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        },
        "volumeMounts": [{ "name": "manifests", "mountPath": "/manifests", "readOnly": true }],
    })
}
