//! Promise: `kubectl exec`, `logs`, `port-forward` and `top` work.

use std::process::Stdio;
use std::time::Duration;

use bowline_tests::node::kubectl::{items, name};

use crate::Outcome;
use crate::shared::{self, Namespace, WHILE, web_server};

pub(crate) fn a_command_runs_in_a_pod() -> Outcome {
    let space = Namespace::create("exec-test")?;
    space.run_pod("one", "sleep 3600")?;
    let said = space.kubectl(&["exec", "one", "--", "sh", "-c", "echo from $(hostname)"])?;
    assert_eq!(said.trim(), "from one");
    // Its exit code comes through.
    let failed = space
        .kubectl(&["exec", "one", "--", "sh", "-c", "exit 7"])
        .expect_err("it fails")
        .to_string();
    assert!(failed.contains("exit code 7"), "{failed}");
    Ok(())
}

pub(crate) fn a_pods_words_are_read() -> Outcome {
    let space = Namespace::create("logs-test")?;
    space.run_pod("one", "echo first; echo second >&2; sleep 3600")?;
    let words = space.node.wait_for("the pod's words", WHILE, |_| {
        let words = space.kubectl(&["logs", "one"])?;
        Ok(words.contains("second").then_some(words))
    })?;
    assert!(words.contains("first"), "{words}");
    Ok(())
}

pub(crate) fn a_pods_port_is_reached_from_outside() -> Outcome {
    let space = Namespace::create("forward-test")?;
    space.run_pod("web", &web_server("the forwarded page"))?;
    let mut command =
        space
            .node
            .kubectl_command(&["--namespace", space.name, "port-forward", "pod/web", "18080:8080"])?;
    command.stdin(Stdio::null());
    let forward = space
        .node
        .machine
        .spawn(command, &space.node.machine.folder().join("port-forward.log"))?;
    let page = space.node.wait_for("the forwarded page", WHILE, |node| {
        node.machine
            .shell("busybox timeout 3 busybox wget -qO- http://127.0.0.1:18080/")
            .map(Some)
    })?;
    assert_eq!(page, "the forwarded page");
    assert!(forward.ended()?.is_none());
    Ok(())
}

pub(crate) fn usage_of_nodes_and_pods_is_told() -> Outcome {
    let node = shared::node()?;
    // metrics-server tells nothing before it has asked the kubelet twice.
    let nodes = node.wait_for("figures of the node", WHILE, |node| {
        node.kubectl(&["top", "nodes", "--no-headers"]).map(Some)
    })?;
    let expected = node.get(&["nodes"])?;
    for item in items(&expected) {
        assert!(nodes.contains(&name(item)), "{nodes}");
    }
    assert!(nodes.contains('%') && !nodes.contains("<unknown>"), "{nodes}");
    let pods = node.wait_for("figures of pods", Duration::from_mins(2), |node| {
        node.kubectl(&["top", "pods", "-n", "kube-system", "--no-headers"])
            .map(Some)
    })?;
    assert!(pods.contains("coredns"), "{pods}");
    Ok(())
}
