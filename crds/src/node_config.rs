//! `NodeConfig`: settings that people write for some or all nodes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::node_settings::NodeSettings;
use crate::schema;

/// Settings for the nodes that `nodeSelector` selects. Where several NodeConfigs set the same thing, the one with
/// the highest priority wins, and among equals the one whose name sorts last.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "bowline.dev",
    version = "v1alpha1",
    kind = "NodeConfig",
    plural = "nodeconfigs",
    status = "NodeConfigStatus",
    shortname = "nc",
    category = "bowline",
    derive = "Default",
    derive = "PartialEq",
    doc = "NodeConfig gives settings to nodes.",
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#,
    printcolumn = r#"{"name": "Nodes", "type": "integer", "jsonPath": ".status.nodes"}"#,
    printcolumn = r#"{"name": "Applied", "type": "integer", "jsonPath": ".status.applied"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Priority", "type": "integer", "jsonPath": ".spec.priority", "priority": 1}"#
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeConfigSpec {
    /// Which nodes, by their labels. Empty: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<LabelSelector>,
    /// The higher wins; 0 when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The settings.
    #[serde(flatten)]
    pub settings: NodeSettings,
}

/// What has become of a NodeConfig on all its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeConfigStatus {
    /// The generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: every selected node has applied it. The message names nodes that have not, and conflicts with other
    /// NodeConfigs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
    /// How many nodes are selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<i32>,
    /// How many of them have applied this generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<i32>,
}
