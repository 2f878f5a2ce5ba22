//! Waits for charts: each HelmChart says itself whether it is Ready, and why not.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bowline_tests::node::kubectl::{condition, is_ready, items, name};
use serde_json::Value;

use super::Home;
use crate::progress::Step;

const LIMIT: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(300);

/// Waits until the node and every chart of the namespace are Ready; there must be one at least.
pub(crate) fn wait(home: &Home, namespace: &str, what: &str) -> Result<()> {
    let step = Step::begin(what);
    let deadline = Instant::now() + LIMIT;
    loop {
        let missing = home
            .get(&["helmcharts.helm.cattle.io", "--namespace", namespace])
            .map_or_else(|error| vec![format!("{error:#}")], |charts| not_ready(&charts));
        if missing.is_empty() {
            step.done();
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("not ready after {LIMIT:?}:\n  {}", missing.join("\n  "));
        }
        step.now(missing.join(", "));
        std::thread::sleep(POLL);
    }
}

/// What is not Ready, with the reason it gives.
fn not_ready(charts: &Value) -> Vec<String> {
    let charts = items(charts);
    if charts.is_empty() {
        return vec!["no chart is there yet".to_owned()];
    }
    charts
        .iter()
        .filter(|chart| !is_ready(chart))
        .map(|chart| match condition(chart, "Ready") {
            Some((_, message)) if !message.is_empty() => format!("{} ({message})", name(chart)),
            _ => name(chart),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_named_with_its_reason() {
        let chart = |name: &str, status: &str, message: &str| {
            json!({"metadata": {"name": name}, "status": {"conditions": [
                {"type": "Ready", "status": status, "message": message}]}})
        };
        let charts = json!({"items": [
            chart("coredns", "True", ""), chart("ingress", "False", "1 of 2 pods are ready"),
            json!({"metadata": {"name": "flannel"}}),
        ]});
        assert_eq!(not_ready(&charts), ["ingress (1 of 2 pods are ready)", "flannel"]);
    }

    #[test]
    fn no_chart_at_all_is_not_ready() {
        assert_eq!(not_ready(&json!({"items": []})).len(), 1);
    }
}
