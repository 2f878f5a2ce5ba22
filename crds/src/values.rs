//! The layers of a chart's values, in K3s' order. Pure: Secrets are named here and read elsewhere.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use crate::helm_chart::{HelmChartSpec, ValuesSecret};
use crate::helm_chart_config::HelmChartConfigSpec;

/// One layer; later layers win over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer<'a> {
    /// Who says so, such as `HelmChartConfig valuesContent`.
    pub origin: &'static str,
    /// What is said.
    pub content: Content<'a>,
}

/// What a layer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// YAML text.
    Yaml(&'a str),
    /// An object.
    Object(&'a Value),
    /// One key of a Secret with YAML text.
    Secret {
        /// The Secret's name.
        name: &'a str,
        /// The key.
        key: &'a str,
        /// The release goes on without it when it is missing, and does not follow its changes.
        optional: bool,
    },
    /// Single values by path; integers, booleans and null come before all other strings.
    Set(&'a BTreeMap<String, IntOrString>),
}

/// The layers of `chart` and of the config that goes with it, lowest first. The chart's own defaults lie below all.
pub fn layers<'a>(chart: &'a HelmChartSpec, config: Option<&'a HelmChartConfigSpec>) -> Vec<Layer<'a>> {
    let mut layers = Vec::new();
    let mut add = |origin, content| layers.push(Layer { origin, content });
    if let Some(text) = chart.values_content.as_deref() {
        add("HelmChart valuesContent", Content::Yaml(text));
    }
    if let Some(values) = &chart.values {
        add("HelmChart values", Content::Object(values));
    }
    for secret in secrets(chart.values_secrets.as_deref()) {
        add("HelmChart valuesSecrets", secret);
    }
    if let Some(config) = config {
        if let Some(text) = config.values_content.as_deref() {
            add("HelmChartConfig valuesContent", Content::Yaml(text));
        }
        if let Some(values) = &config.values {
            add("HelmChartConfig values", Content::Object(values));
        }
        for secret in secrets(config.values_secrets.as_deref()) {
            add("HelmChartConfig valuesSecrets", secret);
        }
    }
    if let Some(set) = &chart.set {
        add("HelmChart set", Content::Set(set));
    }
    layers
}

/// The keys of all Secrets, in order; a Secret without keys is ignored.
fn secrets(secrets: Option<&[ValuesSecret]>) -> impl Iterator<Item = Content<'_>> {
    secrets.unwrap_or_default().iter().flat_map(|secret| {
        let name = secret.name.as_deref().unwrap_or_default();
        let optional = secret.ignore_updates.unwrap_or(false);
        let keys = secret.keys.as_deref().unwrap_or_default();
        keys.iter()
            .map(move |key| Content::Secret { name, key, optional })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chart(spec: Value) -> HelmChartSpec {
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn layers_stand_in_the_order_of_k3s_and_set_wins() {
        let chart = chart(json!({
            "set": {"b": "x", "a": "true"},
            "values": {"from": "values"},
            "valuesContent": "from: content",
            "valuesSecrets": [{"name": "s", "keys": ["one", "two"]}, {"name": "no-keys"}]
        }));
        let config: HelmChartConfigSpec = serde_json::from_value(json!({
            "values": {"from": "config"},
            "valuesContent": "from: config content",
            "valuesSecrets": [{"name": "t", "keys": ["k"], "ignoreUpdates": true}]
        }))
        .unwrap();
        let secret = |name, key, optional| Content::Secret { name, key, optional };
        let contents: Vec<_> = layers(&chart, Some(&config))
            .into_iter()
            .map(|layer| layer.content)
            .collect();
        assert_eq!(
            contents,
            [
                Content::Yaml("from: content"),
                Content::Object(&json!({"from": "values"})),
                secret("s", "one", false),
                secret("s", "two", false),
                Content::Yaml("from: config content"),
                Content::Object(&json!({"from": "config"})),
                secret("t", "k", true),
                Content::Set(chart.set.as_ref().unwrap()),
            ]
        );
    }
}
