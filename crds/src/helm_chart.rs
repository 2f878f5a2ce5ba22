//! `HelmChart`: one release of one chart.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;
use crate::schema;

/// A chart that shall be installed, with the values it gets.
///
/// The release bears the name of the HelmChart and lives in `targetNamespace`, or else in the HelmChart's own
/// namespace. Deleting the HelmChart uninstalls the release.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "helm.cattle.io",
    version = "v1",
    kind = "HelmChart",
    plural = "helmcharts",
    namespaced,
    status = "HelmChartStatus",
    shortname = "hc",
    derive = "Default",
    derive = "PartialEq",
    doc = "HelmChart installs a chart and keeps it installed.",
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name": "Status", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#,
    printcolumn = r#"{"name": "Chart", "type": "string", "jsonPath": ".status.chart"}"#,
    printcolumn = r#"{"name": "Version", "type": "string", "jsonPath": ".status.version"}"#,
    printcolumn = r#"{"name": "Revision", "type": "integer", "jsonPath": ".status.revision"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Repo", "type": "string", "jsonPath": ".spec.repo", "priority": 1}"#,
    printcolumn = r#"{"name": "Source", "type": "string", "jsonPath": ".spec.chart", "priority": 1}"#,
    printcolumn = r#"{"name": "TargetNamespace", "type": "string", "jsonPath": ".spec.targetNamespace", "priority": 1}"#,
    printcolumn = r#"{"name": "Bootstrap", "type": "boolean", "jsonPath": ".spec.bootstrap", "priority": 1}"#,
    printcolumn = r#"{"name": "Failed", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Failed')].status", "priority": 1}"#,
    printcolumn = r#"{"name": "Job", "type": "string", "jsonPath": ".status.jobName", "priority": 10}"#
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct HelmChartSpec {
    /// The namespace of the release. Empty: the HelmChart's own. It cannot be changed once the chart is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_namespace: Option<String>,
    /// Create `targetNamespace` if it is not there. It stays when the HelmChart is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_namespace: Option<bool>,
    /// The chart: a name in `repo`, a URL (`https://….tgz`), or an OCI reference (`oci://…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The version of the chart. Empty: the latest stable one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The URL of the chart repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// PEM certificates to trust when the chart is fetched.
    #[serde(rename = "repoCA", skip_serializing_if = "Option::is_none")]
    pub repo_ca: Option<String>,
    /// A ConfigMap whose keys all hold PEM certificates to trust when the chart is fetched.
    #[serde(rename = "repoCAConfigMap", skip_serializing_if = "Option::is_none")]
    pub repo_ca_config_map: Option<LocalReference>,
    /// Single values by path, as `helm --set`: they win over every other layer. Booleans have to be quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::scalars")]
    pub set: Option<BTreeMap<String, IntOrString>>,
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
    /// Deprecated: only Helm 3 charts exist any more. `v2` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helm_version: Option<String>,
    /// The cluster needs this chart before it has a network: install it before any Node is Ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<bool>,
    /// The chart itself: a base64-encoded `.tgz`. Wins over `chart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_content: Option<String>,
    /// Accepted for K3s manifests and ignored: no Job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_image: Option<String>,
    /// Accepted for K3s manifests and ignored: no Job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_off_limit: Option<i32>,
    /// How long one hook, and the wait for readiness, may take: a duration such as `5m0s`, which is also the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// What to do when an upgrade fails. `reinstall`, K3s' default, is taken as `retry`: a failed release is never
    /// uninstalled to repair it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<FailurePolicy>,
    /// A Secret with `username` and `password`, or `tls.crt` and `tls.key`, for `repo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_secret: Option<LocalReference>,
    /// Send the credentials of `authSecret` to other hosts than `repo`'s too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_pass_credentials: Option<bool>,
    /// A Secret of type `kubernetes.io/dockerconfigjson` for OCI registries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_registry_secret: Option<LocalReference>,
    /// Do not check the server's certificate when the chart is fetched.
    #[serde(rename = "insecureSkipTLSVerify", skip_serializing_if = "Option::is_none")]
    pub insecure_skip_tls_verify: Option<bool>,
    /// Fetch the chart without TLS.
    #[serde(rename = "plainHTTP", skip_serializing_if = "Option::is_none")]
    pub plain_http: Option<bool>,
    /// Accepted for K3s manifests and ignored: no Job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::any_object")]
    pub pod_security_context: Option<Value>,
    /// Accepted for K3s manifests and ignored: no Job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::any_object")]
    pub security_context: Option<Value>,
    /// Take objects over that exist already and belong to no release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_ownership: Option<bool>,
    /// Accepted for K3s manifests. Objects are always applied on the server's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side: Option<ServerSide>,
    /// Take fields over that others have changed, instead of failing with a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_conflicts: Option<bool>,
    /// Where the release is recorded. Only `secret` is supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
}

/// What to do when an upgrade fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailurePolicy {
    /// Leave things as they are until the HelmChart changes.
    Abort,
    /// K3s' default; taken as `retry`.
    Reinstall,
    /// Try again, with growing pauses.
    Retry,
    /// Go back to the last revision that worked.
    Rollback,
}

/// Whether objects are applied on the server's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerSide {
    /// Yes.
    True,
    /// No; not supported, and taken as `true`.
    False,
    /// As the last revision did; taken as `true`.
    Auto,
}

/// Where a release is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// In Secrets.
    Secret,
    /// In ConfigMaps.
    ConfigMap,
}

/// The name of an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[serde(default)]
#[schemars(transform = schema::without_defaults)]
pub struct LocalReference {
    /// The object's name.
    pub name: String,
}

/// A Secret with values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct ValuesSecret {
    /// The Secret's name, in the HelmChart's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The keys that hold YAML values; later ones win.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Do not upgrade when the Secret changes, and do not wait for it when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_updates: Option<bool>,
}

/// What has become of a HelmChart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct HelmChartStatus {
    /// The generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`: every object of the release is there and works. `Reconciling`: work is under way. `Stalled`: it
    /// needs a change by a person. `Failed`: as in K3s.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
    /// The revision of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The namespace of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name of the installed chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The version of the installed chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of the chart's archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_digest: Option<String>,
    /// Always empty: no Job runs. Kept because K3s has it.
    pub job_name: String,
}
