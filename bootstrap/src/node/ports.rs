//! Ports that the node needs: which are taken, and by whom, before anything is started.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};

use crate::settings::Role;

/// What listens on a node, and what for.
const EVERY_NODE: [(u16, &str); 3] = [
    (10250, "the kubelet"),
    (10248, "the kubelet's health"),
    (6444, "the API server balancer"),
];
/// What listens on a server besides.
const SERVER: [(u16, &str); 7] = [
    (6443, "the API server"),
    (9345, "the supervisor"),
    (2379, "etcd's clients"),
    (2380, "etcd's peers"),
    (2381, "etcd's health"),
    (10257, "the controller manager"),
    (10259, "the scheduler"),
];

/// What the pods of bundled charts take, and the chart whose absence leaves it free.
const CHARTS: [(u16, &str, &str); 3] = [
    (10256, "kube-proxy's health", "kube-proxy"),
    (80, "HTTP through the ingress", "ingress"),
    (443, "HTTPS through the ingress", "ingress"),
];
/// Whether these are taken at all is a chart's value, which is not known here: a node can do without.
const OPTIONAL: [u16; 2] = [80, 443];

/// How long a process of a gigabyte may take to die on a busy machine.
const LETTING_GO: Duration = Duration::from_secs(5);

/// A port that somebody else listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) port: u16,
    pub(crate) purpose: &'static str,
    /// Name and id, when `/proc` tells.
    pub(crate) owner: Option<(String, i32)>,
}

impl Taken {
    /// Whether a node cannot do without the port.
    pub(crate) fn is_vital(&self) -> bool {
        !OPTIONAL.contains(&self.port)
    }
}

/// Looks until no port is held by a process that is not to be found: one that was killed has still to let go.
pub(crate) async fn settled(look: impl Fn() -> Vec<Taken>) -> Vec<Taken> {
    let deadline = Instant::now() + LETTING_GO;
    loop {
        let taken = look();
        if taken.iter().all(|taken| taken.owner.is_some()) || Instant::now() > deadline {
            return taken;
        }
        tokio::time::sleep(LETTING_GO / 50).await;
    }
}

/// An error that names every vital port that is taken. Returns those that the node can do without.
pub(crate) fn check(taken: Vec<Taken>) -> Result<Vec<Taken>> {
    let (vital, optional): (Vec<_>, Vec<_>) = taken.into_iter().partition(Taken::is_vital);
    if vital.is_empty() {
        return Ok(optional);
    }
    bail!(
        "{}; stop what uses it, or run bowline elsewhere",
        describe(&vital)
    )
}

/// Every needed port that is taken; our own pods of an earlier start may hold theirs.
pub(crate) fn taken(role: Role, contents: &Path, disabled: &BTreeSet<String>) -> Vec<Taken> {
    let listening = listening();
    let mut taken = Vec::new();
    for (port, purpose) in needed(role, disabled) {
        let Some(inode) = listening.get(&port) else {
            continue;
        };
        let owner = owner(*inode);
        if owner.as_ref().is_some_and(|process| is_ours(process, contents)) {
            continue;
        }
        let owner = owner.and_then(|process| Some((process.stat().ok()?.comm, process.pid)));
        taken.push(Taken { port, purpose, owner });
    }
    taken
}

fn needed(role: Role, disabled: &BTreeSet<String>) -> Vec<(u16, &'static str)> {
    let mut needed = EVERY_NODE.to_vec();
    if role == Role::Server {
        needed.extend(SERVER);
    }
    let charts = CHARTS.iter().filter(|(.., chart)| !disabled.contains(*chart));
    needed.extend(charts.map(|(port, purpose, _)| (*port, *purpose)));
    needed
}

/// Each port, what it is needed for, and who has it.
pub(crate) fn describe(taken: &[Taken]) -> String {
    let ports: Vec<String> = taken
        .iter()
        .map(|Taken { port, purpose, owner }| {
            let by = owner.as_ref().map_or_else(
                || "by a process that /proc does not show".to_owned(),
                |(name, pid)| format!("by {name} (process {pid})"),
            );
            format!("port {port}, needed for {purpose}, is in use {by}")
        })
        .collect();
    ports.join("; ")
}

/// Listening TCP ports and the inodes of their sockets.
fn listening() -> BTreeMap<u16, u64> {
    let entries = [procfs::net::tcp(), procfs::net::tcp6()]
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter(|entry| entry.state == TcpState::Listen)
        .map(|entry| (entry.local_address.port(), entry.inode))
        .collect()
}

fn owner(inode: u64) -> Option<Process> {
    let holds = |process: &Process| {
        process.fd().is_ok_and(|files| {
            files
                .flatten()
                .any(|file| matches!(file.target, FDTarget::Socket(found) if found == inode))
        })
    };
    all_processes().ok()?.flatten().find(holds)
}

/// A static pod of an earlier start: its parent is a shim of our content.
fn is_ours(process: &Process, contents: &Path) -> bool {
    let parent = process.stat().ok().and_then(|stat| Process::new(stat.ppid).ok());
    parent
        .and_then(|parent| parent.exe().ok())
        .is_some_and(|program| program.starts_with(contents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_found_with_its_owner() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inode = listening()[&port];
        assert_eq!(
            owner(inode).unwrap().pid,
            i32::try_from(std::process::id()).unwrap()
        );
    }

    #[test]
    fn a_disabled_chart_needs_no_ports() {
        let ports = |disabled: &[&str]| -> Vec<u16> {
            let disabled = disabled.iter().map(|chart| (*chart).to_owned()).collect();
            needed(Role::Agent, &disabled)
                .into_iter()
                .map(|(port, _)| port)
                .collect()
        };
        assert_eq!(ports(&[]), [10250, 10248, 6444, 10256, 80, 443]);
        assert_eq!(ports(&["ingress"]), [10250, 10248, 6444, 10256]);
        assert_eq!(ports(&["ingress", "kube-proxy"]), [10250, 10248, 6444]);
    }

    #[test]
    fn a_node_does_without_the_ingress_ports_alone() {
        let optional: Vec<u16> = needed(Role::Server, &BTreeSet::new())
            .into_iter()
            .map(|(port, purpose)| Taken {
                port,
                purpose,
                owner: None,
            })
            .filter(|taken| !taken.is_vital())
            .map(|taken| taken.port)
            .collect();
        assert_eq!(optional, [80, 443]);
    }

    #[test]
    fn the_message_names_port_purpose_and_owner() {
        let taken = [
            Taken {
                port: 6443,
                purpose: "the API server",
                owner: Some(("nginx".into(), 12)),
            },
            Taken {
                port: 10250,
                purpose: "the kubelet",
                owner: None,
            },
        ];
        assert_eq!(
            describe(&taken),
            "port 6443, needed for the API server, is in use by nginx (process 12); port 10250, needed for the \
             kubelet, is in use by a process that /proc does not show"
        );
    }
}
