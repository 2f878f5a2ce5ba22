//! Promise: a HelmChart applied with kubectl becomes Ready, a HelmChartConfig changes its values, and its end leaves
//! nothing.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bowline_charts::{File, archive};
use bowline_tests::node::Node;
use bowline_tests::node::kubectl::{condition, items, name};
use serde_json::{Value, json};

use crate::Outcome;
use crate::shared::{self, START, WHILE};

const TEMPLATE: &str = "
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ release.name }} }
data: { color: {{ values.color | to_json }} }
";

pub(crate) fn a_chart_becomes_ready_is_configured_and_leaves_nothing() -> Outcome {
    let node = shared::node()?;
    let before = everything(&node)?;

    node.apply(&chart("paint", TEMPLATE)?.to_string())?;
    let limit = format!("--timeout={}s", WHILE.as_secs());
    node.kubectl(&[
        "wait",
        "--for=condition=Ready",
        &limit,
        "-n",
        "default",
        "helmchart/paint",
    ])?;
    assert_eq!(color(&node)?, "blue");

    let config = json!({
        "apiVersion": "helm.cattle.io/v1", "kind": "HelmChartConfig",
        "metadata": {"name": "paint", "namespace": "default"},
        "spec": {"valuesContent": "color: red\n"},
    });
    node.apply(&config.to_string())?;
    node.wait_for("the color of the HelmChartConfig", WHILE, |node| {
        Ok((color(node)? == "red").then_some(()))
    })?;

    // What somebody changed by hand is put right at the next change of the chart at the latest.
    node.kubectl(&["delete", "helmchartconfig", "paint", "-n", "default"])?;
    node.wait_for("the chart's own color", WHILE, |node| {
        Ok((color(node)? == "blue").then_some(()))
    })?;

    node.kubectl(&["delete", "helmchart", "paint", "-n", "default", &limit])?;
    node.wait_for("the end of all that the chart brought", WHILE, |node| {
        Ok((everything(node)? == before).then_some(()))
    })?;
    Ok(())
}

pub(crate) fn a_chart_that_does_not_render_says_why() -> Outcome {
    let node = shared::node()?;
    node.apply(&chart("broken", "{{ values.no_such_value }}")?.to_string())?;
    let why = node.wait_for("the reason why the chart is not ready", START, |node| {
        let chart = node.get(&["helmchart", "broken", "-n", "default"])?;
        let told = condition(&chart, "Ready").filter(|(status, _)| *status == "False");
        Ok(told.map(|(_, message)| message.to_owned()))
    })?;
    assert!(
        why.contains("page.yaml.j2") && why.contains("no_such_value"),
        "{why}"
    );
    node.kubectl(&["delete", "helmchart", "broken", "-n", "default", "--timeout=120s"])?;
    Ok(())
}

/// A HelmChart that carries a chart of one template.
fn chart(name: &str, template: &str) -> Result<Value> {
    let files = [
        File::new(
            "Chart.yaml",
            format!("{{apiVersion: v2, name: {name}, version: 1.0.0}}"),
        ),
        File::new("values.yaml", "color: blue"),
        File::new("templates/page.yaml.j2", template),
    ];
    packed(name, &files)
}

/// A HelmChart that carries these files.
pub(crate) fn packed(name: &str, files: &[File]) -> Result<Value> {
    Ok(json!({
        "apiVersion": "helm.cattle.io/v1", "kind": "HelmChart",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"chartContent": BASE64.encode(archive::pack(name, files)?)},
    }))
}

fn color(node: &Node) -> Result<String> {
    node.kubectl(&[
        "get",
        "configmap",
        "paint",
        "-n",
        "default",
        "-o",
        "jsonpath={.data.color}",
    ])
}

/// All that a chart could leave in its namespace.
fn everything(node: &Node) -> Result<Vec<String>> {
    let kinds = "configmaps,secrets,services,deployments,serviceaccounts,helmcharts,helmchartconfigs";
    let list = node.get(&[kinds, "-n", "default"])?;
    Ok(items(&list)
        .iter()
        .map(|object| format!("{} {}", object["kind"], name(object)))
        .collect())
}
