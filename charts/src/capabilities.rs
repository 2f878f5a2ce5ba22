//! What a chart may know of the cluster: its version, its API groups, and single objects by lookup.

use std::collections::BTreeSet;

use serde_json::Value;
use thiserror::Error;

use crate::Generation;

/// The cluster's version and API list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The API server's `gitVersion`, as `v1.37.2`.
    pub kube_version: String,
    /// What [`Capabilities::has`] answers from: `apps/v1` and, from a cluster, `apps/v1/Deployment`.
    pub api_versions: BTreeSet<String>,
}

/// The version that Helm takes where there is no cluster: 3.22 and 4.3 alike.
const DEFAULT_KUBE_VERSION: &str = "v1.37.0";

/// The groups of Kubernetes itself, with those of the past: what Helm knows without a cluster.
const DEFAULT_API_VERSIONS: [&str; 57] = [
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
    "apiextensions.k8s.io/v1beta1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1alpha1",
    "certificates.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "internal.apiserver.k8s.io/v1alpha1",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1alpha1",
    "rbac.authorization.k8s.io/v1beta1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1alpha3",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1beta2",
    "scheduling.k8s.io/v1",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storage.k8s.io/v1beta1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "v1",
];

/// A version of Kubernetes that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("invalid kube version '{0}': expected a version such as 1.37.2")]
pub struct VersionError(String);

impl Capabilities {
    /// Reads a version as people write it: `1.37`, `v1.37.2`, `1.37.2+k3s1`.
    pub fn parse_version(text: &str) -> Result<String, VersionError> {
        let version = format!("v{}", text.trim_start().trim_start_matches('v'));
        if normalized(&version).matches('.').count() == 0 {
            return Err(VersionError(text.to_owned()));
        }
        Ok(version)
    }

    /// The version without what follows its numbers.
    pub fn normalized(&self) -> &str {
        normalized(&self.kube_version)
    }

    /// The version as a text, and as constraints are checked against: Helm 3 takes the provider's suffix for that of a
    /// version before the release.
    pub(crate) fn version_for(&self, generation: Generation) -> &str {
        match generation {
            Generation::Helm3 => &self.kube_version,
            Generation::Helm4 => self.normalized(),
        }
    }

    /// Whether the cluster serves a group and version, or a kind in it.
    pub fn has(&self, api_version: &str) -> bool {
        self.api_versions.contains(api_version)
    }

    /// `1` and `37` of `v1.37.2`; empty where the version has no such part.
    pub(crate) fn major_minor(&self) -> (&str, &str) {
        let mut parts = self.normalized().trim_start_matches('v').split('.');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }
}

/// `v1.37.2` of `v1.37.2+k3s1`.
fn normalized(version: &str) -> &str {
    let digits = version.trim_start_matches('v');
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    version[..version.len() - rest.len()].trim_end_matches('.')
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            kube_version: DEFAULT_KUBE_VERSION.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for (text, version, normalized) in [
            ("1.37", "v1.37", "v1.37"),
            ("v1.37.2", "v1.37.2", "v1.37.2"),
            ("1.37.2+k3s1", "v1.37.2+k3s1", "v1.37.2"),
            ("1.37.2-gke.5", "v1.37.2-gke.5", "v1.37.2"),
        ] {
            let kube_version = Capabilities::parse_version(text).unwrap();
            assert_eq!(kube_version, version);
            let capabilities = Capabilities {
                kube_version,
                ..Capabilities::default()
            };
            assert_eq!(capabilities.normalized(), normalized);
            assert_eq!(capabilities.major_minor(), ("1", "37"));
        }
        for text in ["", "x", "1", "v"] {
            assert!(Capabilities::parse_version(text).is_err(), "{text}");
        }
    }
}
