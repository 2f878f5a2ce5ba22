//! What this machine is: reads `/proc`, `/sys` and the resolver file, gives [`HostFacts`].

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, statfs};

use crate::layout::Layout;
use crate::plan::facts::{CgroupDriver, Cgroups, EtcdMember, HostFacts};

/// The bit of `CAP_SYS_RESOURCE` in a capability set.
const CAP_SYS_RESOURCE: u64 = 1 << 24;
/// Resolver files in the order of preference: the second is systemd-resolved's, behind its loopback stub.
const RESOLVERS: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// The facts of this machine and of the node `name` on it.
pub(crate) fn gather(layout: &Layout, name: &str) -> Result<HostFacts> {
    let status = procfs::process::Process::myself()
        .and_then(|process| process.status())
        .context("read /proc/self/status")?;
    Ok(HostFacts {
        cgroups: cgroups(),
        cgroup_driver: cgroup_driver(),
        may_lower_oom_score: status.capeff & CAP_SYS_RESOURCE != 0,
        resolv_conf: RESOLVERS
            .iter()
            .map(PathBuf::from)
            .find(|file| is_usable_resolver(file)),
        proxy_environment: std::env::vars().filter(|(name, _)| is_proxy(name)).collect(),
        etcd_member: etcd_member(layout, name)?,
    })
}

/// A hybrid hierarchy mounts v2 as well, but not there.
fn cgroups() -> Cgroups {
    match statfs("/sys/fs/cgroup") {
        Ok(filesystem) if filesystem.filesystem_type() == CGROUP2_SUPER_MAGIC => Cgroups::V2,
        _ => Cgroups::V1,
    }
}

/// systemd wants to be the only one who writes cgroups where it is process 1.
fn cgroup_driver() -> CgroupDriver {
    let is_systemd = fs_err::read_to_string("/proc/1/comm").is_ok_and(|name| name.trim() == "systemd");
    if is_systemd && Path::new("/run/systemd/system").exists() {
        CgroupDriver::Systemd
    } else {
        CgroupDriver::Cgroupfs
    }
}

fn is_proxy(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_proxy")
}

fn is_usable_resolver(file: &Path) -> bool {
    fs_err::read_to_string(file).is_ok_and(|text| names_a_server(&text))
}

/// Whether pods can use the resolver file: one with a loopback server alone works on the host only.
fn names_a_server(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("nameserver")
            && words
                .next()
                .and_then(|address| address.split('%').next()?.parse::<std::net::IpAddr>().ok())
                .is_some_and(|address| !address.is_loopback() && !address.is_unspecified())
    })
}

/// The member's name as the first start chose it, or a new one.
fn etcd_member(layout: &Layout, node: &str) -> Result<EtcdMember> {
    let file = layout.etcd_name();
    let name = match fs_err::read_to_string(&file) {
        Ok(name) if !name.trim().is_empty() => name.trim().to_owned(),
        Ok(_) => format!("{node}-{}", random_hex()?),
        Err(error) if error.kind() == ErrorKind::NotFound => format!("{node}-{}", random_hex()?),
        Err(error) => return Err(error.into()),
    };
    Ok(EtcdMember { name })
}

/// Eight random hex digits.
fn random_hex() -> Result<String> {
    let mut bytes = [0; 4];
    fs_err::File::open("/dev/urandom")?
        .read_exact(&mut bytes)
        .context("read /dev/urandom")?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_on_loopback_is_of_no_use_to_pods() {
        assert!(names_a_server("search x\nnameserver 192.0.2.1\n"));
        assert!(names_a_server("nameserver 127.0.0.53\nnameserver fe80::1%eth0\n"));
        assert!(!names_a_server("nameserver 127.0.0.53\noptions edns0\n"));
        assert!(!names_a_server("# nameserver 192.0.2.1\n"));
        assert!(!names_a_server(""));
    }

    #[test]
    fn the_member_keeps_the_name_that_was_chosen_first() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        let first = etcd_member(&layout, "one").unwrap();
        assert!(first.name.starts_with("one-") && first.name.len() == "one-".len() + 8);
        fs_err::create_dir_all(layout.etcd()).unwrap();
        fs_err::write(layout.etcd_name(), &first.name).unwrap();
        assert_eq!(etcd_member(&layout, "renamed").unwrap(), first);
    }
}
