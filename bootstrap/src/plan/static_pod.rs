//! The shape that every static pod has: own user, no capability, read-only root, only its own files.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{File, Gate, StaticPod};

/// Kubernetes' annotation-style key of the digest over all files that a pod reads.
const FILES_ANNOTATION: &str = "bowline.dev/files";

/// What one control-plane component is made of.
pub(crate) struct Component<'a> {
    pub(crate) name: &'static str,
    pub(crate) image: String,
    pub(crate) user: u32,
    pub(crate) after: Gate,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) requests: Requests,
    pub(crate) probes: Probes,
    /// Files it reads: a change of one of them makes a new pod.
    pub(crate) files: &'a [File],
    /// Read-only directory of those files.
    pub(crate) directory: PathBuf,
    /// Directory it writes to.
    pub(crate) data: Option<PathBuf>,
}

/// What the scheduler sets aside for a component.
pub(crate) struct Requests {
    pub(crate) cpu: &'static str,
    pub(crate) memory: &'static str,
}

/// Where a component answers for its health.
pub(crate) struct Probes {
    pub(crate) host: IpAddr,
    pub(crate) scheme: &'static str,
    pub(crate) port: u16,
    pub(crate) live: &'static str,
    pub(crate) ready: &'static str,
}

/// The static pod of a component.
pub(crate) fn static_pod(component: &Component<'_>) -> StaticPod {
    let mut manifest = manifest(component);
    // The kubelet would hash the manifest itself; an own uid lets the node tell a stale sandbox from the
    // current one while no API server answers.
    let uid = digest_hex(manifest.to_string().as_bytes());
    manifest["metadata"]["uid"] = json!(uid);
    StaticPod {
        name: component.name.to_owned(),
        image: component.image.clone(),
        after: component.after,
        uid,
        manifest: format!("{manifest:#}\n"),
    }
}

fn manifest(component: &Component<'_>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": component.name,
            "namespace": "kube-system",
            "labels": { "component": component.name, "tier": "control-plane" },
            "annotations": { FILES_ANNOTATION: files_digest(component.files) },
        },
        "spec": {
            "priorityClassName": "system-node-critical",
            // The kubelet cannot look the class up before there is an API server.
            "priority": 2_000_001_000,
            "hostNetwork": true,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "tolerations": [{ "operator": "Exists" }],
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": component.user,
                "runAsGroup": component.user,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [container(component)],
            "volumes": volumes(component),
        },
    })
}

fn container(component: &Component<'_>) -> Value {
    let environment: Vec<Value> = component
        .environment
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    json!({
        "name": component.name,
        "image": component.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [component.name],
        "args": component.arguments,
        "env": environment,
        "resources": { "requests": { "cpu": component.requests.cpu, "memory": component.requests.memory } },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        },
        "startupProbe": probe(&component.probes, component.probes.live, (1, 300)),
        "livenessProbe": probe(&component.probes, component.probes.live, (10, 8)),
        "readinessProbe": probe(&component.probes, component.probes.ready, (2, 3)),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts(component),
    })
}

fn probe(probes: &Probes, path: &str, (period, failures): (u32, u32)) -> Value {
    json!({
        "httpGet": { "host": probes.host, "scheme": probes.scheme, "port": probes.port, "path": path },
        "periodSeconds": period,
        "timeoutSeconds": 15,
        "failureThreshold": failures,
    })
}

fn mounts(component: &Component<'_>) -> Vec<Value> {
    let mut mounts = vec![json!({ "name": "files", "mountPath": component.directory, "readOnly": true })];
    mounts.extend(
        component
            .data
            .iter()
            .map(|data| json!({ "name": "data", "mountPath": data })),
    );
    mounts
}

fn volumes(component: &Component<'_>) -> Vec<Value> {
    let host_path =
        |name: &str, path: &Path| json!({ "name": name, "hostPath": { "path": path, "type": "Directory" } });
    let mut volumes = vec![host_path("files", &component.directory)];
    volumes.extend(component.data.iter().map(|data| host_path("data", data)));
    volumes
}

/// One digest over names, modes and contents.
fn files_digest(files: &[File]) -> String {
    let mut hasher = Sha256::new();
    for File {
        path,
        mode,
        owner,
        content,
    } in files
    {
        hasher.update(format!("{} {mode:o} {owner} {}\n", path.display(), content.len()));
        hasher.update(content);
    }
    hex::encode(hasher.finalize())
}

fn digest_hex(bytes: &[u8]) -> String {
    let mut digest = hex::encode(Sha256::digest(bytes));
    digest.truncate(32);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(content: &[u8]) -> StaticPod {
        let files = [File {
            path: "/d/key".into(),
            mode: 0o600,
            owner: 7,
            content: content.to_vec(),
        }];
        static_pod(&Component {
            name: "etcd",
            image: "example.org/etcd:1".into(),
            user: 7,
            after: Gate::Kubelet,
            arguments: vec!["--a=b".into()],
            environment: Vec::new(),
            requests: Requests {
                cpu: "10m",
                memory: "16Mi",
            },
            probes: Probes {
                host: std::net::Ipv4Addr::LOCALHOST.into(),
                scheme: "HTTP",
                port: 1,
                live: "/livez",
                ready: "/readyz",
            },
            files: &files,
            directory: "/d".into(),
            data: Some("/data".into()),
        })
    }

    #[test]
    fn the_same_component_gives_the_same_manifest() {
        assert_eq!(pod(b"one"), pod(b"one"));
    }

    #[test]
    fn a_changed_file_makes_another_pod_without_showing_its_content() {
        let (one, two) = (pod(b"one"), pod(b"two-secret"));
        assert_ne!(one.uid, two.uid);
        assert!(!two.manifest.contains("two-secret"));
    }

    #[test]
    fn nobody_is_root_and_nothing_but_the_data_directory_is_writable() {
        let pod: Value = serde_json::from_str(&pod(b"one").manifest).unwrap();
        let spec = &pod["spec"];
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        assert_eq!(
            spec["containers"][0]["securityContext"]["capabilities"]["drop"][0],
            "ALL"
        );
        assert_eq!(
            spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"],
            true
        );
        let mounts = spec["containers"][0]["volumeMounts"].as_array().unwrap();
        let writable: Vec<_> = mounts.iter().filter(|mount| mount["readOnly"] != true).collect();
        assert_eq!(writable.len(), 1);
        assert_eq!(writable[0]["mountPath"], "/data");
    }
}
