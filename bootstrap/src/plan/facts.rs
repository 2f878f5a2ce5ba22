//! What this machine is, as far as a plan depends on it. Gathered by the node, passed in as a value.

use std::path::PathBuf;

/// The facts of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostFacts {
    pub(crate) cgroups: Cgroups,
    pub(crate) cgroup_driver: CgroupDriver,
    /// The process may lower an `oom_score_adj`; containers without `CAP_SYS_RESOURCE` may not.
    pub(crate) may_lower_oom_score: bool,
    /// The resolver file that pods inherit, when it names a server that a pod can reach.
    pub(crate) resolv_conf: Option<PathBuf>,
    /// `*_proxy` variables of the environment, for the processes that fetch images or call webhooks.
    pub(crate) proxy_environment: Vec<(String, String)>,
    /// Whether etcd holds data already: a first start may create a cluster, a later one never.
    pub(crate) etcd_member: EtcdMember,
}

/// The cgroup hierarchy that carries the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cgroups {
    V1,
    V2,
}

/// Who writes cgroups: it must be the same for the kubelet and for runc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CgroupDriver {
    Cgroupfs,
    Systemd,
}

impl CgroupDriver {
    /// The kubelet's name for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cgroupfs => "cgroupfs",
            Self::Systemd => "systemd",
        }
    }
}

/// This node's member of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EtcdMember {
    /// `<node>-<8 hex>`, chosen once and kept.
    pub(crate) name: String,
}
