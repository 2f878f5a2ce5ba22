//! What was asked: environment, config file, drop-ins and flags become one checked [`Settings`].
//!
//! Each source is a [`layer`], read with the one table of [`keys`]; later layers are laid over earlier ones, and
//! [`resolve`] checks what comes out, together with the [`facts`] of the machine. [`load`] does the reading.

mod check;
mod cidr;
mod environment;
mod facts;
mod file;
mod flags;
mod grammar;
mod keys;
mod layer;
mod load;
mod nearest;
mod network;
mod problem;
mod resolve;
mod rke2;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

pub(crate) use cidr::Cidr;
pub(crate) use flags::{AgentFlags, ServerFlags, explain};
pub(crate) use layer::Layer;
pub(crate) use load::load;

/// The charts that come with the runtime image, and what `disable` may name.
pub(crate) const BUNDLED_CHARTS: [&str; 5] =
    ["kube-proxy", "flannel", "coredns", "metrics-server", "ingress"];

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
    /// Extra variables, name and value, by component.
    pub(crate) environment: BTreeMap<String, Vec<(String, String)>>,
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
    pub(crate) protect_kernel_defaults: bool,
}

/// Settings of the cluster's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkSettings {
    pub(crate) cluster_cidr: Cidr,
    pub(crate) service_cidr: Cidr,
    pub(crate) service_node_port_range: String,
    pub(crate) cluster_dns: IpAddr,
    pub(crate) cluster_domain: String,
    pub(crate) cni: Cni,
    pub(crate) flannel_backend: FlannelBackend,
}

/// Who brings the pod network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cni {
    /// The bundled flannel chart.
    Flannel,
    /// The user's own.
    None,
}

/// How flannel carries packets between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlannelBackend {
    /// Packed into UDP.
    Vxlan,
    /// Routes to the other nodes, which must share one link.
    HostGateway,
}

impl FlannelBackend {
    /// Its name in settings and in the flannel chart.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::HostGateway => "host-gw",
        }
    }
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
    pub(crate) write_kubeconfig_group: Option<u32>,
    pub(crate) etcd_expose_metrics: bool,
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
    /// Runtime image, when not the one of this version.
    pub(crate) runtime_image: Option<String>,
    /// Images of the user's choice, by component: `pause`, `etcd`, `kube-apiserver`, …
    pub(crate) images: BTreeMap<String, String>,
}
