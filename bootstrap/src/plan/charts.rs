//! The bundled charts as manifests for the operator: with this cluster's facts, or switched off.

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::facts::HostFacts;
use super::url_host;
use crate::settings::{FlannelBackend, Settings};

/// A chart of the runtime image that is no HelmChart: the image is not of this release.
#[derive(Debug, Error)]
pub(crate) enum InvalidChart {
    #[error("chart {file} is no YAML document")]
    NoYaml {
        file: String,
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    #[error("chart {file} is no HelmChart with a spec")]
    NoHelmChart { file: String },
}

/// What shall lie in the manifests folder for one chart of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Laid {
    /// `<name>.yaml` with this text.
    Manifest { file: String, content: String },
    /// No `<name>.yaml`, but an empty `<name>.yaml.disabled`: the operator removes what the chart brought.
    Disabled { file: String },
}

/// Decides over one chart `<name>.yaml`.
pub(crate) fn lay_out(
    file: &str,
    text: &str,
    settings: &Settings,
    host: &HostFacts,
) -> Result<Laid, InvalidChart> {
    let name = file.trim_end_matches(".yaml");
    if settings.server.disable.contains(name) {
        return Ok(Laid::Disabled {
            file: file.to_owned(),
        });
    }
    let mut chart: Value = serde_saphyr::from_str(text).map_err(|source| InvalidChart::NoYaml {
        file: file.to_owned(),
        source: Box::new(source),
    })?;
    let spec = (chart["kind"] == "HelmChart")
        .then(|| chart.get_mut("spec").and_then(Value::as_object_mut))
        .flatten()
        .ok_or_else(|| InvalidChart::NoHelmChart {
            file: file.to_owned(),
        })?;
    let set = spec.entry("set").or_insert_with(|| Value::Object(Map::new()));
    if let (Value::Object(set), Value::Object(facts)) = (set, cluster_facts(settings, host)) {
        set.extend(facts);
        // Only when asked for: what is set here wins over a user's HelmChartConfig.
        if name == "flannel" && settings.network.flannel_backend == FlannelBackend::HostGateway {
            let backend = settings.network.flannel_backend.name();
            set.insert("backend".to_owned(), backend.into());
        }
    }
    Ok(Laid::Manifest {
        file: file.to_owned(),
        content: format!("{chart:#}\n"),
    })
}

/// Values that every bundled chart may use.
fn cluster_facts(settings: &Settings, host: &HostFacts) -> Value {
    let network = &settings.network;
    let has_resolvers = settings.node.resolv_conf.is_some() || host.resolv_conf.is_some();
    json!({
        "global.clusterCIDR": network.cluster_cidr.to_string(),
        "global.serviceCIDR": network.service_cidr.to_string(),
        "global.clusterDNS": network.cluster_dns.to_string(),
        "global.clusterDomain": network.cluster_domain,
        "global.dataDir": settings.data_dir,
        "global.systemDefaultRegistry": settings.registry.system_default_registry.clone().unwrap_or_default(),
        "global.apiServerHost": url_host(settings.server.advertise_address),
        "global.apiServerPort": "6443",
        // CoreDNS does not start when it shall forward to nobody.
        "global.upstreamDNS": has_resolvers.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{facts, settings};

    const CHART: &str = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: coredns}\nspec: {chartContent: abc, set: {a: b}}\n";

    #[test]
    fn a_chart_is_laid_out_with_the_clusters_facts_beside_its_own_values() {
        let laid = lay_out("coredns.yaml", CHART, &settings(), &facts()).unwrap();
        let Laid::Manifest { file, content } = laid else {
            panic!("{laid:?}")
        };
        let chart: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(file, "coredns.yaml");
        assert_eq!(chart["spec"]["chartContent"], "abc");
        assert_eq!(chart["spec"]["set"]["a"], "b");
        assert_eq!(chart["spec"]["set"]["global.clusterDNS"], "10.43.0.10");
    }

    #[test]
    fn charts_are_told_when_the_node_has_no_name_server() {
        let without = HostFacts {
            resolv_conf: None,
            ..facts()
        };
        for (host, expected) in [(facts(), "true"), (without, "false")] {
            let laid = lay_out("coredns.yaml", CHART, &settings(), &host).unwrap();
            let Laid::Manifest { content, .. } = laid else {
                panic!("{laid:?}")
            };
            let chart: Value = serde_json::from_str(&content).unwrap();
            assert_eq!(chart["spec"]["set"]["global.upstreamDNS"], expected);
        }
    }

    #[test]
    fn another_backend_reaches_flannel_alone_and_the_default_leaves_it_to_the_user() {
        let mut settings = settings();
        let set = |file: &str, settings: &Settings| {
            let Laid::Manifest { content, .. } = lay_out(file, CHART, settings, &facts()).unwrap() else {
                panic!("{file} is disabled")
            };
            let chart: Value = serde_json::from_str(&content).unwrap();
            chart["spec"]["set"]["backend"].clone()
        };
        assert_eq!(set("flannel.yaml", &settings), Value::Null);
        settings.network.flannel_backend = FlannelBackend::HostGateway;
        assert_eq!(set("flannel.yaml", &settings), "host-gw");
        assert_eq!(set("coredns.yaml", &settings), Value::Null);
    }

    #[test]
    fn a_disabled_chart_leaves_only_its_marker() {
        let mut settings = settings();
        settings.server.disable.insert("coredns".into());
        let laid = lay_out("coredns.yaml", CHART, &settings, &facts()).unwrap();
        assert_eq!(
            laid,
            Laid::Disabled {
                file: "coredns.yaml".into()
            }
        );
    }

    #[test]
    fn what_is_no_helm_chart_is_named() {
        let error = lay_out("x.yaml", "kind: ConfigMap", &settings(), &facts()).unwrap_err();
        assert_eq!(error.to_string(), "chart x.yaml is no HelmChart with a spec");
    }
}
