//! Promise: what is killed comes back without help, and pods keep running.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use bowline_tests::node::Node;
use bowline_tests::node::kubectl::{is_ready, items};
use nix::sys::signal::Signal;

use crate::shared::{self, START, WHILE, pod};
use crate::{Outcome, containers};

/// One node for these tests, one after the other: each leaves it ready.
static NODE: Mutex<Option<Node>> = Mutex::new(None);

pub(crate) fn with_node(check: impl FnOnce(&mut Node) -> Result<()>) -> Outcome {
    let mut slot: MutexGuard<'_, _> = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    // A test that failed may have left it broken: the next one begins with a new node.
    let mut node = match slot.take() {
        Some(node) => node,
        None => with_witness()?,
    };
    check(&mut node)?;
    *slot = Some(node);
    Ok(())
}

/// Takes the node of these tests away; a static value is not dropped.
pub(crate) fn remove() {
    drop(NODE.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// A node with a pod that shows whether pods keep running.
fn with_witness() -> Result<Node> {
    let node = shared::ready("healing")?;
    node.apply(&pod("default", "witness", "sleep 100000").to_string())?;
    node.kubectl(&["wait", "--for=condition=Ready", "pod/witness", "--timeout=180s"])?;
    Ok(node)
}

pub(crate) fn a_killed_kubelet_comes_back() -> Outcome {
    with_node(|node| {
        let before = containers::running(node)?;
        let old = node.machine.processes("kubelet")?;
        node.machine.kill("kubelet")?;
        node.wait_for("another kubelet", WHILE, |node| {
            let new = node.machine.processes("kubelet")?;
            Ok((!new.is_empty() && new != old).then_some(()))
        })?;
        wait_settled(node)?;
        assert_same(&before, &containers::running(node)?, &[]);
        Ok(())
    })
}

pub(crate) fn a_killed_control_plane_comes_back() -> Outcome {
    with_node(|node| {
        for (program, container) in [
            ("etcd", "etcd"),
            ("kube-apiserver", "kube-apiserver"),
            ("kube-controller", "kube-controller-manager"),
            ("kube-scheduler", "kube-scheduler"),
        ] {
            // It may have ended by itself meanwhile, without the API server that was killed before it.
            node.wait_for(&format!("{program} to kill"), WHILE, |node| {
                Ok((!node.machine.processes(program)?.is_empty()).then_some(()))
            })?;
            let before = containers::running(node)?;
            node.machine.kill(program)?;
            let key = before.keys().find(|key| key.ends_with(&format!("/{container}")));
            let key = key
                .with_context(|| format!("{container} is not among {before:?}"))?
                .clone();
            node.wait_for(&format!("another {container}"), WHILE, |node| {
                let now = containers::running(node)?;
                Ok((now.get(&key).is_some_and(|id| Some(id) != before.get(&key))).then_some(()))
            })?;
            wait_settled(node)?;
            assert_eq!(
                containers::running(node)?.get("witness/main"),
                before.get("witness/main"),
                "the witness did not outlive {container}"
            );
        }
        Ok(())
    })
}

pub(crate) fn a_killed_bowline_goes_on_where_it_was() -> Outcome {
    with_node(|node| {
        let before = containers::running(node)?;
        node.end(Signal::SIGKILL, Duration::from_secs(10))?;
        assert!(
            !node.machine.processes("witness")?.is_empty() || !node.machine.processes("sleep")?.is_empty()
        );
        node.start()?;
        node.wait_ready(START)?;
        wait_settled(node)?;
        assert_same(&before, &containers::running(node)?, &[]);
        Ok(())
    })
}

pub(crate) fn the_end_of_containerd_is_the_end_of_bowline() -> Outcome {
    with_node(|node| {
        let before = containers::running(node)?;
        // The shims have a longer name that begins in the same way.
        let shims = node.machine.processes("containerd-shim")?;
        let containerd = node.machine.processes("containerd")?;
        let containerd = containerd
            .into_iter()
            .find(|pid| !shims.contains(pid))
            .context("containerd runs")?;
        nix::sys::signal::kill(containerd, Signal::SIGKILL)?;
        let server = node.server.take().context("bowline runs")?;
        let status = server.wait(Duration::from_mins(2))?;
        assert!(!status.success(), "bowline ended with {status}");
        let said = fs_err::read_to_string(node.log())?;
        assert!(
            said.lines()
                .rev()
                .take(20)
                .any(|line| line.contains("containerd")),
            "{said}"
        );

        node.start()?;
        node.wait_ready(START)?;
        wait_settled(node)?;
        assert_same(&before, &containers::running(node)?, &[]);
        Ok(())
    })
}

pub(crate) fn a_restart_imports_nothing_again() -> Outcome {
    with_node(|node| {
        let before = containers::running(node)?;
        let images = node.bowline(&["crictl", "images", "-q"])?;
        node.end(Signal::SIGTERM, WHILE)?;
        let imported = imported(node)?;
        node.start()?;
        node.wait_ready(START)?;
        let now = self::imported(node)?;
        let gone: Vec<_> = imported.difference(&now).collect();
        assert!(gone.is_empty(), "written again or removed: {gone:#?}");
        assert_eq!(node.bowline(&["crictl", "images", "-q"])?, images);
        wait_settled(node)?;
        assert_same(&before, &containers::running(node)?, &[]);
        Ok(())
    })
}

/// What containerd has of images: blobs with the time of their writing, and the snapshots of layers.
fn imported(node: &Node) -> Result<BTreeSet<String>> {
    let root = "/var/lib/bowline/agent/containerd";
    let blobs = format!("find {root}/io.containerd.content.v1.content/blobs -type f -printf '%f %i %T@\\n'");
    let snapshots = format!(
        "find {root}/io.containerd.snapshotter.v1.*/snapshots -path '*/fs/*' -type f -printf '%p %i %C@\\n'"
    );
    let found = node.machine.shell(&format!("{blobs}; {snapshots}"))?;
    Ok(found.lines().map(ToOwned::to_owned).collect())
}

/// Waits until the API server answers and every pod says that it is ready.
pub(crate) fn wait_settled(node: &Node) -> Result<()> {
    node.wait_for("a node and pods that are ready", START, |node| {
        let (nodes, pods) = (node.get(&["nodes"])?, node.get(&["pods", "-A"])?);
        let ready = items(&nodes).iter().chain(items(&pods)).all(is_ready);
        Ok((ready && !items(&pods).is_empty()).then_some(()))
    })
}

fn assert_same(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, but: &[&str]) {
    for (name, id) in before {
        if !but.contains(&name.as_str()) {
            assert_eq!(after.get(name), Some(id), "{name} has not kept running");
        }
    }
}
