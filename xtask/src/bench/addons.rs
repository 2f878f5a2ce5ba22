//! The bundled charts as plain manifests, for who has no operator.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bowline_charts::{Chart, Object, Release, Render, archive, object, render};
use serde_json::{Value, json};

use super::api::Client;
use super::cluster::Workload;

pub(crate) const CLUSTER_CIDR: &str = "10.42.0.0/16";
pub(crate) const SERVICE_CIDR: &str = "10.43.0.0/16";
const NAMESPACE: &str = "kube-system";

/// All add-ons of one cluster.
#[derive(Debug)]
pub(crate) struct Addons {
    /// YAML documents.
    pub(crate) manifest: String,
    /// What must be available for the add-ons to be Ready.
    pub(crate) workloads: Vec<Workload>,
}

impl Addons {
    /// Renders the `charts` (HelmChart manifests) for a cluster whose API server is at `address`.
    pub(crate) fn render(charts: &[String], address: Ipv4Addr) -> Result<Self> {
        let mut objects = Vec::new();
        for chart in charts {
            objects.extend(rendered(chart, address)?);
        }
        Ok(Self {
            workloads: objects
                .iter()
                .filter_map(|object| Workload::of(object.value()))
                .collect(),
            manifest: object::manifest(&objects).context("write the objects")?,
        })
    }

    /// Whether every workload is available.
    pub(crate) fn are_ready(&self, api: &Client) -> Result<bool> {
        for workload in &self.workloads {
            if !Workload::is_available(&api.get(&workload.path())?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn rendered(manifest: &str, address: Ipv4Addr) -> Result<Vec<Object>> {
    let chart: Value = serde_saphyr::from_str(manifest).context("understand a HelmChart")?;
    let content = chart["spec"]["chartContent"]
        .as_str()
        .context("a HelmChart has chartContent")?;
    let files = archive::unpack(&BASE64.decode(content).context("decode chartContent")?)?;
    let chart = Chart::from_files(files).map_err(|error| anyhow!(error))?;
    let release = Release::install(chart.name(), NAMESPACE);
    let rendered = render(&chart, &Render::new(release, values(address)))
        .with_context(|| format!("render the chart {}", chart.name()))?;
    Ok(rendered.crds.into_iter().chain(rendered.objects).collect())
}

/// The facts that a node of Bowline gives its charts.
fn values(address: Ipv4Addr) -> Value {
    json!({"global": {
        "clusterCIDR": CLUSTER_CIDR,
        "serviceCIDR": SERVICE_CIDR,
        "apiServerHost": address,
        "apiServerPort": 6443,
        // A light machine has no name server.
        "upstreamDNS": false,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::charts;
    use crate::checkout::Checkout;

    #[test]
    fn every_bundled_chart_gives_one_workload() {
        let charts = charts::read(&Checkout::find().unwrap().bundled_charts(), 0).unwrap();
        let manifests: Vec<_> = charts.into_iter().map(|chart| chart.manifest).collect();
        let addons = Addons::render(&manifests, Ipv4Addr::new(192, 0, 2, 1)).unwrap();

        let paths: Vec<_> = addons.workloads.iter().map(Workload::path).collect();
        let place = "/apis/apps/v1/namespaces/kube-system";
        let expected = [
            "deployments/coredns",
            "daemonsets/flannel",
            "daemonsets/ingress",
            "daemonsets/kube-proxy",
            "deployments/metrics-server",
        ];
        assert_eq!(paths, expected.map(|path| format!("{place}/{path}")));
        assert!(addons.manifest.contains("192.0.2.1"));
    }
}
