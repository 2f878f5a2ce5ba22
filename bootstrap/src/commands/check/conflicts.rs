//! Pure checks: does somebody else sit where bowline wants to?

use super::facts::{Facts, Vital};
use super::finding::Finding;
use crate::node::ports::{Taken, describe};

/// All checks for others on the machine.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![ports(facts), strangers(&facts.vital), cni(facts)]
}

/// Free ports, or ports that the bowline of this machine holds.
fn ports(facts: &Facts) -> Finding {
    if let Some(pid) = facts.running {
        return Finding::pass("ports", format!("bowline runs already (pid {pid})"));
    }
    if facts.taken.is_empty() {
        return Finding::pass("ports", "all are free");
    }
    if facts.taken.iter().any(Taken::is_vital) {
        return Finding::fail("ports", describe(&facts.taken), "stop what uses them");
    }
    Finding::warn(
        "ports",
        describe(&facts.taken),
        "stop what uses them, or give the ingress other hostPorts by HelmChartConfig",
    )
}

pub(super) fn strangers(vital: &Vital) -> Finding {
    if vital.strangers.is_empty() {
        return Finding::pass("other-runtimes", "none run here");
    }
    let found: Vec<String> = vital
        .strangers
        .iter()
        .map(|owner| format!("{} (pid {})", owner.name, owner.pid))
        .collect();
    let found = found.join(", ");
    if vital
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

    #[test]
    fn a_taken_port_names_who_holds_it() {
        let taken = vec![Taken {
            port: 6443,
            purpose: "the API server",
            owner: Some(("nginx".into(), 77)),
        }];
        let finding = ports(&Facts {
            taken: taken.clone(),
            ..sound()
        });
        assert_eq!(finding.outcome, Fail);
        assert_eq!(
            finding.cause,
            "port 6443, needed for the API server, is in use by nginx (process 77)"
        );
        let web = Taken {
            port: 80,
            ..taken[0].clone()
        };
        let only_web = Facts {
            taken: vec![web],
            ..sound()
        };
        assert_eq!(ports(&only_web).outcome, Warn);
        let running = Facts {
            running: Some(100),
            taken,
            ..sound()
        };
        assert_eq!(ports(&running).outcome, Pass, "they are bowline's own");
    }

    #[test]
    fn another_kubelet_fails_and_another_containerd_does_not() {
        let judge = |name: &str| {
            strangers(&Vital {
                strangers: vec![owner(name)],
                ..sound().vital
            })
            .outcome
        };
        assert_eq!(judge("kubelet"), Fail);
        assert_eq!(judge("containerd"), Warn);
    }
}
