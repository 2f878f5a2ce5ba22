//! Containers as the node's own crictl shows them: there when the API server is not.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use bowline_tests::node::Node;
use serde_json::Value;

/// The id of each running container, by its pod and name.
pub(crate) fn running(node: &Node) -> Result<BTreeMap<String, String>> {
    let list = node.bowline(&["crictl", "ps", "-o", "json"])?;
    let list: Value = serde_json::from_str(&list).context("understand the list of containers")?;
    let containers = list["containers"].as_array().context("a list of containers")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(containers
        .iter()
        .map(|container| {
            let labels = &container["labels"];
            let pod = text(&labels["io.kubernetes.pod.name"]);
            (
                format!("{pod}/{}", text(&labels["io.kubernetes.container.name"])),
                text(&container["id"]),
            )
        })
        .collect())
}
