//! A machine as an administrator without Bowline makes it ready: programs, configuration files, nothing started.

use std::path::Path;

use anyhow::{Context, Result};
use bowline_tests::machine::{Machine, Spec};
use serde_json::{Value, json};

use super::addons::{CLUSTER_CIDR, SERVICE_CIDR};
use super::figures::Subject;
use super::kit::{HOME, Kit};
use crate::bill::Bill;

pub(crate) const KUBECONFIG: &str = "/etc/kubernetes/super-admin.conf";
/// What kubeadm is told, on the machine.
pub(crate) const KUBEADM_CONFIG: &str = "/opt/bench/kubeadm.yaml";
pub(crate) const CONTAINERD_SOCKET: &str = "/run/containerd/containerd.sock";
const CONTAINERD_CONFIG: &str = "/opt/bench/containerd.toml";
const PATCHES: &str = "/opt/bench/patches";
const CONFLIST: &str = "/etc/cni/net.d/10-flannel.conflist";

/// Shell functions for both scripts. A kubelet needs the configuration that kubeadm writes.
pub(crate) const FUNCTIONS: &str = "
start_containerd() { containerd --config /opt/bench/containerd.toml >/var/log/containerd.log 2>&1 & }
start_kubelet() { (
  until [ -s /var/lib/kubelet/config.yaml ]; do sleep 0.02; done
  . /var/lib/kubelet/kubeadm-flags.env
  exec kubelet $KUBELET_KUBEADM_ARGS --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf \\
    --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf >/var/log/kubelet.log 2>&1
) & }
";

/// Makes the machine of `subject` and switches it on.
pub(crate) fn prepare(subject: Subject, kit: &Kit, bill: &Bill) -> Result<Machine> {
    let mut spec = Spec::new(subject.machine());
    let volumes = [HOME, "/var/lib/containerd", "/var/lib/etcd", "/var/lib/kubelet"];
    spec.volumes = volumes.map(Into::into).to_vec();
    let mut machine = Machine::create(spec)?;
    kit.install(&machine, subject == Subject::Kubeadm)?;
    machine.start()?;
    write(&machine, CONTAINERD_CONFIG, &containerd(&tag(bill, "pause")?))?;
    write(&machine, CONFLIST, &conflist().to_string())?;
    write(&machine, KUBEADM_CONFIG, &kubeadm(&machine, bill)?)?;
    for (pod, patch) in patches() {
        write(
            &machine,
            &format!("{PATCHES}/{pod}+strategic.yaml"),
            &patch.to_string(),
        )?;
    }
    Ok(machine)
}

/// Writes a file on the machine.
pub(crate) fn write(machine: &Machine, inside: &str, content: &str) -> Result<()> {
    let file = machine.path(inside);
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    Ok(fs_err::write(file, content)?)
}

fn tag(bill: &Bill, name: &str) -> Result<String> {
    let image = bill.images.iter().find(|image| image.name == name);
    let image = image.with_context(|| format!("the bill has no image {name}"))?;
    Ok(image.tag.clone())
}

fn containerd(pause_tag: &str) -> String {
    format!(
        "version = 3
root = '/var/lib/containerd'
state = '/run/containerd'

[grpc]
address = '{CONTAINERD_SOCKET}'

[plugins.'io.containerd.nri.v1.nri']
disable = true

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = 'docker.io/bowline/pause:{pause_tag}'

[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['{HOME}/bin']
conf_dir = '/etc/cni/net.d'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = '{HOME}/bin/runc'
SystemdCgroup = false
"
    )
}

/// The same as a node of Bowline has.
fn conflist() -> Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "cbr0",
        "plugins": [
            { "type": "flannel", "delegate": { "hairpinMode": true, "isDefaultGateway": true } },
            { "type": "portmap", "capabilities": { "portMappings": true } },
        ],
    })
}

/// kubeadm's pods run as root; the images name users of their own.
fn patches() -> impl Iterator<Item = (&'static str, Value)> {
    let pods = [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];
    pods.into_iter().map(|pod| {
        (
            pod,
            json!({"spec": {"securityContext": {"runAsUser": 0, "runAsGroup": 0}}}),
        )
    })
}

fn kubeadm(machine: &Machine, bill: &Bill) -> Result<String> {
    let address = machine.address();
    let init = json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": address, "bindPort": 6443},
        "nodeRegistration": {
            "name": machine.name(),
            "criSocket": format!("unix://{CONTAINERD_SOCKET}"),
            "imagePullPolicy": "Never",
            "taints": [],
            "kubeletExtraArgs": [
                {"name": "node-ip", "value": address},
                {"name": "hostname-override", "value": machine.name()},
            ],
        },
        "patches": {"directory": PATCHES},
    });
    let cluster = json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "kubernetesVersion": tag(bill, "kube-apiserver")?,
        "imageRepository": bill.prefix,
        "etcd": {"local": {"imageTag": tag(bill, "etcd")?, "dataDir": "/var/lib/etcd"}},
        "dns": {"imageTag": tag(bill, "coredns")?},
        "networking": {"podSubnet": CLUSTER_CIDR, "serviceSubnet": SERVICE_CIDR},
    });
    let kubelet = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "evictionHard": {"imagefs.available": "5%", "memory.available": "100Mi", "nodefs.available": "5%"},
        "failCgroupV1": Path::new("/sys/fs/cgroup/cgroup.controllers").exists(),
        "failSwapOn": false,
        "serializeImagePulls": false,
    });
    Ok([init, cluster, kubelet]
        .map(|document| document.to_string())
        .join("\n---\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_from_the_bill() {
        let bill = Bill::parse(include_str!("../../../components/components.yaml")).unwrap();
        assert!(containerd(&tag(&bill, "pause").unwrap()).contains("docker.io/bowline/pause:3"));
        let error = tag(&bill, "no-such").unwrap_err();
        assert_eq!(error.to_string(), "the bill has no image no-such");
    }
}
