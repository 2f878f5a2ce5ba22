//! The kinds people write, their pure merges, and every string that crosses a crate.
//!
//! - [`HelmChart`] and [`HelmChartConfig`] (`helm.cattle.io/v1`) take the manifests of K3s and RKE2 unchanged;
//! - [`Addon`] (`k3s.cattle.io/v1`) stands for one file below `server/manifests`;
//! - [`NodeConfig`] and [`NodeState`] (`bowline.dev/v1alpha1`) carry settings from people to nodes.
//!
//! [`values`] puts the layers of a chart's values in order, [`node_settings`] merges `NodeConfig`s. The generated
//! YAML lies in `yaml/`; a test keeps it equal to the types.

pub mod addon;
pub mod condition;
pub mod helm_chart;
pub mod helm_chart_config;
pub mod node_config;
pub mod node_settings;
pub mod node_state;
mod schema;
pub mod values;

pub use addon::{Addon, AddonSpec, AddonStatus};
pub use helm_chart::{
    FailurePolicy, HelmChart, HelmChartSpec, HelmChartStatus, LocalReference, ValuesSecret,
};
pub use helm_chart_config::{HelmChartConfig, HelmChartConfigSpec, HelmChartConfigStatus};
pub use node_config::{NodeConfig, NodeConfigSpec, NodeConfigStatus};
pub use node_settings::{NodeSettings, Taint, TaintEffect};
pub use node_state::{NodeConfigReference, NodeState, NodeStateSpec, NodeStateStatus};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

/// Who owns the fields that Bowline writes: add-on objects, CRDs, the operator's own manifest.
pub const FIELD_MANAGER: &str = "bowline";
/// Who owns the fields of chart objects: Helm's own name, so that a person's `helm upgrade` works beside us.
pub const HELM_FIELD_MANAGER: &str = "helm";
/// Who owns the labels and taints that `NodeConfig`s put on Nodes.
pub const NODE_FIELD_MANAGER: &str = "bowline-node-config";

/// Where the operator and the bundled add-ons live.
pub const SYSTEM_NAMESPACE: &str = "kube-system";
/// The name of the operator's `DaemonSet`, `ServiceAccount` and Lease.
pub const OPERATOR_NAME: &str = "bowline-operator";

/// The finalizer with which the operator holds a `HelmChart` until its release is uninstalled.
pub const HELM_CHART_FINALIZER: &str = "bowline.dev/uninstall";
/// The finalizer that K3s and RKE2 put on a `HelmChart`; removed when the operator takes the chart over.
pub const WRANGLER_FINALIZER: &str = "wrangler.cattle.io/on-helm-chart-remove";
/// Hands off: a `HelmChart` with this annotation is left alone, whatever its value.
pub const UNMANAGED_ANNOTATION: &str = "helmcharts.helm.cattle.io/unmanaged";
/// Which controller looks after a `HelmChart`; a name other than [`OPERATOR_NAME`] means: not ours.
pub const MANAGED_BY_ANNOTATION: &str = "helmcharts.cattle.io/managed-by";
/// The label on a release record that tells which inputs it was made from.
pub const CONFIG_HASH_LABEL: &str = "helmcharts.helm.cattle.io/configHash";

/// The annotation on an `Addon` that names the kinds it brought, as `group/version, Kind=K;…`.
pub const ADDON_KINDS_ANNOTATION: &str = "addon.k3s.cattle.io/gvks";
/// The annotation on an `Addon` that names the server whose file was applied last.
pub const ADDON_NODE_ANNOTATION: &str = "bowline.dev/node";
/// The annotation on an `Addon` that tells when that file was modified; the newest file wins.
pub const ADDON_MODIFIED_ANNOTATION: &str = "bowline.dev/modified";
/// The label on objects that an `Addon` brought; its value is the `Addon`'s name.
pub const ADDON_LABEL: &str = "bowline.dev/addon";
/// The annotation on a Node that remembers which taints `NodeConfig`s put there.
pub const NODE_TAINTS_ANNOTATION: &str = "bowline.dev/taints";
/// The annotation on a Node that remembers which labels `NodeConfig`s put there.
pub const NODE_LABELS_ANNOTATION: &str = "bowline.dev/labels";

/// What a file beside a manifest is called that takes the manifest's objects away: `<name>.yaml.disabled`.
pub const DISABLED_SUFFIX: &str = ".disabled";
/// What a file beside a manifest is called that leaves the manifest alone: `<name>.yaml.skip`.
pub const SKIP_SUFFIX: &str = ".skip";

/// The definitions of all kinds, as the operator installs them.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![
        Addon::crd(),
        HelmChart::crd(),
        HelmChartConfig::crd(),
        NodeConfig::crd(),
        NodeState::crd(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run with `BOWLINE_UPDATE_CRDS=1` to write the files anew.
    #[test]
    fn committed_yaml_is_what_the_types_generate() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("yaml");
        for definition in definitions() {
            let name = definition.metadata.name.clone().unwrap();
            // By way of JSON, so that unset fields are left out.
            let value = serde_json::to_value(&definition).unwrap();
            let generated = serde_saphyr::to_string(&value).unwrap();
            let file = folder.join(format!("{name}.yaml"));
            if std::env::var_os("BOWLINE_UPDATE_CRDS").is_some() {
                std::fs::OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .open(&file)
                    .and_then(|mut file| std::io::Write::write_all(&mut file, generated.as_bytes()))
                    .unwrap();
            }
            let committed = std::io::read_to_string(
                std::fs::OpenOptions::new()
                    .read(true)
                    .open(&file)
                    .expect("the file is committed"),
            )
            .unwrap();
            assert_eq!(
                committed, generated,
                "{name}: run the tests with BOWLINE_UPDATE_CRDS=1"
            );
        }
    }

    #[test]
    fn no_field_people_write_has_a_default_that_hides_what_they_meant() {
        for definition in definitions() {
            let spec = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
            let spec = spec
                .pointer("/openAPIV3Schema/properties/spec")
                .unwrap()
                .to_string();
            assert!(
                !spec.contains("\"default\":"),
                "{:?}: {spec}",
                definition.metadata.name
            );
        }
    }
}
