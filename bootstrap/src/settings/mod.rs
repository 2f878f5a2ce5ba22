//! What was asked: config file, drop-ins, environment and flags become one checked [`Settings`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

/// What this process was told, checked once; nobody behind this door checks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) role: Role,
    pub(crate) debug: bool,
    pub(crate) data_dir: PathBuf,
    pub(crate) node: NodeSettings,
    pub(crate) network: NetworkSettings,
    pub(crate) server: ServerSettings,
    pub(crate) registry: RegistrySettings,
    /// Extra arguments, `name=value` without dashes, by component: `kubelet`, `kube-apiserver`, `etcd`, …
    pub(crate) arguments: BTreeMap<String, Vec<String>>,
}

/// What a node is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Control plane and workloads.
    Server,
    /// Workloads only.
    Agent,
}

/// Settings of the node itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeSettings {
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    pub(crate) external_ip: Option<IpAddr>,
    /// `key=value`
    pub(crate) labels: Vec<String>,
    /// `key=value:Effect`
    pub(crate) taints: Vec<String>,
    pub(crate) resolv_conf: Option<PathBuf>,
    pub(crate) snapshotter: String,
}

/// Settings of the cluster's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkSettings {
    pub(crate) cluster_cidr: String,
    pub(crate) service_cidr: String,
    pub(crate) service_node_port_range: String,
    pub(crate) cluster_dns: IpAddr,
    pub(crate) cluster_domain: String,
    pub(crate) cni: Cni,
}

/// Who brings the pod network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cni {
    /// The bundled flannel chart.
    Flannel,
    /// The user's own.
    None,
}

/// Settings of a server; an agent carries the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerSettings {
    pub(crate) advertise_address: IpAddr,
    pub(crate) bind_address: IpAddr,
    pub(crate) tls_san: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) write_kubeconfig: PathBuf,
    pub(crate) write_kubeconfig_mode: u32,
    /// Bundled charts that shall not be there.
    pub(crate) disable: BTreeSet<String>,
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistrySettings {
    /// Path of `registries.yaml`.
    pub(crate) private_registry: PathBuf,
    /// Prefix of every image that bowline itself names, when not the default registry.
    pub(crate) system_default_registry: Option<String>,
}
