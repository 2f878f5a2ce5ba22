//! The kubelet: its configuration file, its kubeconfig's user and its process.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::arguments::command_line;
use super::facts::{Cgroups, HostFacts};
use super::{Directory, File};
use crate::layout::Layout;
use crate::processes::{OnExit, Process};
use crate::settings::Settings;

/// Fields that no fragment may change: another value would part the kubelet from the rest of the node.
const OWN_FIELDS: [&str; 9] = [
    "apiVersion",
    "cgroupDriver",
    "containerRuntimeEndpoint",
    "healthzBindAddress",
    "healthzPort",
    "kind",
    "staticPodPath",
    "tlsCertFile",
    "tlsPrivateKeyFile",
];

/// The first field of a fragment that is bowline's own, if there is one.
pub(crate) fn own_field(fragment: &Map<String, Value>) -> Option<&'static str> {
    OWN_FIELDS.into_iter().find(|field| fragment.contains_key(*field))
}

/// What the kubelet depends on.
pub(crate) struct Kubelet<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) settings: &'a Settings,
    pub(crate) facts: &'a HostFacts,
    /// `KubeletConfiguration` fields from the node's `NodeState`, stronger than ours, weaker than `kubelet-arg`.
    pub(crate) fragment: &'a Map<String, Value>,
}

impl Kubelet<'_> {
    /// Directories the kubelet expects.
    pub(crate) fn directories(&self) -> Vec<Directory> {
        let directory = |path: std::path::PathBuf, mode| Directory { path, mode, owner: 0 };
        vec![
            directory(self.layout.pod_manifests(), 0o755),
            directory(self.layout.kubelet_root(), 0o700),
            directory(self.volume_plugins(), 0o755),
        ]
    }

    /// The configuration file, and a resolver file when the machine has none that a pod could use.
    pub(crate) fn files(&self) -> Vec<File> {
        let file = |path, content: String| File {
            path,
            mode: 0o600,
            owner: 0,
            content: content.into_bytes(),
        };
        let mut files = vec![file(
            self.layout.kubelet_config(),
            format!("{:#}\n", self.effective_configuration()),
        )];
        if self.resolv_conf() == self.layout.empty_resolv_conf() {
            files.push(File {
                mode: 0o644,
                ..file(
                    self.layout.empty_resolv_conf(),
                    "# This machine has no name server that a pod could reach.\n".into(),
                )
            });
        }
        files
    }

    /// The child: restarted whenever it exits, its pods run on.
    pub(crate) fn process(&self) -> Process {
        let users = self
            .settings
            .arguments
            .get("kubelet")
            .map_or(&[][..], Vec::as_slice);
        let mut environment = vec![("PATH".to_owned(), super::process_path(self.layout))];
        environment.extend(self.facts.proxy_environment.iter().cloned());
        Process {
            name: "kubelet".into(),
            program: self.layout.program("kubelet"),
            arguments: command_line(&self.arguments(), users),
            environment,
            log: self.layout.logs().join("kubelet.log"),
            on_exit: OnExit::Restart,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, String)> {
        let node = &self.settings.node;
        let mut arguments = vec![
            ("config", self.layout.kubelet_config().display().to_string()),
            ("hostname-override", node.name.clone()),
            (
                "kubeconfig",
                self.layout.kubelet_kubeconfig().display().to_string(),
            ),
            // Without it the kubelet looks its own name up in DNS, 10 s for each pod while no API server answers.
            ("node-ip", node.ip.to_string()),
            ("root-dir", self.layout.kubelet_root().display().to_string()),
            (
                "cert-dir",
                self.layout.kubelet_root().join("pki").display().to_string(),
            ),
        ];
        let labels: Vec<&str> = node
            .labels
            .iter()
            .map(String::as_str)
            .filter(|label| kubelet_may_set(label))
            .collect();
        if !labels.is_empty() {
            arguments.push(("node-labels", labels.join(",")));
        }
        if self.settings.debug {
            arguments.push(("v", "4".into()));
        }
        arguments
    }

    /// Ours with the fragment laid over it.
    fn effective_configuration(&self) -> Value {
        let mut configuration = self.configuration();
        overlay(&mut configuration, &Value::Object(self.fragment.clone()));
        configuration
    }

    fn configuration(&self) -> Value {
        let Self {
            layout,
            settings,
            facts,
            ..
        } = self;
        let bind: IpAddr = settings.server.bind_address;
        json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": bind,
            "authentication": {
                "anonymous": { "enabled": false },
                "webhook": { "enabled": true },
                "x509": { "clientCAFile": layout.kubelet_client_ca() },
            },
            "authorization": { "mode": "Webhook" },
            "cgroupDriver": facts.cgroup_driver.as_str(),
            "clusterDNS": [settings.network.cluster_dns],
            "clusterDomain": settings.network.cluster_domain,
            "containerRuntimeEndpoint": format!("unix://{}", layout.containerd_socket().display()),
            // Naming one limit switches all defaults off, so those for memory and inodes are named too.
            "evictionHard": {
                "imagefs.available": "5%",
                "imagefs.inodesFree": "5%",
                "memory.available": "100Mi",
                "nodefs.available": "5%",
                "nodefs.inodesFree": "5%",
            },
            "evictionMinimumReclaim": { "imagefs.available": "10%", "nodefs.available": "10%" },
            "failCgroupV1": facts.cgroups == Cgroups::V2,
            "failSwapOn": false,
            "fileCheckFrequency": "5s",
            "healthzBindAddress": "127.0.0.1",
            "healthzPort": super::KUBELET_HEALTH_PORT,
            "imageGCHighThresholdPercent": 90,
            "imageGCLowThresholdPercent": 85,
            "protectKernelDefaults": settings.node.protect_kernel_defaults,
            "readOnlyPort": 0,
            "registerWithTaints": taints(&settings.node.taints),
            "resolvConf": self.resolv_conf(),
            "seccompDefault": true,
            "serializeImagePulls": false,
            "staticPodPath": layout.pod_manifests(),
            "syncFrequency": "30s",
            "tlsCertFile": layout.kubelet_serving_certificate(),
            "tlsPrivateKeyFile": layout.kubelet_serving_key(),
            "volumePluginDir": self.volume_plugins(),
        })
    }

    fn resolv_conf(&self) -> std::path::PathBuf {
        let asked = self.settings.node.resolv_conf.clone();
        asked
            .or_else(|| self.facts.resolv_conf.clone())
            .unwrap_or_else(|| self.layout.empty_resolv_conf())
    }

    fn volume_plugins(&self) -> std::path::PathBuf {
        self.layout.kubelet_root().join("volumeplugins")
    }
}

/// Whether the kubelet accepts a label for its own Node; it refuses to start with any other of Kubernetes' own.
fn kubelet_may_set(label: &str) -> bool {
    const OWN: [&str; 8] = [
        "kubernetes.io/hostname",
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
    ];
    let key = label.split_once('=').map_or(label, |(key, _)| key);
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let is_below = |parent: &str| domain == parent || domain.ends_with(&format!(".{parent}"));
    let reserved = is_below("kubernetes.io") || is_below("k8s.io");
    !reserved || OWN.contains(&key) || is_below("kubelet.kubernetes.io") || is_below("node.kubernetes.io")
}

/// `key=value:Effect` as the kubelet's configuration has it.
fn taints(taints: &[String]) -> Vec<Value> {
    taints
        .iter()
        .filter_map(|taint| {
            let (key_value, effect) = taint.rsplit_once(':')?;
            let (key, value) = key_value.split_once('=').unwrap_or((key_value, ""));
            Some(json!({ "key": key, "value": value, "effect": effect }))
        })
        .collect()
}

/// Lays `over` on `base`: objects merge, anything else replaces, null removes.
fn overlay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    base.remove(key);
                } else {
                    overlay(base.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (_, Value::Null) => {}
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_merges_objects_and_replaces_the_rest() {
        let mut base = json!({ "a": { "b": 1, "c": 2 }, "list": [1, 2], "gone": true });
        overlay(
            &mut base,
            &json!({ "a": { "b": 9 }, "list": [3], "gone": null, "new": { "x": 1 } }),
        );
        assert_eq!(
            base,
            json!({ "a": { "b": 9, "c": 2 }, "list": [3], "new": { "x": 1 } })
        );
    }

    #[test]
    fn the_kubelet_is_not_given_labels_that_it_refuses() {
        assert!(kubelet_may_set("disk=ssd") && kubelet_may_set("example.org/disk=ssd"));
        assert!(
            kubelet_may_set("topology.kubernetes.io/zone=a") && kubelet_may_set("node.kubernetes.io/x=1")
        );
        assert!(!kubelet_may_set("node-role.kubernetes.io/worker=true"));
        assert!(!kubelet_may_set("kubernetes.io/team=a"));
    }

    #[test]
    fn a_fragment_may_not_part_the_kubelet_from_the_node() {
        let fragment = |value: Value| value.as_object().cloned().unwrap_or_default();
        assert_eq!(own_field(&fragment(json!({ "maxPods": 50 }))), None);
        let harmful = json!({ "maxPods": 50, "staticPodPath": "/etc/pods" });
        assert_eq!(own_field(&fragment(harmful)), Some("staticPodPath"));
    }

    #[test]
    fn a_taint_needs_an_effect_but_no_value() {
        let taints = taints(&["a=b:NoSchedule".into(), "c:NoExecute".into()]);
        assert_eq!(
            taints[0],
            json!({ "key": "a", "value": "b", "effect": "NoSchedule" })
        );
        assert_eq!(
            taints[1],
            json!({ "key": "c", "value": "", "effect": "NoExecute" })
        );
    }
}
