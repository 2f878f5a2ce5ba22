//! Looks at the machine and fills in the facts. No judgement is made here.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use nix::sys::statvfs::statvfs;
use procfs::Current as _;
use procfs::process::{MountInfo, Process, all_processes};

use super::facts::{Cgroups, Facts, Owner, Vital, Volume};
use super::features::{Sources, features};
use crate::commands::running;
use crate::layout::Layout;
use crate::node::ports;
use crate::settings::Role;

/// Programs that do bowline's work for somebody else.
const STRANGERS: [&str; 8] = [
    "kubelet",
    "containerd",
    "dockerd",
    "crio",
    "k3s",
    "k3s-server",
    "rke2",
    "k0s",
];
const CNI_CONFIG: &str = "/etc/cni/net.d";

/// What the checks need to know of this machine.
pub(crate) fn look(role: Role, layout: &Layout, disabled: &BTreeSet<String>) -> Result<Facts> {
    let kernel = fs_err::read_to_string("/proc/sys/kernel/osrelease")?
        .trim()
        .to_owned();
    let host_name = nix::unistd::gethostname()
        .context("read the host name")?
        .to_string_lossy()
        .into_owned();
    Ok(Facts {
        vital: look_at_vital(layout)?,
        features: features(&sources(&kernel)),
        kernel,
        swaps: swaps(&text("/proc/swaps")),
        memory_bytes: procfs::Meminfo::current()
            .map(|memory| memory.mem_total)
            .unwrap_or_default(),
        taken: ports::taken(role, &layout.contents(), disabled),
        running: running::find(layout),
        host_name_resolves: (host_name.as_str(), 0).to_socket_addrs().is_ok(),
        host_name,
        name_servers: name_servers(&text("/etc/resolv.conf")),
        now: jiff::Timestamp::now().as_second(),
        cni_configs: files(Path::new(CNI_CONFIG)),
    })
}

/// What a start asks before anything else.
pub(crate) fn look_at_vital(layout: &Layout) -> Result<Vital> {
    let me = Process::myself().context("read /proc/self")?;
    let mounts = me.mountinfo().context("read /proc/self/mountinfo")?.0;
    Ok(Vital {
        is_root: nix::unistd::geteuid().is_root(),
        capabilities: me.status().context("read /proc/self/status")?.capeff,
        cgroups: cgroups(&mounts),
        data_dir: volume(layout.data_dir(), &mounts)?,
        strangers: strangers(layout.data_dir()),
    })
}

/// A file's text; one that is not there says nothing.
fn text(path: impl AsRef<Path>) -> String {
    fs_err::read_to_string(path.as_ref()).unwrap_or_default()
}

fn sources(kernel: &str) -> Sources {
    let modules = Path::new("/lib/modules").join(kernel);
    let mut present = text("/proc/modules") + &text("/proc/filesystems");
    if Path::new("/proc/sys/net/bridge").is_dir() {
        present.push_str(" br_netfilter ");
    }
    if crate::netlink::tables().is_ok() {
        present.push_str(" nf_tables ");
    }
    Sources {
        present,
        builtin: text(modules.join("modules.builtin")),
        loadable: text(modules.join("modules.dep")),
        config: kernel_config(kernel).unwrap_or_default(),
    }
}

/// The configuration that the kernel carries in itself, or that its package put in `/boot`.
fn kernel_config(kernel: &str) -> Option<String> {
    let Ok(packed) = fs_err::File::open("/proc/config.gz") else {
        return fs_err::read_to_string(format!("/boot/config-{kernel}")).ok();
    };
    let mut config = String::new();
    flate2::read::MultiGzDecoder::new(packed)
        .take(1 << 22)
        .read_to_string(&mut config)
        .ok()?;
    Some(config)
}

/// Controllers of v2, or those of v1 that are mounted.
fn cgroups(mounts: &[MountInfo]) -> Cgroups {
    let v1: BTreeSet<String> = mounts
        .iter()
        .filter(|mount| mount.fs_type == "cgroup")
        .flat_map(|mount| mount.super_options.keys().cloned())
        .collect();
    if v1.contains("memory") {
        return Cgroups {
            version: 1,
            controllers: v1,
        };
    }
    let Some(v2) = mounts.iter().find(|mount| mount.fs_type == "cgroup2") else {
        return Cgroups {
            version: 0,
            controllers: BTreeSet::new(),
        };
    };
    let controllers = text(v2.mount_point.join("cgroup.controllers"));
    Cgroups {
        version: 2,
        controllers: controllers.split_whitespace().map(str::to_owned).collect(),
    }
}

fn swaps(list: &str) -> Vec<PathBuf> {
    list.lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .map(PathBuf::from)
        .collect()
}

/// The volume below the data dir, or below the folder in which it will be made.
fn volume(data_dir: &Path, mounts: &[MountInfo]) -> Result<Volume> {
    let existing = data_dir
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let existing = fs_err::canonicalize(existing)?;
    let space = statvfs(&existing).with_context(|| format!("ask how full {} is", existing.display()))?;
    let below = mounts
        .iter()
        .filter(|mount| existing.starts_with(&mount.mount_point));
    // Of mounts over one another the last one is seen.
    let mount = below.max_by_key(|mount| mount.mount_point.components().count());
    Ok(Volume {
        path: data_dir.to_owned(),
        filesystem: mount.map_or_else(String::new, |mount| mount.fs_type.clone()),
        total_bytes: space.blocks() * space.fragment_size(),
        free_bytes: space.blocks_available() * space.fragment_size(),
    })
}

fn name_servers(resolv_conf: &str) -> Vec<IpAddr> {
    let servers = resolv_conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    // A zone is no part of the address: fe80::1%eth0.
    servers
        .filter_map(|server| server.trim().split('%').next()?.parse().ok())
        .collect()
}

/// Programs of others, in the mount namespace of this machine: those in containers do no harm.
fn strangers(data_dir: &Path) -> Vec<Owner> {
    let namespace = |process: &Process| fs_err::read_link(format!("/proc/{}/ns/mnt", process.pid)).ok();
    let Some(own) = Process::myself().ok().and_then(|me| namespace(&me)) else {
        return Vec::new();
    };
    let processes = all_processes().into_iter().flatten().flatten();
    processes
        .filter(|process| namespace(process).as_ref() == Some(&own))
        .filter_map(|process| {
            let program = process
                .exe()
                .ok()
                .filter(|program| !program.starts_with(data_dir))?;
            let name = program.file_name()?.to_str()?.to_owned();
            STRANGERS.contains(&name.as_str()).then_some(Owner {
                pid: process.pid,
                name,
            })
        })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_from_resolv_conf() {
        let text =
            "# x\nsearch a.b\nnameserver 9.9.9.9\nnameserver fe80::1%eth0\noptions ndots:5\nnameserver x\n";
        let expected: [IpAddr; 2] = [[9, 9, 9, 9].into(), "fe80::1".parse().unwrap()];
        assert_eq!(name_servers(text), expected);
    }

    #[test]
    fn swap_devices_are_listed_without_the_header() {
        assert_eq!(
            swaps("Filename Type Size\n/dev/sda2 partition 1 0 -2\n"),
            [PathBuf::from("/dev/sda2")]
        );
        assert!(swaps("").is_empty());
    }

    #[test]
    fn this_machine_can_be_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().join("not/yet"));
        let facts = look(Role::Server, &layout, &BTreeSet::new()).unwrap();
        assert!(!facts.kernel.is_empty());
        assert!(facts.vital.data_dir.total_bytes > 0);
        assert!(facts.memory_bytes > 0);
    }
}
