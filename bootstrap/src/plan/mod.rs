//! Pure: settings, content, certificates and node config become one [`NodePlan`]. No I/O here.
//!
//! One file a subject: [`containerd`], [`kubelet`] and [`cni`] for every node, [`etcd`] and the three `kube_*`
//! static pods for a server, [`operator`] for the objects that start the cluster side, [`charts`] for the
//! manifests laid out for it.

pub(crate) mod arguments;
pub(crate) mod charts;
pub(crate) mod cni;
pub(crate) mod containerd;
pub(crate) mod credentials;
pub(crate) mod etcd;
pub(crate) mod facts;
pub(crate) mod images;
pub(crate) mod kube_apiserver;
pub(crate) mod kube_controller_manager;
pub(crate) mod kube_scheduler;
pub(crate) mod kubelet;
pub(crate) mod operator;
mod static_pod;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::content::registry::Registries;
use crate::layout::Layout;
use crate::processes::Process;
use crate::settings::{Role, Settings};
use containerd::Containerd;
use credentials::{Credential, Credentials};
use facts::HostFacts;
use images::{Images, Required};
use kubelet::Kubelet;

/// Where the API server listens.
pub(crate) const API_SERVER_PORT: u16 = 6443;
/// Where the kubelet answers for its health, on the loopback address.
pub(crate) const KUBELET_HEALTH_PORT: u16 = 10248;

/// All that a plan depends on.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) settings: &'a Settings,
    pub(crate) facts: &'a HostFacts,
    pub(crate) images: &'a Images,
    pub(crate) credentials: &'a Credentials,
    pub(crate) registries: &'a Registries,
    /// `KubeletConfiguration` fields from the node's `NodeState`.
    pub(crate) kubelet_fragment: &'a Map<String, Value>,
}

impl Inputs<'_> {
    fn users_arguments(&self, component: &str) -> &[String] {
        self.settings.arguments.get(component).map_or(&[], Vec::as_slice)
    }

    /// `own` and what the user adds; of one name, the user's counts.
    fn environment(&self, component: &str, own: &[(String, String)]) -> Vec<(String, String)> {
        let users = self
            .settings
            .environment
            .get(component)
            .map_or(&[][..], Vec::as_slice);
        let is_free = |(name, _): &&(String, String)| users.iter().all(|(taken, _)| taken != name);
        own.iter().filter(is_free).chain(users).cloned().collect()
    }
}

/// All that shall be on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodePlan {
    pub(crate) directories: Vec<Directory>,
    pub(crate) files: Vec<File>,
    pub(crate) static_pods: Vec<StaticPod>,
    pub(crate) processes: Vec<Process>,
}

/// A directory with its owner and mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
}

/// A file, written by temp file and rename, only when it differs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    /// User and group alike.
    pub(crate) owner: u32,
    pub(crate) content: Vec<u8>,
}

impl std::fmt::Debug for File {
    /// Content may be a key: say only how long it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            path,
            mode,
            owner,
            content,
        } = self;
        write!(
            f,
            "File({} mode {mode:o} owner {owner} {} bytes)",
            path.display(),
            content.len()
        )
    }
}

/// A pod that the kubelet runs from a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaticPod {
    pub(crate) name: String,
    /// Image that must be in containerd before the manifest is written.
    pub(crate) image: String,
    pub(crate) after: Gate,
    /// Changes whenever the manifest or a file that the pod reads does.
    pub(crate) uid: String,
    pub(crate) manifest: String,
}

/// What must hold before a static pod's manifest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    /// The kubelet runs.
    Kubelet,
    /// etcd answers.
    Etcd,
    /// The API server is ready.
    ApiServer,
}

/// What shall be on a node of these inputs.
pub(crate) fn plan(inputs: &Inputs<'_>) -> NodePlan {
    let pause = inputs.images.required(Required::Pause);
    let containerd = Containerd {
        layout: inputs.layout,
        facts: inputs.facts,
        pause: &pause,
        snapshotter: &inputs.settings.node.snapshotter,
        registries: inputs.registries,
        debug: inputs.settings.debug,
    };
    let kubelet = Kubelet {
        layout: inputs.layout,
        settings: inputs.settings,
        facts: inputs.facts,
        fragment: inputs.kubelet_fragment,
    };
    let mut plan = NodePlan {
        directories: [containerd.directories(), kubelet.directories()].concat(),
        files: [
            containerd.files(),
            cni::files(inputs.layout, &inputs.settings.network),
            kubelet.files(),
        ]
        .concat(),
        static_pods: Vec::new(),
        processes: vec![containerd.process(), kubelet.process()],
    };
    plan.directories.push(Directory {
        path: inputs.layout.logs(),
        mode: 0o750,
        owner: 0,
    });
    if inputs.settings.role == Role::Server {
        add_control_plane(inputs, &mut plan);
    }
    plan
}

fn add_control_plane(inputs: &Inputs<'_>, plan: &mut NodePlan) {
    plan.directories.extend(etcd::directories(inputs));
    plan.directories.push(Directory {
        path: inputs.layout.manifests(),
        mode: 0o755,
        owner: 0,
    });
    plan.files.push(etcd::member_name(inputs));
    let components = [
        (etcd::NAME, etcd::USER, etcd::files(inputs)),
        (
            kube_apiserver::NAME,
            kube_apiserver::USER,
            kube_apiserver::files(inputs),
        ),
        (
            kube_controller_manager::NAME,
            kube_controller_manager::USER,
            kube_controller_manager::files(inputs),
        ),
        (
            kube_scheduler::NAME,
            kube_scheduler::USER,
            kube_scheduler::files(inputs),
        ),
    ];
    let pods: [fn(&Inputs<'_>, &[File]) -> StaticPod; 4] = [
        etcd::pod,
        kube_apiserver::pod,
        kube_controller_manager::pod,
        kube_scheduler::pod,
    ];
    for ((name, owner, files), pod) in components.into_iter().zip(pods) {
        plan.directories.push(Directory {
            path: inputs.layout.component(name),
            mode: 0o700,
            owner,
        });
        plan.static_pods.push(pod(inputs, &files));
        plan.files.extend(files);
    }
}

/// A component's own copies of the credentials it needs, readable by its user alone.
fn component_files(
    inputs: &Inputs<'_>,
    component: &str,
    owner: u32,
    credentials: &[(&str, Credential)],
) -> Vec<File> {
    let directory = inputs.layout.component(component);
    credentials
        .iter()
        .map(|(name, credential)| File {
            path: directory.join(name),
            mode: 0o600,
            owner,
            content: inputs.credentials.get(*credential).to_vec(),
        })
        .collect()
}

/// `PATH` for children: our programs first, then the system's (mount, modprobe and their like).
fn process_path(layout: &Layout) -> String {
    format!(
        "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        layout.bin().display()
    )
}

/// Where this node itself reaches a server that listens on `bound`.
pub(crate) fn local_address(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        bound => bound,
    }
}

/// An address as the host part of a URL.
pub(crate) fn url_host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
