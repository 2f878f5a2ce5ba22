//! Server-side apply of many objects: in the order of their kinds, all of one kind at the same time.

use std::time::Duration;

use bowline_charts::kind_order::install_rank;
use bowline_crds::{FIELD_MANAGER, HELM_FIELD_MANAGER};
use futures::future::join_all;
use kube::api::{Patch, PatchParams};
use kube::core::Status;
use serde_json::Value;
use thiserror::Error;
use tokio::time::sleep;

use crate::context::Context;
use crate::identity::Identity;
use crate::kinds::KindError;

/// Managers whose fields are ours to take: this program's, and what K3s' controllers wrote before.
const OUR_MANAGERS: [&str; 4] = [
    FIELD_MANAGER,
    HELM_FIELD_MANAGER,
    "helm-controller",
    "bowline-operator",
];
/// A kind that was just defined may not be served for a moment.
const NOT_SERVED_RETRIES: u32 = 20;
const NOT_SERVED_PAUSE: Duration = Duration::from_millis(50);
const ESTABLISHED_TIMEOUT: Duration = Duration::from_mins(1);
const ESTABLISHED_PAUSE: Duration = Duration::from_millis(25);

/// In whose name objects are applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'a> {
    pub(crate) manager: &'a str,
    /// Take fields over from others instead of failing.
    pub(crate) force: bool,
    /// Where objects go that name no namespace.
    pub(crate) namespace: &'a str,
}

/// Why an object was not applied.
#[derive(Debug, Error)]
pub(crate) enum ApplyError {
    #[error("{object}")]
    Kind {
        object: Identity,
        #[source]
        source: KindError,
    },
    #[error("{object}: {fields} belong to {managers}; set forceConflicts to take them over")]
    Conflict {
        object: Identity,
        fields: String,
        managers: String,
    },
    #[error("{object}: {}", refusal(source))]
    Refused { object: Identity, source: kube::Error },
    #[error("CustomResourceDefinition {name} is not established after {} s", ESTABLISHED_TIMEOUT.as_secs())]
    NotEstablished { name: String },
    #[error("{first} (and {more} more)")]
    Several { first: Box<ApplyError>, more: usize },
}

/// The API server's own words where there are some: kube says them twice.
pub(crate) fn refusal(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

/// Applies all objects; each kind waits for those that come before it. What was applied is returned in that order.
pub(crate) async fn apply_all(
    context: &Context,
    manner: Manner<'_>,
    objects: &[Value],
) -> Result<Vec<Identity>, ApplyError> {
    let mut applied = Vec::with_capacity(objects.len());
    for wave in waves(objects) {
        let results = join_all(wave.iter().map(|object| apply(context, manner, object))).await;
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(identity) => applied.push(identity),
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = join(errors) {
            return Err(error);
        }
        for object in wave {
            if object["kind"] == "CustomResourceDefinition" {
                wait_established(context, object).await?;
            }
        }
    }
    Ok(applied)
}

/// Objects whose kinds have the same rank, in the order of ranks.
fn waves(objects: &[Value]) -> Vec<Vec<&Value>> {
    let rank = |object: &Value| {
        let (place, name) = install_rank(object["kind"].as_str().unwrap_or_default());
        (place, name.to_owned())
    };
    let mut sorted: Vec<&Value> = objects.iter().collect();
    sorted.sort_by_key(|object| rank(object));
    sorted
        .chunk_by(|a, b| rank(a) == rank(b))
        .map(<[_]>::to_vec)
        .collect()
}

fn join(mut errors: Vec<ApplyError>) -> Option<ApplyError> {
    let more = errors.len().checked_sub(1)?;
    let first = errors.swap_remove(0);
    if more == 0 {
        return Some(first);
    }
    let first = Box::new(first);
    Some(ApplyError::Several { first, more })
}

/// Applies one object.
pub(crate) async fn apply(
    context: &Context,
    manner: Manner<'_>,
    object: &Value,
) -> Result<Identity, ApplyError> {
    let mut identity = Identity::of(object, None);
    let kind = match context.kinds.resolve(&identity.api_version, &identity.kind).await {
        Ok(kind) => kind,
        Err(source) => {
            return Err(ApplyError::Kind {
                object: identity,
                source,
            });
        }
    };
    if kind.namespaced {
        identity = Identity::of(object, Some(manner.namespace));
    }
    let api = kind.api(context.client.clone(), identity.namespace.as_deref());
    let mut parameters = PatchParams::apply(manner.manager);
    parameters.force = manner.force;
    let mut pauses = 0;
    loop {
        // Taken anew for each try: nobody waits for somebody who sleeps.
        let permit = context.requests.acquire().await;
        let result = api
            .patch(&identity.name, &parameters, &Patch::Apply(object))
            .await;
        drop(permit);
        match result {
            Ok(_) => return Ok(identity),
            Err(kube::Error::Api(status)) if is_not_served(&status) && pauses < NOT_SERVED_RETRIES => {
                pauses += 1;
                sleep(NOT_SERVED_PAUSE).await;
            }
            Err(kube::Error::Api(status)) if !parameters.force && is_conflict(&status) => {
                let conflict = Conflict::read(&status);
                if !conflict.is_with_ourselves() {
                    return Err(conflict.into_error(identity));
                }
                parameters.force = true;
            }
            Err(source) => {
                return Err(ApplyError::Refused {
                    object: identity,
                    source,
                });
            }
        }
    }
}

/// A path that the API server does not know, as opposed to an object or a namespace that is not there.
fn is_not_served(status: &Status) -> bool {
    status.code == 404
        && status
            .details
            .as_ref()
            .is_none_or(|details| details.name.is_empty())
}

fn is_conflict(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 409
        && causes
            .into_iter()
            .any(|cause| cause.reason == "FieldManagerConflict")
}

/// Who owns which of the fields that we wanted to set.
#[derive(Debug, Default, PartialEq, Eq)]
struct Conflict {
    fields: Vec<String>,
    managers: Vec<String>,
}

impl Conflict {
    /// Causes read `conflict with "kubectl-edit" using apps/v1`.
    fn read(status: &Status) -> Self {
        let mut conflict = Self::default();
        for cause in status.details.iter().flat_map(|details| &details.causes) {
            conflict.fields.push(cause.field.clone());
            let manager = cause
                .message
                .split('"')
                .nth(1)
                .unwrap_or(&cause.message)
                .to_owned();
            if !conflict.managers.contains(&manager) {
                conflict.managers.push(manager);
            }
        }
        conflict
    }

    fn is_with_ourselves(&self) -> bool {
        let ours =
            |manager: &String| OUR_MANAGERS.contains(&manager.as_str()) || manager.starts_with("deploy@");
        self.managers.iter().all(ours)
    }

    fn into_error(self, object: Identity) -> ApplyError {
        ApplyError::Conflict {
            object,
            fields: self.fields.join(", "),
            managers: self.managers.join(", "),
        }
    }
}

/// Waits until the kinds of a `CustomResourceDefinition` can be used.
async fn wait_established(context: &Context, definition: &Value) -> Result<(), ApplyError> {
    let identity = Identity::of(definition, None);
    let refused = |source| ApplyError::Refused {
        object: identity.clone(),
        source,
    };
    let kind = context.kinds.resolve(&identity.api_version, &identity.kind).await;
    let kind = kind.map_err(|source| ApplyError::Kind {
        object: identity.clone(),
        source,
    })?;
    let api = kind.api(context.client.clone(), None);
    let wait = async {
        loop {
            let live = api.get(&identity.name).await.map_err(refused)?;
            if crate::readiness::has_condition(&live.data, "Established", "True") {
                break Ok(());
            }
            sleep(ESTABLISHED_PAUSE).await;
        }
    };
    let name = identity.name.clone();
    tokio::time::timeout(ESTABLISHED_TIMEOUT, wait)
        .await
        .unwrap_or(Err(ApplyError::NotEstablished { name }))?;
    context.kinds.learn(definition).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})
    }

    #[test]
    fn objects_of_one_kind_go_together_and_kinds_follow_helms_order() {
        let objects = [
            object("Zebra", "z"),
            object("ConfigMap", "b"),
            object("Namespace", "n"),
            object("ConfigMap", "a"),
        ];
        let names: Vec<Vec<&str>> = waves(&objects)
            .iter()
            .map(|wave| {
                wave.iter()
                    .map(|object| object["metadata"]["name"].as_str().unwrap())
                    .collect()
            })
            .collect();
        assert_eq!(names, [vec!["n"], vec!["b", "a"], vec!["z"]]);
    }

    fn conflict(managers: &[&str]) -> Status {
        let causes: Vec<Value> = managers
            .iter()
            .map(|manager| {
                json!({"reason": "FieldManagerConflict", "field": ".spec.replicas",
                       "message": format!("conflict with \"{manager}\" using apps/v1")})
            })
            .collect();
        serde_json::from_value(json!({"code": 409, "reason": "Conflict", "details": {"causes": causes}}))
            .unwrap()
    }

    #[test]
    fn a_conflict_with_an_earlier_self_is_none() {
        let status = conflict(&["helm", "deploy@server-1"]);
        assert!(is_conflict(&status));
        assert!(Conflict::read(&status).is_with_ourselves());
    }

    #[test]
    fn a_conflict_with_a_person_names_field_and_manager() {
        let conflict = Conflict::read(&conflict(&["helm", "kubectl-edit"]));
        assert!(!conflict.is_with_ourselves());
        let error = conflict.into_error(Identity::of(&object("Deployment", "web"), Some("shop")));
        assert_eq!(
            error.to_string(),
            "Deployment shop/web: .spec.replicas, .spec.replicas belong to helm, kubectl-edit; set forceConflicts \
             to take them over"
        );
    }

    #[test]
    fn a_missing_object_is_told_apart_from_a_missing_path() {
        let path: Status = serde_json::from_value(json!({"code": 404, "details": {}})).unwrap();
        let object: Status = serde_json::from_value(json!({"code": 404, "details": {"name": "ns"}})).unwrap();
        assert!(is_not_served(&path));
        assert!(!is_not_served(&object));
    }
}
