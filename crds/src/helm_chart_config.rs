//! `HelmChartConfig`: values for a `HelmChart` that somebody else wrote.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;
use crate::helm_chart::{FailurePolicy, ServerSide, ValuesSecret};
use crate::schema;

/// Values that are merged over those of the HelmChart with the same name and namespace; only its `set` wins over
/// them. Nothing here has a default: what is not written leaves the HelmChart's own setting alone.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "helm.cattle.io",
    version = "v1",
    kind = "HelmChartConfig",
    plural = "helmchartconfigs",
    namespaced,
    status = "HelmChartConfigStatus",
    shortname = "hcc",
    derive = "Default",
    derive = "PartialEq",
    doc = "HelmChartConfig changes the values of the HelmChart with the same name and namespace.",
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct HelmChartConfigSpec {
    /// Values as an object; wins over `valuesContent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::any_value")]
    pub values: Option<Value>,
    /// Values as YAML text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values_content: Option<String>,
    /// Secrets whose keys hold YAML values; later ones win, and all win over `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub values_secrets: Option<Vec<ValuesSecret>>,
    /// What to do when an upgrade fails, in place of the HelmChart's word on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<FailurePolicy>,
    /// In place of the HelmChart's `serverSide`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side: Option<ServerSide>,
    /// In place of the HelmChart's `forceConflicts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_conflicts: Option<bool>,
}

/// What has become of a HelmChartConfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct HelmChartConfigStatus {
    /// The generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: the values are part of the release. `Stalled`: they cannot be, and the message says why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
}
