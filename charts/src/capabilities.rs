//! What a chart may know of the cluster: its version, its API groups, and single objects by lookup.

use std::collections::BTreeSet;

use serde_json::Value;

/// The cluster's version and API list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The API server's `gitVersion`, as `v1.37.2`.
    pub kube_version: String,
    /// What [`Capabilities::has`] answers from: `apps/v1` and, from a cluster, `apps/v1/Deployment`.
    pub api_versions: BTreeSet<String>,
}

/// The groups of Kubernetes itself, for rendering without a cluster.
const DEFAULT_API_VERSIONS: [&str; 20] = [
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "apiregistration.k8s.io/v1",
    "apps/v1",
    "authentication.k8s.io/v1",
    "authorization.k8s.io/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "certificates.k8s.io/v1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "events.k8s.io/v1",
    "networking.k8s.io/v1",
    "node.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1",
    "v1",
];

impl Capabilities {
    /// Whether the cluster serves a group and version, or a kind in it.
    pub fn has(&self, api_version: &str) -> bool {
        self.api_versions.contains(api_version)
    }

    /// `1` and `37` of `v1.37.2`; empty where the version has no such part.
    pub(crate) fn major_minor(&self) -> (&str, &str) {
        let mut parts = self.kube_version.trim_start_matches('v').split('.');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            kube_version: "v1.37.2".to_owned(),
            api_versions: DEFAULT_API_VERSIONS.iter().map(|&api| api.to_owned()).collect(),
        }
    }
}

/// Reads objects of the cluster for a template's `lookup(api_version, kind, namespace, name)`.
pub trait Lookup: Send + Sync {
    /// The object; with an empty name the list (`{items: […]}`); null when there is none.
    /// An error is a sentence that says what could not be read and why.
    fn lookup(&self, query: &LookupQuery<'_>) -> Result<Value, String>;
}

/// What a template asks the cluster for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupQuery<'a> {
    /// `v1`, `apps/v1`.
    pub api_version: &'a str,
    /// `Secret`.
    pub kind: &'a str,
    /// Empty for cluster-scoped kinds, or for all namespaces.
    pub namespace: &'a str,
    /// Empty for all.
    pub name: &'a str,
}

/// A cluster that holds nothing: the lookup of an offline render.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLookup;

impl Lookup for NoLookup {
    fn lookup(&self, _: &LookupQuery<'_>) -> Result<Value, String> {
        Ok(Value::Null)
    }
}
