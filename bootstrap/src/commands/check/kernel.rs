//! Pure checks: does the kernel give what containers need?

use super::facts::{Facts, Feature, Vital};
use super::finding::Finding;

/// A feature of the kernel that something of ours stands on.
pub(crate) struct Needed {
    /// Name of the module and of the check.
    pub(crate) name: &'static str,
    /// Its option in the kernel's configuration.
    pub(crate) option: &'static str,
    purpose: &'static str,
    /// Whether nothing works without it.
    vital: bool,
}

/// The features, in the order in which a start meets them.
pub(crate) const FEATURES: [Needed; 4] = [
    Needed {
        name: "overlay",
        option: "CONFIG_OVERLAY_FS",
        purpose: "the file systems of containers",
        vital: true,
    },
    Needed {
        name: "nf_tables",
        option: "CONFIG_NF_TABLES",
        purpose: "Services (kube-proxy) and flannel",
        vital: true,
    },
    Needed {
        name: "vxlan",
        option: "CONFIG_VXLAN",
        purpose: "flannel's default backend; `flannel-backend: host-gw` does without",
        vital: false,
    },
    Needed {
        name: "br_netfilter",
        option: "CONFIG_BRIDGE_NETFILTER",
        purpose: "Services between pods of one node",
        vital: false,
    },
];

/// The oldest kernel line that Kubernetes' node end-to-end tests still know.
const OLDEST_KERNEL: (u32, u32) = (4, 19);
/// What the nftables mode of kube-proxy wants.
const WANTED_KERNEL: (u32, u32) = (5, 13);
const CAP_NET_ADMIN: (u8, &str) = (12, "CAP_NET_ADMIN");
const CAP_SYS_ADMIN: (u8, &str) = (21, "CAP_SYS_ADMIN");
const CAP_SYS_RESOURCE: (u8, &str) = (24, "CAP_SYS_RESOURCE");
const CONTROLLERS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

/// All checks of the kernel.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let vital = &facts.vital;
    let mut findings = vec![root(vital), capabilities(vital), version(facts)];
    findings.extend(FEATURES.iter().map(|needed| feature(facts, needed)));
    findings.push(cgroups(vital));
    findings
}

pub(super) fn root(vital: &Vital) -> Finding {
    if vital.is_root {
        Finding::pass("root", "runs as root")
    } else {
        Finding::fail(
            "root",
            "does not run as root",
            "run bowline as root: it mounts, and makes namespaces and cgroups",
        )
    }
}

pub(super) fn capabilities(vital: &Vital) -> Finding {
    let lacks = |(bit, _): &(u8, &str)| vital.capabilities & (1 << bit) == 0;
    let vital: Vec<&str> = [CAP_NET_ADMIN, CAP_SYS_ADMIN]
        .iter()
        .filter(|cap| lacks(cap))
        .map(|cap| cap.1)
        .collect();
    if !vital.is_empty() {
        return Finding::fail(
            "capabilities",
            format!("lacks {}", vital.join(", ")),
            "give the machine or container that bowline runs in these capabilities (--privileged)",
        );
    }
    if lacks(&CAP_SYS_RESOURCE) {
        return Finding::warn(
            "capabilities",
            "lacks CAP_SYS_RESOURCE: bowline tells containerd not to lower OOM scores",
            "give the machine CAP_SYS_RESOURCE, so that important pods are the last to be killed when memory is short",
        );
    }
    Finding::pass("capabilities", "has all that are needed")
}

fn version(facts: &Facts) -> Finding {
    let kernel = &facts.kernel;
    match parse_version(kernel) {
        None => Finding::warn(
            "kernel",
            format!("cannot read kernel version `{kernel}`"),
            "expected 5.13 or newer",
        ),
        Some(version) if version < OLDEST_KERNEL => Finding::fail(
            "kernel",
            format!("kernel {kernel} is too old"),
            "update to 5.13 or newer",
        ),
        Some(version) if version < WANTED_KERNEL => Finding::warn(
            "kernel",
            format!("kernel {kernel} is older than kube-proxy's nftables mode wants"),
            "update to 5.13 or newer",
        ),
        Some(_) => Finding::pass("kernel", kernel.clone()),
    }
}

fn parse_version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn feature(facts: &Facts, needed: &Needed) -> Finding {
    let &Needed {
        name,
        option,
        purpose,
        vital,
    } = needed;
    match facts.features.get(name).copied().unwrap_or(Feature::Unknown) {
        Feature::Present => Finding::pass(name, "in the kernel"),
        Feature::Loadable => Finding::pass(name, "a module that can be loaded"),
        Feature::Unknown => Finding::warn(
            name,
            format!("the kernel does not tell whether it has {name}"),
            format!("if it has not ({option}), this does not work: {purpose}"),
        ),
        Feature::Absent => {
            let cause = format!("the kernel lacks {name}, needed for {purpose}");
            let remedy = format!("load module {name} (modprobe {name}), or take a kernel with {option}");
            if vital {
                Finding::fail(name, cause, remedy)
            } else {
                Finding::warn(name, cause, remedy)
            }
        }
    }
}

pub(super) fn cgroups(vital: &Vital) -> Finding {
    let cgroups = &vital.cgroups;
    let missing: Vec<&str> = CONTROLLERS
        .into_iter()
        .filter(|controller| !cgroups.controllers.contains(*controller))
        .collect();
    match cgroups.version {
        0 => Finding::fail(
            "cgroups",
            "no cgroups are mounted",
            "mount cgroup2 on /sys/fs/cgroup",
        ),
        _ if !missing.is_empty() => Finding::fail(
            "cgroups",
            format!("cgroup controllers are missing: {}", missing.join(", ")),
            "enable them on the kernel's command line (cgroup_enable=memory, …) or in the parent cgroup",
        ),
        1 => Finding::warn(
            "cgroups",
            "cgroup v1: Kubernetes is leaving it, and bowline tells the kubelet to accept it",
            "boot with systemd.unified_cgroup_hierarchy=1 to get cgroup v2",
        ),
        _ => Finding::pass("cgroups", "v2 with all controllers"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::sound;
    use super::super::finding::Outcome::{Fail, Pass, Warn};
    use super::*;

    #[test]
    fn a_sound_kernel_passes_everything() {
        let bad: Vec<Finding> = findings(&sound())
            .into_iter()
            .filter(|f| f.outcome != Pass)
            .collect();
        assert_eq!(bad, []);
    }

    #[test]
    fn a_kernel_version_is_compared_by_number() {
        let judge = |release: &str| {
            version(&Facts {
                kernel: release.into(),
                ..sound()
            })
            .outcome
        };
        assert_eq!(judge("4.9.0-13-amd64"), Fail);
        assert_eq!(judge("5.4.0"), Warn);
        assert_eq!(judge("5.13.0-rc1"), Pass);
        assert_eq!(judge("10.2-custom"), Pass);
        assert_eq!(judge("linux"), Warn);
    }

    #[test]
    fn a_missing_feature_fails_only_when_it_is_vital() {
        let without = |name: &'static str| {
            let mut facts = sound();
            facts.features.insert(name, Feature::Absent);
            let found = findings(&facts);
            found.into_iter().find(|finding| finding.name == name).unwrap()
        };
        assert_eq!(without("overlay").outcome, Fail);
        assert_eq!(without("vxlan").outcome, Warn);
        assert!(
            without("nf_tables")
                .remedy
                .unwrap()
                .contains("modprobe nf_tables")
        );
    }

    #[test]
    fn capabilities_that_are_missing_are_named() {
        let judge = |missing: u64| {
            capabilities(&Vital {
                capabilities: !missing,
                ..sound().vital
            })
        };
        let finding = judge(1 << 24);
        assert_eq!(finding.outcome, Warn);
        assert!(finding.cause.contains("CAP_SYS_RESOURCE"));
        let finding = judge(1 << 21 | 1 << 24);
        assert_eq!(
            (finding.outcome, finding.cause.as_str()),
            (Fail, "lacks CAP_SYS_ADMIN")
        );
    }

    #[test]
    fn cgroup_v1_is_warned_of_and_missing_controllers_fail() {
        let mut vital = sound().vital;
        vital.cgroups.version = 1;
        assert_eq!(cgroups(&vital).outcome, Warn);
        vital.cgroups.controllers.remove("memory");
        assert_eq!(cgroups(&vital).cause, "cgroup controllers are missing: memory");
    }
}
