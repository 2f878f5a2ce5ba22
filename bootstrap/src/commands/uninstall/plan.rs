//! Pure: what is on the machine becomes the list of steps that takes it away, in the order in which they must be done.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::iptables::cleanup;
use super::step::{Process, Step};
use crate::ledger::Restoration;
use crate::netlink::{Family, Link, Route, Table};

/// How far the removal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All that runs; data, configuration and programs stay.
    Running,
    /// All.
    Everything,
}

/// What of bowline's is on this machine now.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Names of units that systemd runs.
    pub(super) active_units: Vec<String>,
    /// Names of units that systemd starts with the machine.
    pub(super) enabled_units: Vec<String>,
    pub(super) processes: Processes,
    /// The cgroups of pods, one a hierarchy.
    pub(super) cgroups: Vec<PathBuf>,
    /// Mount points in the order of mounting.
    pub(super) mounts: Vec<PathBuf>,
    pub(super) network_namespaces: Vec<PathBuf>,
    pub(super) links: Vec<Link>,
    pub(super) routes: Vec<Route>,
    /// What flannel calls its network, such as `10.42.0.0/16`.
    pub(super) cluster_networks: Vec<(IpAddr, u8)>,
    pub(super) rules: Vec<Rules>,
    pub(super) tables: Vec<Table>,
    pub(super) sysctls: Vec<Restoration>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) files: Vec<PathBuf>,
    /// Whether unit files are among the files.
    pub(super) units_installed: bool,
    pub(super) empty_folders: Vec<PathBuf>,
}

/// Processes by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Processes {
    pub(super) bowline: Vec<Process>,
    pub(super) kubelet: Vec<Process>,
    pub(super) containerd: Vec<Process>,
    pub(super) shims: Vec<Process>,
    /// All else that runs a program of ours.
    pub(super) others: Vec<Process>,
}

/// The rules that one program of the iptables family knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) family: Family,
    pub(super) restore: PathBuf,
    pub(super) saved: String,
}

/// Where mounts are ours: below these folders.
pub(super) struct Places<'a> {
    pub(super) folders: &'a [PathBuf],
}

/// The steps from what is there to nothing.
pub(super) fn plan(facts: &Facts, places: &Places<'_>, extent: Extent) -> Vec<Step> {
    let mut steps: Vec<Step> = facts.active_units.iter().cloned().map(Step::StopUnit).collect();
    steps.extend(end_processes(&facts.processes, &facts.cgroups));
    steps.extend(unmount(&facts.mounts, places));
    steps.extend(
        facts
            .network_namespaces
            .iter()
            .cloned()
            .map(Step::RemoveNetworkNamespace),
    );
    steps.extend(delete_network(facts));
    if extent == Extent::Everything {
        steps.extend(facts.enabled_units.iter().cloned().map(Step::DisableUnit));
        steps.extend(facts.sysctls.iter().cloned().map(Step::SetSysctl));
        steps.extend(remove_files(facts));
    }
    steps
}

/// bowline first, or it would start the others again; the kubelet before the pods, for the same reason.
fn end_processes(processes: &Processes, cgroups: &[PathBuf]) -> Vec<Step> {
    let end = |what, processes: &[Process], softly| {
        let processes = processes.to_vec();
        (!processes.is_empty()).then_some(Step::EndProcesses {
            what,
            processes,
            softly,
        })
    };
    let mut steps = Vec::new();
    steps.extend(end("bowline", &processes.bowline, true));
    steps.extend(end("the kubelet", &processes.kubelet, true));
    steps.extend(end("containerd", &processes.containerd, true));
    steps.extend(cgroups.iter().cloned().map(Step::RemoveCgroup));
    steps.extend(end("the shims of containerd", &processes.shims, false));
    steps.extend(end("other programs of bowline", &processes.others, false));
    steps
}

/// Strictly below our folders: a disk that somebody mounted as the data dir stays.
fn unmount(mounts: &[PathBuf], places: &Places<'_>) -> Vec<Step> {
    let is_ours = |mount: &Path| {
        places
            .folders
            .iter()
            .any(|folder| mount.starts_with(folder) && mount != folder)
    };
    let ours = mounts.iter().rev().filter(|mount| is_ours(mount));
    ours.cloned().map(Step::Unmount).collect()
}

fn delete_network(facts: &Facts) -> Vec<Step> {
    let mut steps: Vec<Step> = our_links(&facts.links).cloned().map(Step::DeleteLink).collect();
    let in_cluster = |route: &&Route| {
        route.protocol != KERNEL
            && facts.cluster_networks.iter().any(|&(network, prefix)| {
                route.prefix >= prefix && covers(network, prefix, route.destination)
            })
    };
    steps.extend(
        facts
            .routes
            .iter()
            .filter(in_cluster)
            .cloned()
            .map(Step::DeleteRoute),
    );
    let mut tables: Vec<Table> = facts
        .tables
        .iter()
        .filter(|table| is_our_table(table))
        .cloned()
        .collect();
    for rules in &facts.rules {
        let Some(cleanup) = cleanup(&rules.saved) else {
            continue;
        };
        steps.push(Step::RestoreRules {
            program: rules.restore.clone(),
            script: cleanup.script,
        });
        // Chains that stay in iptables' own tables are blank: nobody misses the table.
        let emptied = cleanup.emptied.into_iter().map(|name| Table {
            family: rules.family,
            name,
        });
        tables.extend(emptied.filter(|table| facts.tables.contains(table)));
    }
    steps.extend(tables.into_iter().map(Step::DeleteTable));
    steps
}

/// Routes that come and go with an address.
const KERNEL: u8 = 2;

/// The bridge of the pods with its ports, and flannel's tunnels.
fn our_links(links: &[Link]) -> impl Iterator<Item = &Link> {
    let bridge = links
        .iter()
        .find(|link| link.name == "cni0")
        .map(|link| link.index);
    links.iter().filter(move |link| {
        let is_port = bridge.is_some() && link.master == bridge;
        is_port || link.name == "cni0" || matches!(link.name.as_str(), "flannel.1" | "flannel-v6.1")
    })
}

fn is_our_table(table: &Table) -> bool {
    matches!(
        (table.family, table.name.as_str()),
        (
            Family::Ip | Family::Ip6,
            "kube-proxy" | "flannel-ipv4" | "flannel-ipv6" | "cni_hostport"
        ) | (Family::Inet, "cni_plugins_masquerade" | "cni_hostport")
    )
}

fn covers(network: IpAddr, prefix: u8, address: IpAddr) -> bool {
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let shift = u32::from(width - prefix.min(width));
    network.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
}

/// Folders that many use go only when they are empty; our own program goes last.
fn remove_files(facts: &Facts) -> Vec<Step> {
    let mut steps: Vec<Step> = facts
        .folders
        .iter()
        .map(|path| Step::RemoveFolder {
            path: path.clone(),
            keep: facts.mounts.contains(path),
        })
        .collect();
    steps.extend(facts.files.iter().cloned().map(Step::RemoveFile));
    steps.extend(facts.empty_folders.iter().cloned().map(Step::RemoveEmptyFolder));
    steps.extend(facts.units_installed.then_some(Step::ReloadUnits));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32) -> Vec<Process> {
        vec![Process { pid, start: 1 }]
    }

    fn link(index: u32, name: &str, master: Option<u32>) -> Link {
        Link {
            index,
            name: name.into(),
            master,
        }
    }

    fn table(family: Family, name: &str) -> Table {
        Table {
            family,
            name: name.into(),
        }
    }

    /// A node with pods, on a machine where others run too.
    fn node() -> Facts {
        Facts {
            active_units: vec!["bowline-server.service".into()],
            enabled_units: vec!["bowline-server.service".into()],
            processes: Processes {
                bowline: process(100),
                kubelet: process(102),
                containerd: process(101),
                shims: process(200),
                others: vec![],
            },
            cgroups: vec!["/sys/fs/cgroup/memory/kubepods".into()],
            mounts: [
                "/",
                "/var/lib/bowline",
                "/home",
                "/run/bowline/containerd/a/rootfs",
                "/var/lib/kubelet/pods/1/volumes/token",
                "/run/netns/cni-1",
                "/run/netns/mine",
            ]
            .map(PathBuf::from)
            .to_vec(),
            network_namespaces: vec!["/run/netns/cni-1".into()],
            links: vec![
                link(1, "lo", None),
                link(2, "eth0", None),
                link(5, "cni0", None),
                link(6, "veth1a2b", Some(5)),
                link(7, "veth-mine", Some(9)),
                link(8, "flannel.1", None),
                link(9, "br-mine", None),
            ],
            routes: vec![
                Route::fake([10, 42, 3, 0].into(), 24, 3),
                Route::fake([10, 42, 0, 0].into(), 24, 2),
                Route::fake([10, 43, 0, 0].into(), 24, 3),
            ],
            cluster_networks: vec![([10, 42, 0, 0].into(), 16)],
            rules: vec![Rules {
                family: Family::Ip,
                restore: "/usr/sbin/iptables-restore".into(),
                saved: "*mangle\n:PREROUTING ACCEPT [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n".into(),
            }],
            tables: vec![
                table(Family::Inet, "mine"),
                table(Family::Ip, "kube-proxy"),
                table(Family::Ip, "mangle"),
                table(Family::Ip, "flannel-ipv4"),
            ],
            sysctls: vec![Restoration {
                name: "vm/overcommit_memory".into(),
                value: "0".into(),
            }],
            folders: vec!["/var/lib/kubelet".into(), "/var/lib/bowline".into()],
            files: vec!["/usr/local/bin/bowline".into()],
            units_installed: true,
            empty_folders: vec![],
        }
    }

    fn text(extent: Extent) -> String {
        let folders = ["/run/bowline", "/var/lib/bowline", "/var/lib/kubelet"].map(PathBuf::from);
        let steps = plan(&node(), &Places { folders: &folders }, extent);
        let lines: Vec<String> = steps.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn uninstalling_takes_away_what_is_ours_and_nothing_else() {
        insta::assert_snapshot!(text(Extent::Everything), @r"
        stop systemd unit bowline-server.service
        end bowline (pid 100)
        end the kubelet (pid 102)
        end containerd (pid 101)
        end all pods of cgroup /sys/fs/cgroup/memory/kubepods and remove it
        end the shims of containerd (pid 200)
        unmount /var/lib/kubelet/pods/1/volumes/token
        unmount /run/bowline/containerd/a/rootfs
        remove network namespace /run/netns/cni-1
        delete link cni0
        delete link veth1a2b
        delete link flannel.1
        delete route 10.42.3.0/24
        take the chains of Kubernetes and CNI out with /usr/sbin/iptables-restore
        delete nftables table ip kube-proxy
        delete nftables table ip flannel-ipv4
        delete nftables table ip mangle
        disable systemd unit bowline-server.service
        set sysctl vm/overcommit_memory back to 0
        remove /var/lib/kubelet
        remove all in /var/lib/bowline, a mount point
        remove /usr/local/bin/bowline
        reload systemd's units
        ");
    }

    #[test]
    fn killing_all_leaves_files_and_sysctls() {
        let text = text(Extent::Running);
        assert!(text.contains("end bowline"), "{text}");
        assert!(!text.contains("remove /var"), "{text}");
        assert!(!text.contains("sysctl"), "{text}");
    }

    #[test]
    fn a_clean_machine_needs_no_step() {
        let facts = Facts {
            mounts: vec!["/".into(), "/var/lib/bowline".into()],
            links: vec![link(1, "lo", None), link(7, "veth1", Some(9))],
            tables: vec![table(Family::Ip, "nat"), table(Family::Ip6, "docker")],
            ..Facts::default()
        };
        let folders = [PathBuf::from("/var/lib/bowline")];
        assert_eq!(
            plan(&facts, &Places { folders: &folders }, Extent::Everything),
            []
        );
    }

    #[test]
    fn a_network_covers_what_begins_as_it_does() {
        let network: IpAddr = [10, 42, 0, 0].into();
        assert!(covers(network, 16, [10, 42, 255, 1].into()));
        assert!(!covers(network, 16, [10, 43, 0, 1].into()));
        assert!(covers([0, 0, 0, 0].into(), 0, [9, 9, 9, 9].into()));
        assert!(!covers(network, 16, "fd00::1".parse().unwrap()));
    }
}
