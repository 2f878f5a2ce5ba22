//! Pure checks: is the machine around the kernel fit for a node?

use std::net::IpAddr;

use super::facts::{Facts, Vital};
use super::finding::Finding;

const GIB: u64 = 1 << 30;
/// What the images and etcd of an empty cluster need, with room to breathe.
const LEAST_FREE: u64 = 5 * GIB;
/// Below this share of free space the kubelet evicts pods.
const EVICTION_PERCENT: u64 = 5;
const LEAST_MEMORY: u64 = 2 * GIB;
/// 2026-01-01: no machine that runs this version lives before it.
const EARLIEST: i64 = 1_767_225_600;
/// These cannot hold the upper layer of an overlay.
const UNFIT_FILESYSTEMS: [&str; 8] = [
    "overlay", "nfs", "nfs4", "cifs", "smb3", "vfat", "exfat", "fuseblk",
];

/// All checks of the host.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![
        swap(facts),
        memory(facts),
        space(facts),
        filesystem(&facts.vital),
        host_name(facts),
        clock(facts),
        dns(facts),
    ]
}

fn swap(facts: &Facts) -> Finding {
    if facts.swaps.is_empty() {
        return Finding::pass("swap", "off");
    }
    let devices: Vec<String> = facts
        .swaps
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Finding::warn(
        "swap",
        format!(
            "memory is swapped to {}: pods may become slow without a sign",
            devices.join(", ")
        ),
        "swapoff -a, and take the entry out of /etc/fstab",
    )
}

fn memory(facts: &Facts) -> Finding {
    let memory = gib(facts.memory_bytes);
    if facts.memory_bytes < LEAST_MEMORY {
        return Finding::warn(
            "memory",
            format!("{memory} in all"),
            "a server wants 2 GiB, and more for its pods",
        );
    }
    Finding::pass("memory", format!("{memory} in all"))
}

fn space(facts: &Facts) -> Finding {
    let volume = &facts.vital.data_dir;
    let (free, path) = (gib(volume.free_bytes), volume.path.display());
    if volume.free_bytes.saturating_mul(100) < volume.total_bytes.saturating_mul(EVICTION_PERCENT) {
        return Finding::fail(
            "data-dir-space",
            format!(
                "{free} of {} are free for {path}, less than {EVICTION_PERCENT} %: the kubelet would evict all pods",
                gib(volume.total_bytes)
            ),
            "make room, or name a data-dir on another disk",
        );
    }
    if volume.free_bytes < LEAST_FREE {
        return Finding::warn(
            "data-dir-space",
            format!("{free} are free for {path}"),
            format!("images and etcd want {}", gib(LEAST_FREE)),
        );
    }
    Finding::pass("data-dir-space", format!("{free} are free for {path}"))
}

pub(super) fn filesystem(vital: &Vital) -> Finding {
    let volume = &vital.data_dir;
    let found = format!("{} is on {}", volume.path.display(), volume.filesystem);
    if UNFIT_FILESYSTEMS.contains(&volume.filesystem.as_str()) {
        return Finding::fail(
            "data-dir-filesystem",
            format!("{found}, which cannot hold the file systems of containers"),
            "name a data-dir on ext4, xfs or btrfs; in a container: mount a volume there",
        );
    }
    if volume.filesystem == "tmpfs" {
        return Finding::warn(
            "data-dir-filesystem",
            format!("{found}: a reboot loses the cluster"),
            "name a data-dir on a disk",
        );
    }
    Finding::pass("data-dir-filesystem", found)
}

fn host_name(facts: &Facts) -> Finding {
    let name = &facts.host_name;
    if !is_node_name(name) {
        return Finding::fail(
            "hostname",
            format!("`{name}` cannot be the name of a node"),
            "set a host name of lower-case letters, digits, `-` and `.`, or give node-name",
        );
    }
    if !facts.host_name_resolves {
        return Finding::warn(
            "hostname",
            format!("`{name}` does not resolve: programs that look it up wait for DNS"),
            format!("add a line for {name} to /etc/hosts"),
        );
    }
    Finding::pass("hostname", name.clone())
}

/// RFC 1123, as Kubernetes reads it.
fn is_node_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn clock(facts: &Facts) -> Finding {
    if facts.now < EARLIEST {
        return Finding::fail(
            "clock",
            "the clock is before the release of this version: no certificate would be valid",
            "set the time, best by NTP",
        );
    }
    Finding::pass("clock", "plausible")
}

fn dns(facts: &Facts) -> Finding {
    let servers = &facts.name_servers;
    if servers.is_empty() {
        return Finding::warn(
            "dns",
            "/etc/resolv.conf names no server: pods and pulls find no name outside the cluster",
            "name a server there, or give resolv-conf; a cluster without outside needs none",
        );
    }
    if servers.iter().all(IpAddr::is_loopback) {
        return Finding::warn(
            "dns",
            "/etc/resolv.conf names only this machine's own resolver, which pods cannot reach",
            "give resolv-conf a file that names the servers behind it (systemd-resolved: /run/systemd/resolve/resolv.conf)",
        );
    }
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    Finding::pass("dns", servers.join(", "))
}

/// Tenths of a GiB.
fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / GIB;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::super::facts::sound;
    use super::super::finding::Outcome::{Fail, Pass, Warn};
    use super::*;

    #[test]
    fn a_sound_host_passes_everything() {
        let bad: Vec<Finding> = findings(&sound())
            .into_iter()
            .filter(|f| f.outcome != Pass)
            .collect();
        assert_eq!(bad, []);
    }

    #[test]
    fn a_nearly_full_disk_fails_however_large_it_is() {
        let judge = |total, free| {
            let mut facts = sound();
            facts.vital.data_dir.total_bytes = total * GIB;
            facts.vital.data_dir.free_bytes = free * GIB;
            space(&facts).outcome
        };
        assert_eq!(judge(1000, 40), Fail);
        assert_eq!(judge(20, 4), Warn);
        assert_eq!(judge(20, 10), Pass);
    }

    #[test]
    fn an_overlay_cannot_hold_containers() {
        let mut vital = sound().vital;
        vital.data_dir.filesystem = "overlay".into();
        assert_eq!(filesystem(&vital).outcome, Fail);
        vital.data_dir.filesystem = "tmpfs".into();
        assert_eq!(filesystem(&vital).outcome, Warn);
    }

    #[test]
    fn names_of_nodes_follow_rfc_1123() {
        for name in ["one", "a.b-c.d1", "1"] {
            assert!(is_node_name(name), "{name}");
        }
        for name in ["", "One", "a_b", "-a", "a-", "a..b", &"x".repeat(254)] {
            assert!(!is_node_name(name), "{name}");
        }
    }

    #[test]
    fn a_resolver_on_loopback_is_no_help_to_pods() {
        let judge = |servers: &[[u8; 4]]| {
            let name_servers = servers.iter().map(|&server| server.into()).collect();
            dns(&Facts {
                name_servers,
                ..sound()
            })
            .outcome
        };
        assert_eq!(judge(&[[127, 0, 0, 53]]), Warn);
        assert_eq!(judge(&[[127, 0, 0, 53], [9, 9, 9, 9]]), Pass);
        assert_eq!(judge(&[]), Warn);
    }

    #[test]
    fn a_clock_before_the_release_fails() {
        assert_eq!(clock(&Facts { now: 0, ..sound() }).outcome, Fail);
    }

    #[test]
    fn swap_names_its_device() {
        let finding = swap(&Facts {
            swaps: vec!["/dev/sda2".into()],
            ..sound()
        });
        assert_eq!(finding.outcome, Warn);
        assert!(finding.cause.contains("/dev/sda2"));
    }
}
