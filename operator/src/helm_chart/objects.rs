//! A release's objects in the cluster: which they are, whose they are, and which of them stay.

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt as _;
use kube::api::{Api, PostParams};
use serde_json::Value;

use super::Error;
use super::build::{RELEASE_NAME, RELEASE_NAMESPACE};
use super::validate::Release;
use crate::context::Context;
use crate::identity::Identity;
use crate::release::Record;

/// An object with this annotation is never deleted with its release.
const RESOURCE_POLICY: &str = "helm.sh/resource-policy";

/// What is in a record.
pub(super) fn objects(record: &Record) -> Result<Vec<Value>, Error> {
    read(record, &record.manifest)
}

/// Reads documents of a record. What cannot be read stops everything: taken for empty, its objects would be lost.
fn read(record: &Record, documents: &str) -> Result<Vec<Value>, Error> {
    bowline_charts::object::parse(documents).map_err(|error| Error::Stalled {
        reason: "UnreadableRecord",
        message: format!(
            "the manifest of revision {} in the release record of {}/{} cannot be read: {error}",
            record.version, record.namespace, record.name
        ),
    })
}

/// The objects of a record, each in the namespace it lives in.
pub(crate) async fn identities(record: &Record, context: &Context) -> Result<Vec<Identity>, Error> {
    Ok(identities_of(&objects(record)?, &record.namespace, context).await)
}

/// The hooks of a record, each in the namespace it lives in.
pub(super) async fn hook_identities(record: &Record, context: &Context) -> Result<Vec<Identity>, Error> {
    let mut hooks = Vec::with_capacity(record.hooks.len());
    for hook in &record.hooks {
        hooks.extend(read(record, &hook.manifest)?);
    }
    Ok(identities_of(&hooks, &record.namespace, context).await)
}

async fn identities_of(documents: &[Value], namespace: &str, context: &Context) -> Vec<Identity> {
    let mut identities = Vec::with_capacity(documents.len());
    for document in documents {
        let bare = Identity::of(document, None);
        let kind = context.kinds.resolve(&bare.api_version, &bare.kind).await;
        let namespaced = kind.map_or(true, |kind| kind.namespaced);
        identities.push(Identity::of(document, namespaced.then_some(namespace)));
    }
    identities
}

/// Refuses objects that exist already and belong to somebody else, before anything is written.
pub(super) async fn check_ownership(
    release: &Release<'_>,
    wanted: &[Identity],
    former: &[Identity],
    context: &Context,
) -> Result<(), Error> {
    let new = wanted.iter().filter(|object| !former.contains(object));
    let checks = new.map(|object| async move {
        let Ok(kind) = context.kinds.resolve(&object.api_version, &object.kind).await else {
            return Ok(());
        };
        let api = kind.api(context.client.clone(), object.namespace.as_deref());
        let _permit = context.requests.acquire().await;
        let live = api
            .get_metadata_opt(&object.name)
            .await
            .map_err(Error::api(object.to_string()))?;
        let Some(live) = live else { return Ok(()) };
        let owner = |key| live.annotations().get(key).map_or("", String::as_str);
        if owner(RELEASE_NAME) == release.name && owner(RELEASE_NAMESPACE) == release.namespace {
            return Ok(());
        }
        let owner = match owner(RELEASE_NAME) {
            "" => "belongs to no release".to_owned(),
            name => format!("belongs to release {}/{name}", owner(RELEASE_NAMESPACE)),
        };
        Err(Error::Stalled {
            reason: "NotOurObject",
            message: format!("{object} exists already and {owner}; set takeOwnership to take it over"),
        })
    });
    try_join_all(checks).await.map(drop)
}

/// Those that are not marked to be kept.
pub(crate) async fn without_kept(context: &Context, objects: Vec<Identity>) -> Result<Vec<Identity>, Error> {
    let checks = objects.into_iter().map(|object| async move {
        let Ok(kind) = context.kinds.resolve(&object.api_version, &object.kind).await else {
            return Ok::<_, Error>(None);
        };
        let api = kind.api(context.client.clone(), object.namespace.as_deref());
        let _permit = context.requests.acquire().await;
        let live = api
            .get_metadata_opt(&object.name)
            .await
            .map_err(Error::api(object.to_string()))?;
        let kept = |live: &kube::core::PartialObjectMeta<_>| {
            live.annotations()
                .get(RESOURCE_POLICY)
                .is_some_and(|policy| policy == "keep")
        };
        Ok(live.filter(|live| !kept(live)).map(|_| object))
    });
    Ok(try_join_all(checks).await?.into_iter().flatten().collect())
}

/// As Helm does: labelled with its name, no part of the release, and never deleted.
pub(super) async fn create_namespace(context: &Context, name: &str) -> Result<(), Error> {
    let api: Api<Namespace> = Api::all(context.client.clone());
    let what = format!("Namespace {name}");
    if api
        .get_metadata_opt(name)
        .await
        .map_err(Error::api(&what))?
        .is_some()
    {
        return Ok(());
    }
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.to_owned());
    namespace.metadata.labels = Some([("name".to_owned(), name.to_owned())].into());
    match api.create(&PostParams::default(), &namespace).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(source) => Err(Error::api(what)(source)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(manifest: &str) -> Record {
        Record {
            name: "web".to_owned(),
            namespace: "shop".to_owned(),
            version: 3,
            manifest: manifest.to_owned(),
            ..Record::default()
        }
    }

    #[test]
    fn what_helm_wrote_is_read_as_helm_reads_it() {
        let text =
            "---\n# Source: a\nkind: List\napiVersion: v1\nitems: [{kind: A}]\n---\n{kind: B, x: 1, x: 2}\n";
        let expected = [json!({"kind": "A"}), json!({"kind": "B", "x": 2})];
        assert_eq!(objects(&record(text)).unwrap(), expected);
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_taken_for_empty() {
        let error = objects(&record("kind: A\n---\nkind: [\n"))
            .unwrap_err()
            .to_string();
        assert!(
            error
                .starts_with("the manifest of revision 3 in the release record of shop/web cannot be read: "),
            "{error}"
        );
    }
}
