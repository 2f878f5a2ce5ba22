//! Looks at the machine: what of bowline's is there. No decision is made here.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use procfs::process::{MountInfo, Process};

use super::plan::{Facts, Rules};
use super::processes::{self, Marks};
use crate::layout::{CONFIG_DIR, Layout, RUN_DIR};
use crate::ledger::{Ledger, sysctl};
use crate::netlink::{self, Family};

const UNITS: [&str; 2] = ["bowline-server.service", "bowline-agent.service"];
const UNIT_FOLDERS: [&str; 3] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
];
const FLANNEL_DIR: &str = "/run/flannel";
const NETWORK_NAMESPACES: &str = "/run/netns";
/// Where shims keep their sockets, whoever's containerd they belong to.
const SHIM_SOCKETS: &str = "/run/containerd/s";
/// Shared with others: they go when nothing is in them. `mount` makes the last one for the kubelet.
const SHARED_FOLDERS: [&str; 8] = [
    "/run/containerd/s",
    "/run/containerd/runc",
    "/run/containerd/fifo",
    "/run/containerd",
    "/run/netns",
    "/etc/cni/net.d",
    "/etc/cni",
    "/run/mount",
];
const FILES: [&str; 9] = [
    "/etc/default/bowline-server",
    "/etc/default/bowline-agent",
    "/usr/local/bin/kubectl",
    "/usr/local/bin/crictl",
    "/usr/local/bin/ctr",
    "/usr/local/share/bash-completion/completions/bowline",
    "/usr/local/share/zsh/site-functions/_bowline",
    "/usr/local/share/fish/vendor_completions.d/bowline.fish",
    "/usr/local/bin/bowline",
];

/// A node's places on this machine.
#[derive(Debug)]
pub(super) struct Machine {
    layout: Layout,
    /// What flannel called its networks at the first look: its file goes before its routes are checked.
    cluster_networks: Vec<(IpAddr, u8)>,
    ledger: Ledger,
}

impl Machine {
    /// Reads what later looks will miss.
    pub(super) fn open(data_dir: &Path) -> Result<Self> {
        let layout = Layout::new(data_dir);
        let subnet = fs_err::read_to_string(Path::new(FLANNEL_DIR).join("subnet.env")).unwrap_or_default();
        Ok(Self {
            cluster_networks: flannel_networks(&subnet),
            ledger: Ledger::read(&layout.ledger())?,
            layout,
        })
    }

    /// Whether bowline was ever installed or run here.
    pub(super) fn has_bowline(&self) -> bool {
        [self.layout.data_dir(), Path::new(CONFIG_DIR), Path::new(RUN_DIR)]
            .iter()
            .any(|path| path.exists())
            || !unit_files().is_empty()
    }

    /// The folders that are ours with all in them.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = [
            "/var/lib/cni",
            "/var/log/pods",
            "/var/log/containers",
            "/run/containerd/runc/k8s.io",
            FLANNEL_DIR,
            RUN_DIR,
            CONFIG_DIR,
        ]
        .map(PathBuf::from)
        .to_vec();
        folders.push(self.layout.kubelet_root());
        // The ledger lies there: what it says must be done first.
        folders.push(self.layout.data_dir().to_owned());
        folders
    }

    /// What is there now.
    pub(super) fn look(&self) -> Result<Facts> {
        let mounts = Process::myself()
            .and_then(|me| me.mountinfo())
            .context("read /proc/self/mountinfo")?
            .0;
        let marks = Marks {
            data_dir: self.layout.data_dir().to_owned(),
            socket: self.layout.containerd_socket(),
        };
        let mount_points: Vec<PathBuf> = mounts.iter().map(|mount| mount.mount_point.clone()).collect();
        let unit_files = unit_files();
        Ok(Facts {
            active_units: units("is-active"),
            enabled_units: units("is-enabled"),
            processes: processes::find(&marks)?,
            cgroups: pod_cgroups(&mounts),
            network_namespaces: children(NETWORK_NAMESPACES, |name| name.starts_with("cni-")),
            links: netlink::links()?,
            routes: netlink::routes()?,
            cluster_networks: self.cluster_networks.clone(),
            rules: rules(),
            // A kernel without nftables has no tables.
            tables: netlink::tables().unwrap_or_default(),
            sysctls: self.ledger.restorations(sysctl),
            folders: self
                .folders()
                .into_iter()
                .filter(|path| holds_something(path, &mount_points))
                .collect(),
            units_installed: !unit_files.is_empty(),
            files: dead_sockets()
                .into_iter()
                .chain(unit_files)
                .chain(our_files(self.layout.data_dir()))
                .collect(),
            empty_folders: SHARED_FOLDERS
                .map(PathBuf::from)
                .into_iter()
                .filter(|path| is_empty(path))
                .collect(),
            mounts: mount_points,
        })
    }
}

/// A mount point that is empty is as good as gone.
fn holds_something(path: &Path, mounts: &[PathBuf]) -> bool {
    path.symlink_metadata().is_ok() && !(mounts.iter().any(|mount| mount == path) && is_empty(path))
}

fn is_empty(folder: &Path) -> bool {
    fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn children(folder: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(&is_wanted))
        .map(|entry| entry.path())
        .collect()
}

/// The kubelet's cgroups, one in each hierarchy that is mounted.
fn pod_cgroups(mounts: &[MountInfo]) -> Vec<PathBuf> {
    let roots: BTreeSet<&PathBuf> = mounts
        .iter()
        .filter(|mount| mount.fs_type.starts_with("cgroup"))
        .map(|mount| &mount.mount_point)
        .collect();
    roots
        .into_iter()
        .flat_map(|root| ["kubepods", "kubepods.slice"].map(|name| root.join(name)))
        .filter(|path| path.is_dir())
        .collect()
}

fn unit_files() -> Vec<PathBuf> {
    UNIT_FOLDERS
        .iter()
        .flat_map(|folder| UNITS.map(|unit| Path::new(folder).join(unit)))
        .filter(|path| path.is_file())
        .collect()
}

/// Our units that systemd answers `question` with yes for; none where systemd does not run.
fn units(question: &str) -> Vec<String> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Vec::new();
    }
    let is_so = |unit: &&str| {
        let status = Command::new("systemctl")
            .args([question, "--quiet", unit])
            .status();
        status.is_ok_and(|status| status.success())
    };
    UNITS.iter().copied().filter(is_so).map(str::to_owned).collect()
}

/// Our program and what its installation put beside it; a `kubectl` of somebody else stays.
fn our_files(data_dir: &Path) -> Vec<PathBuf> {
    FILES
        .iter()
        .map(PathBuf::from)
        .filter(|path| match fs_err::read_link(path) {
            Ok(target) => target.starts_with(data_dir) || target.ends_with("bowline"),
            Err(_) => path.is_file() && path.to_str().is_some_and(|path| path.contains("bowline")),
        })
        .collect()
}

/// Sockets of shims that nobody serves any more.
fn dead_sockets() -> Vec<PathBuf> {
    let is_dead = |path: &PathBuf| {
        let is_socket = path
            .symlink_metadata()
            .is_ok_and(|metadata| metadata.file_type().is_socket());
        is_socket
            && UnixStream::connect(path)
                .is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
    };
    children(SHIM_SOCKETS, |_| true)
        .into_iter()
        .filter(is_dead)
        .collect()
}

/// What the host's iptables programs know; those that are not installed have made nothing.
fn rules() -> Vec<Rules> {
    [
        (Family::Ip, "iptables"),
        (Family::Ip, "iptables-legacy"),
        (Family::Ip6, "ip6tables"),
        (Family::Ip6, "ip6tables-legacy"),
    ]
    .into_iter()
    .filter_map(|(family, program)| {
        let saved = Command::new(format!("{program}-save")).output().ok()?;
        Some(Rules {
            family,
            restore: format!("{program}-restore").into(),
            saved: String::from_utf8_lossy(&saved.stdout).into_owned(),
        })
    })
    .collect()
}

/// The networks in flannel's `subnet.env`.
fn flannel_networks(text: &str) -> Vec<(IpAddr, u8)> {
    text.lines()
        .filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            let (address, prefix) = value.split_once('/')?;
            let is_network = matches!(key, "FLANNEL_NETWORK" | "FLANNEL_IPV6_NETWORK");
            is_network.then_some((address.parse().ok()?, prefix.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flannel_says_which_networks_are_the_clusters() {
        let text = "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\nFLANNEL_MTU=1450\n";
        assert_eq!(flannel_networks(text), [([10, 42, 0, 0].into(), 16)]);
        assert_eq!(flannel_networks(""), []);
    }

    #[test]
    fn a_mount_point_counts_only_while_something_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let mounted = [folder.path().to_owned()];
        assert!(!holds_something(folder.path(), &mounted));
        assert!(holds_something(folder.path(), &[]));
        fs_err::write(folder.path().join("x"), "").unwrap();
        assert!(holds_something(folder.path(), &mounted));
        assert!(!holds_something(Path::new("/no/such/folder"), &[]));
    }
}
