//! What the checks are told about the machine. Plain values: the checks themselves look at nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use crate::node::ports::Taken;

/// What no node can do without. A few milliseconds tell it.
#[derive(Clone, Debug)]
pub(crate) struct Vital {
    pub(crate) is_root: bool,
    /// The effective capabilities, a bit each.
    pub(crate) capabilities: u64,
    pub(crate) cgroups: Cgroups,
    pub(crate) data_dir: Volume,
    /// Programs of another Kubernetes or container runtime that run here.
    pub(crate) strangers: Vec<Owner>,
}

/// A machine before bowline starts on it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) vital: Vital,
    /// As `uname -r` prints it.
    pub(crate) kernel: String,
    pub(crate) features: BTreeMap<&'static str, Feature>,
    /// Devices and files that memory is swapped to.
    pub(crate) swaps: Vec<PathBuf>,
    pub(crate) memory_bytes: u64,
    /// Ports that bowline needs and others hold.
    pub(crate) taken: Vec<Taken>,
    /// Process id of the bowline that runs on this data dir.
    pub(crate) running: Option<i32>,
    pub(crate) host_name: String,
    pub(crate) host_name_resolves: bool,
    pub(crate) name_servers: Vec<IpAddr>,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// CNI configurations of somebody else.
    pub(crate) cni_configs: Vec<PathBuf>,
}

/// How sure it is that the kernel can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// In use, or built in.
    Present,
    /// A module that the kernel loads when asked.
    Loadable,
    Absent,
    /// The kernel does not tell.
    Unknown,
}

/// The cgroups of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cgroups {
    /// 1 or 2; 0 when none are mounted.
    pub(crate) version: u8,
    pub(crate) controllers: BTreeSet<String>,
}

/// The volume that holds the data dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) path: PathBuf,
    pub(crate) filesystem: String,
    pub(crate) total_bytes: u64,
    pub(crate) free_bytes: u64,
}

/// A process as a person knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: i32,
    pub(crate) name: String,
}

/// A machine that has all bowline needs: the ground of the checks' tests.
#[cfg(test)]
pub(crate) fn sound() -> Facts {
    Facts {
        vital: Vital {
            is_root: true,
            capabilities: u64::MAX,
            cgroups: Cgroups {
                version: 2,
                controllers: ["cpu", "cpuset", "io", "memory", "pids"]
                    .map(str::to_owned)
                    .into(),
            },
            data_dir: Volume {
                path: "/var/lib/bowline".into(),
                filesystem: "ext4".into(),
                total_bytes: 100 << 30,
                free_bytes: 50 << 30,
            },
            strangers: vec![],
        },
        kernel: "6.1.0-18-amd64".into(),
        features: super::kernel::FEATURES
            .iter()
            .map(|feature| (feature.name, Feature::Present))
            .collect(),
        swaps: vec![],
        memory_bytes: 4 << 30,
        taken: vec![],
        running: None,
        host_name: "one".into(),
        host_name_resolves: true,
        name_servers: vec![[192, 168, 0, 1].into()],
        now: 1_800_000_000,
        cni_configs: vec![],
    }
}
