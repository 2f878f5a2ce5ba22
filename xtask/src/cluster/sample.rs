//! The sample chart: packed from `charts/samples/hello` and applied as a user applies a HelmChart.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bowline_charts::{archive, directory};
use serde_json::json;

use super::Home;
use crate::checkout::Checkout;

const NAME: &str = "hello";
/// Where the sample's HelmChart lies.
pub(crate) const NAMESPACE: &str = "default";

/// Applies the sample.
pub(crate) fn install(home: &Home) -> Result<()> {
    home.apply(&manifest()?).context("apply the sample chart")
}

/// The HelmChart as JSON, which is YAML.
fn manifest() -> Result<String> {
    let folder = Checkout::find()?.sample_chart(NAME);
    let chart = archive::pack(NAME, &directory::read(&folder)?)?;
    let object = json!({
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChart",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {"chartContent": BASE64.encode(chart), "values": {"ingress": {"enabled": true}}},
    });
    Ok(object.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_charts::{Chart, Release, Render, render};

    #[test]
    fn the_sample_renders_to_a_web_server_behind_the_ingress() {
        let manifest: serde_json::Value = serde_json::from_str(&manifest().unwrap()).unwrap();
        let packed = BASE64
            .decode(manifest["spec"]["chartContent"].as_str().unwrap())
            .unwrap();
        let chart = Chart::from_files(archive::unpack(&packed).unwrap()).unwrap();
        let values = manifest["spec"]["values"].clone();
        let rendered = render(&chart, &Render::new(Release::install(NAME, NAMESPACE), values)).unwrap();

        let kinds: Vec<_> = rendered
            .objects
            .iter()
            .map(|object| object.value()["kind"].clone())
            .collect();
        assert_eq!(kinds, ["ConfigMap", "Service", "Deployment", "Ingress"]);
    }
}
