//! `Addon`: one file below `server/manifests`.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::schema;

/// Written by the operator, one for each file; its name is the file's name up to the first dot.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "k3s.cattle.io",
    version = "v1",
    kind = "Addon",
    plural = "addons",
    namespaced,
    status = "AddonStatus",
    derive = "Default",
    derive = "PartialEq",
    doc = "Addon stands for one file of a server's manifests folder and the objects it brought.",
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Source", "type": "string", "jsonPath": ".spec.source", "priority": 1}"#,
    printcolumn = r#"{"name": "Checksum", "type": "string", "jsonPath": ".spec.checksum", "priority": 1}"#
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct AddonSpec {
    /// The file.
    pub source: String,
    /// SHA-256 of the file when it was last applied in full.
    pub checksum: String,
}

/// What has become of an Addon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct AddonStatus {
    /// The generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: every object of the file is applied and works. `Stalled`: the file has to be changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
}
