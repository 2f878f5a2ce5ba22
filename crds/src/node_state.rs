//! `NodeState`: what one node shall be, and what it says it is.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::node_settings::NodeSettings;
use crate::schema;

/// Written by the operator, one for each node that a NodeConfig selects, under the node's name. The node watches it,
/// applies it and reports in `status`; a NodeState that is deleted or missing means: no settings.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "bowline.dev",
    version = "v1alpha1",
    kind = "NodeState",
    plural = "nodestates",
    status = "NodeStateStatus",
    category = "bowline",
    derive = "Default",
    derive = "PartialEq",
    doc = "NodeState holds the merged settings of one node and what the node made of them.",
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeStateSpec {
    /// The NodeConfigs that were merged, in the order in which they were.
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub configs: Vec<NodeConfigReference>,
    /// The merged settings.
    #[serde(flatten)]
    pub settings: NodeSettings,
}

/// One NodeConfig as it was when it was merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeConfigReference {
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: i64,
}

/// What the node says, written by the node alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeStateStatus {
    /// The generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: the settings are in force. `Stalled`: they failed and were taken back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
    /// The settings now in force, with the NodeConfigs they came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<NodeStateSpec>,
}
