//! Promise: a NodeConfig's labels, taints, sysctls and kubelet settings come to the node, and the node says so.

use bowline_tests::node::kubectl::is_ready;
use serde_json::json;

use crate::Outcome;
use crate::shared::{self, WHILE};

pub(crate) fn settings_are_applied_and_reported() -> Outcome {
    let node = shared::node()?;
    let name = node.status()?.node;
    let setting = "cat /proc/sys/net/ipv4/ip_local_port_range | tr '\\t' ' '";
    let ports = node.machine.shell(setting)?;
    let config = json!({
        "apiVersion": "bowline.dev/v1alpha1", "kind": "NodeConfig", "metadata": {"name": "test"},
        "spec": {
            "labels": {"example.com/rack": "r1"},
            "taints": [{"key": "example.com/slow", "value": "yes", "effect": "PreferNoSchedule"}],
            "sysctls": {"net.ipv4.ip_local_port_range": "33000 60000"},
            "kubelet": {"maxPods": 77},
        },
    });
    node.apply(&config.to_string())?;
    node.wait_for("a NodeState that is Ready", WHILE, |node| {
        let state = node.get(&["nodestate", &name])?;
        let current = state["status"]["observedGeneration"] == state["metadata"]["generation"];
        Ok((current && is_ready(&state)).then_some(()))
    })?;
    let seen = node.wait_for("the settings on the Node", WHILE, |node| {
        let seen = node.get(&["node", &name])?;
        let labelled = seen["metadata"]["labels"]["example.com/rack"] == "r1";
        let sized = seen["status"]["capacity"]["pods"] == "77";
        Ok((labelled && sized).then_some(seen))
    })?;
    let taints = seen["spec"]["taints"].to_string();
    assert!(taints.contains("example.com/slow"), "{taints}");
    assert_eq!(node.machine.shell(setting)?, "33000 60000");
    node.wait_for("a NodeConfig that is Ready", WHILE, |node| {
        Ok(is_ready(&node.get(&["nodeconfig", "test"])?).then_some(()))
    })?;

    node.kubectl(&["delete", "nodeconfig", "test"])?;
    node.wait_for("the node as it was", WHILE, |node| {
        let seen = node.get(&["node", &name])?;
        let gone = seen["metadata"]["labels"]["example.com/rack"].is_null()
            && seen["status"]["capacity"]["pods"] != "77"
            && !seen["spec"]["taints"].to_string().contains("example.com/slow");
        Ok((gone && node.machine.shell(setting)? == ports).then_some(()))
    })?;
    Ok(())
}
