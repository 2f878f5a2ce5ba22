//! Promise: `bowline uninstall` leaves no file, mount, link, rule, control group or process behind.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use bowline_tests::node::Node;
use nix::sys::signal::Signal;

use crate::Outcome;
use crate::shared::{self, WHILE, pod};

pub(crate) fn uninstall_leaves_nothing_behind() -> Outcome {
    let mut node = shared::installed("uninstall")?;
    // A new address gets its route only when the kernel knows that nobody else has it.
    node.machine
        .shell("while ip -o addr show | grep -q tentative; do sleep 0.1; done")?;
    let before = traces(&node)?;
    node.start()?;
    node.wait_ready(shared::START)?;
    node.apply(&pod("default", "one", "sleep 100000").to_string())?;
    node.kubectl(&["wait", "--for=condition=Ready", "pod/one", "--timeout=180s"])?;
    node.end(Signal::SIGTERM, WHILE)?;
    node.bowline(&["uninstall", "--yes"])?;
    let after = traces(&node)?;
    for (what, before) in &before {
        let left: Vec<_> = after[what].difference(before).collect();
        assert!(left.is_empty(), "{what} left behind: {left:#?}");
    }
    let data = node
        .machine
        .shell("find /var/lib/bowline /var/lib/kubelet -mindepth 1 | head -n 20")?;
    assert_eq!(data, "");
    Ok(())
}

/// All that a node changes about a machine.
fn traces(node: &Node) -> Result<BTreeMap<&'static str, BTreeSet<String>>> {
    let lines = |script: &str| -> Result<BTreeSet<String>> {
        Ok(node
            .machine
            .shell(script)?
            .lines()
            .map(ToOwned::to_owned)
            .collect())
    };
    let files = node.machine.changed_files()?;
    // A directory of the host, on whose files the machine stands, is listed when something in it came and went.
    let files = files
        .iter()
        .filter(|file| !file.is_dir())
        .map(|file| file.display().to_string())
        .collect();
    Ok(BTreeMap::from([
        ("files", files),
        ("files in memory", lines("find /run /tmp /dev/shm -mindepth 1")?),
        ("mounts", lines("cut -d' ' -f5 /proc/self/mountinfo")?),
        ("links", lines("ls /sys/class/net")?),
        ("addresses", lines("ip -o addr show | sed 's/ valid_lft.*//'")?),
        ("routes", lines("ip route show table all; ip rule")?),
        ("rules", lines("nft list ruleset")?),
        ("control groups", lines("find /sys/fs/cgroup -type d")?),
        (
            "network namespaces",
            lines("ls /run/netns /var/run/netns 2>/dev/null || true")?,
        ),
        (
            "processes",
            lines("busybox ps -o args | grep -v -e '^busybox ps' -e '^sh -c' -e '^grep '")?,
        ),
        (
            "kernel settings",
            lines(
                // How many connections are tracked is no setting.
                "grep -r . /proc/sys/net /proc/sys/vm /proc/sys/kernel/panic /proc/sys/kernel/panic_on_oops 2>/dev/null | grep -v nf_conntrack_count || true",
            )?,
        ),
    ]))
}
