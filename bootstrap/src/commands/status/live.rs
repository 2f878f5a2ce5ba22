//! Asks the cluster itself: is the API server ready, the node, the add-ons?

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bowline_crds::{HelmChart, SYSTEM_NAMESPACE, condition};
use k8s_openapi::api::core::v1::Node;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt as _};
use serde::Serialize;

use crate::settings::BUNDLED_CHARTS;

const PATIENCE: Duration = Duration::from_secs(5);

/// What the cluster answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Live {
    pub(super) api_server: Health,
    /// None when the API server could not be asked.
    pub(super) node: Option<Health>,
    /// The bundled charts that are installed.
    pub(super) add_ons: Vec<Health>,
}

/// Whether one part is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Health {
    pub(super) name: String,
    pub(super) ready: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

impl Health {
    /// Well when there is no message.
    pub(super) fn of(name: &str, message: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            ready: message.is_none(),
            message: message.map(str::to_owned),
        }
    }
}

impl Live {
    /// Whether every part is well.
    pub(super) fn is_well(&self) -> bool {
        self.parts().all(|part| part.ready)
    }

    /// A line for each part that is not well, or one for all.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.is_well() {
            let add_ons: Vec<&str> = self.add_ons.iter().map(|part| part.name.as_str()).collect();
            return vec![format!(
                "The API server and the node are ready; add-ons: {}",
                add_ons.join(", ")
            )];
        }
        let bad = self.parts().filter(|part| !part.ready);
        bad.map(|part| {
            format!(
                "{} is not ready: {}",
                part.name,
                part.message.as_deref().unwrap_or("no reason given")
            )
        })
        .collect()
    }

    fn parts(&self) -> impl Iterator<Item = &Health> {
        std::iter::once(&self.api_server)
            .chain(&self.node)
            .chain(&self.add_ons)
    }
}

/// Asks all there is to ask about `node`.
pub(super) async fn ask(kubeconfig: &Path, node: &str) -> Live {
    let answer = tokio::time::timeout(PATIENCE, try_ask(kubeconfig, node)).await;
    let error = match answer {
        Ok(Ok(live)) => return live,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => format!("it gave no answer within {} s", PATIENCE.as_secs()),
    };
    Live {
        api_server: Health::of("API server", Some(&error)),
        node: None,
        add_ons: Vec::new(),
    }
}

async fn try_ask(kubeconfig: &Path, node: &str) -> Result<Live> {
    let client = connect(kubeconfig).await?;
    let request = hyper::Request::get("/readyz")
        .body(Vec::new())
        .context("build a request")?;
    client.request_text(request).await.context("ask /readyz")?;
    let found = Api::<Node>::all(client.clone())
        .get(node)
        .await
        .with_context(|| format!("read node {node}"))?;
    let charts = Api::<HelmChart>::namespaced(client, SYSTEM_NAMESPACE);
    let charts = charts
        .list(&kube::api::ListParams::default())
        .await
        .context("list HelmCharts")?;
    Ok(Live {
        api_server: Health::of("API server", None),
        node: Some(node_health(&found)),
        add_ons: charts.items.iter().filter_map(add_on_health).collect(),
    })
}

async fn connect(kubeconfig: &Path) -> Result<Client> {
    // Only the first of a process is the default, and this one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let read = Kubeconfig::read_from(kubeconfig).with_context(|| format!("read {}", kubeconfig.display()))?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    Client::try_from(config.context("understand the kubeconfig")?).context("make a client")
}

fn node_health(node: &Node) -> Health {
    let conditions = node
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions
        .into_iter()
        .find(|condition| condition.type_ == "Ready");
    let message = match ready {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => Some(ready.message.as_deref().unwrap_or("the kubelet does not report")),
        None => Some("the kubelet has not reported yet"),
    };
    Health::of(&format!("node {}", node.name_any()), message)
}

/// None for a chart that is not ours.
fn add_on_health(chart: &HelmChart) -> Option<Health> {
    let name = chart.name_any();
    if !BUNDLED_CHARTS.contains(&name.as_str()) {
        return None;
    }
    let conditions = chart.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let message = match condition::find(conditions, condition::READY) {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => Some(ready.message.as_str()),
        None => Some("the operator has not looked at it yet"),
    };
    Some(Health::of(&name, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(name: &str, conditions: &serde_json::Value) -> HelmChart {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": name},
            "spec": {}, "status": {"conditions": conditions},
        }))
        .unwrap()
    }

    #[test]
    fn an_add_on_that_is_not_ready_says_why() {
        let conditions = serde_json::json!([{"type": "Ready", "status": "False", "message": "pod 0/1"}]);
        assert_eq!(
            add_on_health(&chart("coredns", &conditions)),
            Some(Health::of("coredns", Some("pod 0/1")))
        );
        let ready = serde_json::json!([{"type": "Ready", "status": "True"}]);
        assert!(add_on_health(&chart("coredns", &ready)).unwrap().ready);
        assert!(
            !add_on_health(&chart("coredns", &serde_json::json!([])))
                .unwrap()
                .ready
        );
    }

    #[test]
    fn charts_of_users_do_not_count() {
        assert_eq!(add_on_health(&chart("podinfo", &serde_json::json!([]))), None);
    }

    #[test]
    fn a_node_is_ready_by_its_condition() {
        let node = |status: &str| -> Node {
            serde_json::from_value(serde_json::json!({
                "metadata": {"name": "one"},
                "status": {"conditions": [{"type": "Ready", "status": status, "message": "no network"}]},
            }))
            .unwrap()
        };
        assert!(node_health(&node("True")).ready);
        assert_eq!(node_health(&node("False")).message.as_deref(), Some("no network"));
        assert!(!node_health(&Node::default()).ready);
    }

    #[tokio::test]
    async fn a_missing_kubeconfig_is_named() {
        let live = ask(Path::new("/no/such/kubeconfig"), "one").await;
        assert!(live.api_server.message.unwrap().contains("/no/such/kubeconfig"));
    }
}
