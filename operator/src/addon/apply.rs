//! A file's objects are applied, and those that it no longer holds are deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use bowline_crds::{
    ADDON_KINDS_ANNOTATION, ADDON_LABEL, ADDON_MODIFIED_ANNOTATION, ADDON_NODE_ANNOTATION, Addon,
    FIELD_MANAGER,
};
use kube::ResourceExt as _;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use thiserror::Error;

use super::Shared;
use super::fetch::Fetched;
use super::manifest::ManifestError;
use crate::apply::{ApplyError, Manner, apply_all};
use crate::context::Context;
use crate::identity::Identity;
use crate::kinds::KindError;
use crate::readiness::{Health, check_all};
use crate::remove::{RemoveError, remove_all};
use crate::report::{Note, tell};

/// Where objects go that name no namespace, as with kubectl.
const DEFAULT_NAMESPACE: &str = "default";
/// How long deleted objects may take; after that it is tried again.
const REMOVE_TIMEOUT: Duration = Duration::from_mins(1);

/// An Addon's objects, applied.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) health: Health,
    /// The Addon as it was written, if anything was.
    pub(crate) written: Option<Addon>,
    pub(crate) objects: usize,
}

impl Applied {
    pub(crate) fn is_ready(&self) -> bool {
        self.health == Health::Current
    }
}

/// Why an Addon is not as its file says.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Remove(#[from] RemoveError),
    #[error(transparent)]
    Kind(#[from] KindError),
    #[error("{what}: {}", crate::apply::refusal(source))]
    Api { what: String, source: kube::Error },
}

/// Applies `objects` unless that was done for this content before, and looks how they are.
pub(crate) async fn apply(
    shared: &Shared<'_>,
    fetched: &Fetched,
    objects: Vec<Value>,
) -> Result<Applied, Error> {
    let context = shared.context;
    let wanted = identities(context, &objects).await;
    let is_applied = fetched
        .addon
        .as_ref()
        .is_some_and(|addon| addon.spec.checksum == fetched.checksum);
    if is_applied {
        let health = check(context, &wanted).await?;
        if !matches!(health, Health::Missing(_)) {
            return Ok(Applied {
                health,
                written: None,
                objects: objects.len(),
            });
        }
    }
    let former = fetched.addon.as_ref().map(kinds_of).unwrap_or_default();
    let brought: BTreeSet<(String, String)> = objects.iter().map(kind_of).collect();
    // Before the first object: a killed operator must find what it brought.
    let known: BTreeSet<_> = former.union(&brought).cloned().collect();
    let checksum = fetched.addon.as_ref().map(|addon| addon.spec.checksum.as_str());
    write(shared, fetched, &known, checksum.unwrap_or_default()).await?;
    let manner = Manner {
        manager: FIELD_MANAGER,
        force: true,
        namespace: DEFAULT_NAMESPACE,
    };
    let applied = apply_all(context, manner, &objects).await?;
    let surplus = labelled(context, &fetched.name, &former).await?;
    let surplus: Vec<Identity> = surplus
        .into_iter()
        .filter(|object| !applied.contains(object))
        .collect();
    remove_all(context, &surplus, REMOVE_TIMEOUT).await?;
    let written = write(shared, fetched, &brought, &fetched.checksum).await?;
    Ok(Applied {
        health: check(context, &applied).await?,
        written: Some(written),
        objects: objects.len(),
    })
}

/// Deletes what an Addon brought, and the Addon.
pub(crate) async fn disable(shared: &Shared<'_>, name: &str) -> anyhow::Result<()> {
    let addons: Api<Addon> = Api::namespaced(shared.context.client.clone(), shared.namespace);
    let Some(addon) = addons
        .get_opt(name)
        .await
        .with_context(|| format!("read Addon {name}"))?
    else {
        return Ok(());
    };
    let note = Note::normal("DeletingManifest", "disabled: deleting what it brought");
    tell(shared.context, &addon, note).await;
    let objects = labelled(shared.context, name, &kinds_of(&addon)).await?;
    remove_all(shared.context, &objects, REMOVE_TIMEOUT)
        .await
        .with_context(|| format!("disable {name}"))?;
    match addons.delete(name, &DeleteParams::default()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error).with_context(|| format!("delete Addon {name}")),
    }
}

async fn check(context: &Context, objects: &[Identity]) -> Result<Health, Error> {
    let what = || "read the Addon's objects".to_owned();
    check_all(context, objects)
        .await
        .map_err(|source| Error::Api { what: what(), source })
}

/// Each object in the namespace it lives in; kinds that are not there yet are taken to have namespaces.
async fn identities(context: &Context, objects: &[Value]) -> Vec<Identity> {
    let mut identities = Vec::with_capacity(objects.len());
    for object in objects {
        let (api_version, kind) = kind_of(object);
        let kind = context.kinds.resolve(&api_version, &kind).await;
        let namespaced = kind.map_or(true, |kind| kind.namespaced);
        identities.push(Identity::of(object, namespaced.then_some(DEFAULT_NAMESPACE)));
    }
    identities
}

/// The objects of `kinds` that bear the Addon's label.
async fn labelled(
    context: &Context,
    addon: &str,
    kinds: &BTreeSet<(String, String)>,
) -> Result<Vec<Identity>, Error> {
    let list = ListParams::default().labels(&format!("{ADDON_LABEL}={addon}"));
    let mut found = Vec::new();
    for (api_version, kind) in kinds {
        let resolved = match context.kinds.resolve(api_version, kind).await {
            Ok(resolved) => resolved,
            // The kind is gone, and its objects with it.
            Err(KindError::NoMatch { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let objects = resolved
            .api(context.client.clone(), None)
            .list_metadata(&list)
            .await;
        let what = format!("list {kind} of Addon {addon}");
        let objects = objects.map_err(|source| Error::Api { what, source })?;
        found.extend(objects.iter().map(|object| Identity {
            api_version: api_version.clone(),
            kind: kind.clone(),
            namespace: object.namespace(),
            name: object.name_any(),
        }));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

async fn write(
    shared: &Shared<'_>,
    fetched: &Fetched,
    kinds: &BTreeSet<(String, String)>,
    checksum: &str,
) -> Result<Addon, Error> {
    let addon = addon(shared, fetched, kinds, checksum);
    let addons: Api<Addon> = Api::namespaced(shared.context.client.clone(), shared.namespace);
    let written = addons
        .patch(
            &fetched.name,
            &PatchParams::apply(FIELD_MANAGER).force(),
            &Patch::Apply(addon),
        )
        .await;
    let what = || format!("Addon {}/{}", shared.namespace, fetched.name);
    written.map_err(|source| Error::Api { what: what(), source })
}

fn addon(
    shared: &Shared<'_>,
    fetched: &Fetched,
    kinds: &BTreeSet<(String, String)>,
    checksum: &str,
) -> Value {
    json!({
        "apiVersion": "k3s.cattle.io/v1",
        "kind": "Addon",
        "metadata": {
            "name": fetched.name,
            "namespace": shared.namespace,
            "annotations": {
                ADDON_KINDS_ANNOTATION: write_kinds(kinds),
                ADDON_NODE_ANNOTATION: shared.context.node,
                ADDON_MODIFIED_ANNOTATION: fetched.file.modified.to_string(),
            }
        },
        "spec": { "source": fetched.file.path, "checksum": checksum }
    })
}

fn kind_of(object: &Value) -> (String, String) {
    let text = |field| object[field].as_str().unwrap_or_default().to_owned();
    (text("apiVersion"), text("kind"))
}

/// As K3s writes them: `apps/v1, Kind=Deployment;/v1, Kind=Service`.
fn write_kinds(kinds: &BTreeSet<(String, String)>) -> String {
    let write = |(api_version, kind): &(String, String)| {
        let core = if api_version.contains('/') { "" } else { "/" };
        format!("{core}{api_version}, Kind={kind}")
    };
    kinds.iter().map(write).collect::<Vec<_>>().join(";")
}

fn kinds_of(addon: &Addon) -> BTreeSet<(String, String)> {
    let written = addon
        .annotations()
        .get(ADDON_KINDS_ANNOTATION)
        .map_or("", String::as_str);
    let read = |kind: &str| {
        let (api_version, kind) = kind.trim().split_once(", Kind=")?;
        Some((api_version.trim_start_matches('/').to_owned(), kind.to_owned()))
    };
    written.split(';').filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_as_k3s_does_and_read_back() {
        let kinds: BTreeSet<_> = [("apps/v1", "Deployment"), ("v1", "Service")]
            .map(|(api_version, kind)| (api_version.to_owned(), kind.to_owned()))
            .into();
        let written = write_kinds(&kinds);
        assert_eq!(written, "apps/v1, Kind=Deployment;/v1, Kind=Service");
        let mut addon = Addon::default();
        addon.metadata.annotations = Some([(ADDON_KINDS_ANNOTATION.to_owned(), written)].into());
        assert_eq!(kinds_of(&addon), kinds);
    }
}
