//! Promise: a HelmChartConfig changes a bundled chart, `disable:` drops one, and both can be taken back.

use bowline_tests::node::Node;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::Outcome;
use crate::healing::with_node;
use crate::shared::{self, START, WHILE};

pub(crate) fn a_config_changes_a_bundled_chart() -> Outcome {
    let node = shared::node()?;
    let resolution = |wanted: &'static str| {
        node.wait_for(&format!("--metric-resolution={wanted}"), WHILE, move |node| {
            let deployment = node.get(&["deployment", "metrics-server", "-n", "kube-system"])?;
            let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
            let argument = format!("--metric-resolution={wanted}\"");
            Ok(arguments.contains(&argument).then_some(()))
        })
    };
    let config = json!({
        "apiVersion": "helm.cattle.io/v1", "kind": "HelmChartConfig",
        "metadata": {"name": "metrics-server", "namespace": "kube-system"},
        "spec": {"valuesContent": "resolution: 25s\n"},
    });
    node.apply(&config.to_string())?;
    resolution("25s")?;
    let limit = format!("--timeout={}s", WHILE.as_secs());
    let ready = [
        "wait",
        "--for=condition=Ready",
        &limit,
        "-n",
        "kube-system",
        "helmchart/metrics-server",
    ];
    node.kubectl(&ready)?;
    node.kubectl(&["delete", "helmchartconfig", "metrics-server", "-n", "kube-system"])?;
    resolution("15s")?;
    node.kubectl(&ready)?;
    Ok(())
}

pub(crate) fn a_disabled_chart_goes_and_comes_back() -> Outcome {
    with_node(|node| {
        restart_with(node, "disable: [metrics-server]\n")?;
        node.wait_for("the end of metrics-server", WHILE, |node| {
            let all = node.kubectl(&[
                "get",
                "helmcharts,deployments,services,apiservices,clusterroles",
                "-A",
                "-o",
                "name",
            ])?;
            Ok((!all.contains("metrics")).then_some(()))
        })?;
        restart_with(node, "")?;
        node.wait_for("metrics-server", WHILE, |node| {
            let deployment = node.get(&["deployment", "metrics-server", "-n", "kube-system"])?;
            Ok((deployment["status"]["availableReplicas"] == 1).then_some(()))
        })?;
        Ok(())
    })
}

/// Starts the node again with another config file.
pub(crate) fn restart_with(node: &mut Node, config: &str) -> anyhow::Result<()> {
    node.end(Signal::SIGTERM, WHILE)?;
    node.configure(config)?;
    node.start()?;
    node.wait_ready(START)
}
