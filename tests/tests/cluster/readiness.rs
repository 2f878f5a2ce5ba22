//! Promise: from nothing, one command gives a Ready node with all its add-ons, and nothing in it has more rights than
//! it needs.

use bowline_tests::node::kubectl::{is_ready, items, name};
use procfs::process::Process;

use crate::{Outcome, shared};

pub(crate) fn the_node_and_every_bundled_chart_become_ready() -> Outcome {
    let node = shared::node()?;
    let nodes = node.get(&["nodes"])?;
    assert_eq!(items(&nodes).len(), 1);
    assert!(is_ready(&items(&nodes)[0]), "{}", node.state());

    let charts = node.get(&["helmcharts.helm.cattle.io", "-n", "kube-system"])?;
    let names: Vec<_> = items(&charts).iter().map(name).collect();
    for chart in ["coredns", "flannel", "ingress", "kube-proxy", "metrics-server"] {
        assert!(
            names.contains(&format!("kube-system/{chart}")),
            "{chart} is not among {names:?}"
        );
    }
    for chart in items(&charts) {
        assert!(is_ready(chart), "{} is not ready\n{}", name(chart), node.state());
    }
    let pods = node.get(&["pods", "-A"])?;
    for pod in items(&pods) {
        assert!(is_ready(pod), "{} is not ready\n{}", name(pod), node.state());
    }
    Ok(())
}

pub(crate) fn control_plane_pods_run_without_privileges() -> Outcome {
    const NET_BIND_SERVICE: u64 = 1 << 10;
    let node = shared::node()?;
    for (program, user) in [
        ("etcd", 52379),
        ("kube-apiserver", 52443),
        // The kernel keeps fifteen letters of a name.
        ("kube-controller", 52257),
        ("kube-scheduler", 52259),
    ] {
        let found = node.machine.processes(program)?;
        assert_eq!(found.len(), 1, "{program}: {found:?}");
        let status = Process::new(found[0].as_raw())?.status()?;
        assert_eq!((status.ruid, status.euid), (user, user), "{program}");
        let more = (status.capeff | status.capprm | status.capbnd.unwrap_or_default()) & !NET_BIND_SERVICE;
        assert_eq!(more, 0, "{program} has capabilities {more:#x}");
        assert_eq!(status.nonewprivs, Some(1), "{program}");
        assert_eq!(status.seccomp, Some(2), "{program} has no seccomp filter");
    }
    let open = node.machine.shell(
        "find /var/lib/bowline/server \\( -name '*.key' -o -name '*.kubeconfig' \\) -perm /077 | head -n 5",
    )?;
    assert_eq!(open, "", "keys that others may read");
    Ok(())
}
