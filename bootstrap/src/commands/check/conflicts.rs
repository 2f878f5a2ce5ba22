//! Pure checks: does somebody else sit where bowline wants to?

use super::facts::{Facts, Listener};
use super::finding::Finding;
use crate::settings::Role;

/// Ports of a server, with what listens there.
const SERVER_PORTS: [(u16, &str); 8] = [
    (6443, "Kubernetes API"),
    (9345, "supervisor"),
    (2379, "etcd"),
    (2380, "etcd peers"),
    (10250, "kubelet"),
    (10257, "kube-controller-manager"),
    (10259, "kube-scheduler"),
    (6444, "API load balancer"),
];
/// Ports of an agent.
const AGENT_PORTS: [(u16, &str); 2] = [(10250, "kubelet"), (6444, "API load balancer")];

/// All checks for others on the machine.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![ports(facts), strangers(facts), cni(facts)]
}

/// Free ports, or ports that the bowline of this machine holds.
pub(crate) fn ports(facts: &Facts) -> Finding {
    if let Some(pid) = facts.running {
        return Finding::pass("ports", format!("bowline runs already (pid {pid})"));
    }
    let wanted: &[(u16, &str)] = match facts.role {
        Role::Server => &SERVER_PORTS,
        Role::Agent => &AGENT_PORTS,
    };
    let taken: Vec<String> = wanted
        .iter()
        .filter_map(|&(port, what)| {
            let listener = facts.listeners.iter().find(|listener| listener.port == port)?;
            Some(format!("{port} ({what}) is held by {}", holder(listener)))
        })
        .collect();
    if taken.is_empty() {
        return Finding::pass("ports", "all are free");
    }
    Finding::fail(
        "ports",
        taken.join("; "),
        "end these programs or give them other ports",
    )
}

fn holder(listener: &Listener) -> String {
    match &listener.owner {
        Some(owner) => format!("{} (pid {})", owner.name, owner.pid),
        None => format!("a process that cannot be seen, on {}", listener.address),
    }
}

fn strangers(facts: &Facts) -> Finding {
    if facts.strangers.is_empty() {
        return Finding::pass("other-runtimes", "none run here");
    }
    let found: Vec<String> = facts
        .strangers
        .iter()
        .map(|owner| format!("{} (pid {})", owner.name, owner.pid))
        .collect();
    let found = found.join(", ");
    if facts
        .strangers
        .iter()
        .any(|owner| matches!(owner.name.as_str(), "kubelet" | "k3s" | "rke2" | "k0s"))
    {
        return Finding::fail(
            "other-runtimes",
            format!("another Kubernetes runs here: {found}"),
            "two kubelets remove each other's pods: take the other one away first",
        );
    }
    Finding::warn(
        "other-runtimes",
        format!("another container runtime runs here: {found}"),
        "both work side by side, but they share memory, ports and firewall",
    )
}

fn cni(facts: &Facts) -> Finding {
    if facts.cni_configs.is_empty() {
        return Finding::pass("cni", "no configuration of others");
    }
    let found: Vec<String> = facts
        .cni_configs
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Finding::warn(
        "cni",
        format!("CNI configuration of somebody else: {}", found.join(", ")),
        "bowline keeps its own elsewhere; remove what is left over from another Kubernetes",
    )
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Owner, sound};
    use super::super::finding::Outcome::{Fail, Pass, Warn};
    use super::*;

    fn owner(name: &str) -> Owner {
        Owner {
            pid: 77,
            name: name.into(),
        }
    }

    fn listening(port: u16, owner: Option<Owner>) -> Facts {
        Facts {
            listeners: vec![Listener {
                address: [0, 0, 0, 0].into(),
                port,
                owner,
            }],
            ..sound()
        }
    }

    #[test]
    fn a_taken_port_names_who_holds_it() {
        let finding = ports(&listening(6443, Some(owner("nginx"))));
        assert_eq!(finding.outcome, Fail);
        assert_eq!(finding.cause, "6443 (Kubernetes API) is held by nginx (pid 77)");
        let finding = ports(&listening(10250, None));
        assert!(finding.cause.contains("cannot be seen"), "{}", finding.cause);
    }

    #[test]
    fn other_ports_and_our_own_do_not_matter() {
        assert_eq!(ports(&listening(8080, Some(owner("nginx")))).outcome, Pass);
        let running = Facts {
            running: Some(100),
            ..listening(6443, Some(owner("kube-apiserver")))
        };
        assert_eq!(ports(&running).outcome, Pass);
        let agent = Facts {
            role: Role::Agent,
            ..listening(6443, Some(owner("haproxy")))
        };
        assert_eq!(ports(&agent).outcome, Pass);
    }

    #[test]
    fn another_kubelet_fails_and_another_containerd_does_not() {
        let judge = |name: &str| {
            strangers(&Facts {
                strangers: vec![owner(name)],
                ..sound()
            })
            .outcome
        };
        assert_eq!(judge("kubelet"), Fail);
        assert_eq!(judge("containerd"), Warn);
    }
}
