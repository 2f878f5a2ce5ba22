//! Which kinds the API server has: asked once, kept slim, and asked again when a kind is missing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use kube::discovery::{Discovery, Scope};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Mutex;

/// A missing kind is asked for again no sooner than this.
const MIN_AGE: Duration = Duration::from_secs(1);

/// One kind: its path and whether its objects live in namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) resource: ApiResource,
    pub(crate) namespaced: bool,
}

impl Kind {
    /// The API of this kind in `namespace`, which is ignored for cluster-scoped kinds.
    pub(crate) fn api(&self, client: Client, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) if self.namespaced => Api::namespaced_with(client, namespace, &self.resource),
            _ => Api::all_with(client, &self.resource),
        }
    }
}

/// Why a kind is not known.
#[derive(Debug, Error)]
pub(crate) enum KindError {
    /// The API server does not have it.
    #[error("the cluster has no kind {kind} in {api_version}; is its CustomResourceDefinition installed?")]
    NoMatch { api_version: String, kind: String },
    /// The API server could not be asked.
    #[error("list the cluster's kinds")]
    Discover(#[source] kube::Error),
}

type Key = (String, String);

/// The kinds known so far, by `apiVersion` and `kind`.
pub(crate) struct Kinds {
    client: Client,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    kinds: HashMap<Key, Arc<Kind>>,
    asked: Option<Instant>,
}

impl Kinds {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            known: Mutex::default(),
        }
    }

    /// The kind `kind` of `api_version`.
    pub(crate) async fn resolve(&self, api_version: &str, kind: &str) -> Result<Arc<Kind>, KindError> {
        let key = (api_version.to_owned(), kind.to_owned());
        let mut known = self.known.lock().await;
        if let Some(found) = known.kinds.get(&key) {
            return Ok(Arc::clone(found));
        }
        if known.asked.is_none_or(|asked| asked.elapsed() > MIN_AGE) {
            self.ask(&mut known).await?;
        }
        let (api_version, kind) = key.clone();
        known
            .kinds
            .get(&key)
            .cloned()
            .ok_or(KindError::NoMatch { api_version, kind })
    }

    /// What a chart's `Capabilities.APIVersions` holds: `apps/v1` and `apps/v1/Deployment`.
    pub(crate) async fn api_versions(&self) -> Result<BTreeSet<String>, KindError> {
        let mut known = self.known.lock().await;
        if known.asked.is_none() {
            self.ask(&mut known).await?;
        }
        let keys = known.kinds.keys();
        Ok(keys
            .flat_map(|(api_version, kind)| [api_version.clone(), format!("{api_version}/{kind}")])
            .collect())
    }

    /// Takes the kinds of a `CustomResourceDefinition` in, ahead of the API server's own list, which lags behind.
    pub(crate) async fn learn(&self, definition: &Value) {
        let mut known = self.known.lock().await;
        for kind in kinds_of(definition) {
            let key = (kind.resource.api_version.clone(), kind.resource.kind.clone());
            known.kinds.insert(key, Arc::new(kind));
        }
    }

    async fn ask(&self, known: &mut Known) -> Result<(), KindError> {
        let discovery = Discovery::new(self.client.clone());
        let discovery = discovery.run_aggregated().await.map_err(KindError::Discover)?;
        for group in discovery.groups() {
            for version in group.versions() {
                for (resource, capabilities) in group.versioned_resources(version) {
                    let namespaced = matches!(capabilities.scope, Scope::Namespaced);
                    let key = (resource.api_version.clone(), resource.kind.clone());
                    known.kinds.insert(key, Arc::new(Kind { resource, namespaced }));
                }
            }
        }
        known.asked = Some(Instant::now());
        Ok(())
    }
}

/// The served kinds of a `CustomResourceDefinition`; nothing where it lacks what every definition has.
fn kinds_of(definition: &Value) -> Vec<Kind> {
    let text = |pointer| definition.pointer(pointer).and_then(Value::as_str);
    let (Some(group), Some(kind), Some(plural)) = (
        text("/spec/group"),
        text("/spec/names/kind"),
        text("/spec/names/plural"),
    ) else {
        return Vec::new();
    };
    let namespaced = text("/spec/scope") == Some("Namespaced");
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let served = versions
        .into_iter()
        .flatten()
        .filter(|version| version["served"] == true);
    served
        .filter_map(|version| version["name"].as_str())
        .map(|version| Kind {
            resource: ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                api_version: format!("{group}/{version}"),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
            },
            namespaced,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_gives_one_kind_for_each_served_version() {
        let definition = json!({"spec": {
            "group": "g.io", "scope": "Cluster", "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true}, {"name": "v1beta1", "served": false}]
        }});
        let kinds = kinds_of(&definition);
        assert_eq!(kinds.len(), 1);
        assert_eq!(kinds[0].resource.api_version, "g.io/v1");
        assert!(!kinds[0].namespaced);
        assert_eq!(kinds_of(&json!({"spec": {}})), vec![]);
    }
}
