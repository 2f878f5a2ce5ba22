//! How it went with a file, in its Addon's status and in events.

use anyhow::{Context as _, Result};
use bowline_crds::condition::{self, Condition, READY, RECONCILING, STALLED};
use bowline_crds::{Addon, AddonSpec, AddonStatus, FIELD_MANAGER};
use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::Shared;
use super::apply::{Applied, Error};
use super::fetch::Fetched;
use crate::readiness::Health;
use crate::report::{Note, chain_of, tell};

/// Says that a file was found and is being applied.
pub(crate) async fn announce(shared: &Shared<'_>, fetched: &Fetched) -> Result<()> {
    let Some(addon) = &fetched.addon else {
        return Ok(());
    };
    let message = format!("applying {}", fetched.file.path.display());
    let conditions = vec![
        Condition::new(READY, "Unknown", "Progressing", message.clone()),
        Condition::new(RECONCILING, "True", "Progressing", message),
    ];
    write(shared, addon, conditions).await
}

/// Says that another server's file is heard instead of this one.
pub(crate) async fn report_conflict(shared: &Shared<'_>, fetched: &Fetched, node: &str) {
    let Some(addon) = &fetched.addon else { return };
    let message = format!(
        "{} on {} differs from the newer file on {node}; make the files equal",
        fetched.file.path.display(),
        shared.context.node
    );
    tell(shared.context, addon, Note::warning("Conflict", message)).await;
}

/// Says how it went.
pub(crate) async fn report(
    shared: &Shared<'_>,
    fetched: &Fetched,
    outcome: &Result<Applied, Error>,
) -> Result<()> {
    let addon = current(shared, fetched, outcome).await?;
    let note = note(fetched, &addon, outcome);
    write(shared, &addon, conditions(fetched, outcome)).await?;
    if let Some(note) = note {
        tell(shared.context, &addon, note).await;
    }
    if let Some(other) = &fetched.file.shadows
        && outcome.as_ref().is_ok_and(|applied| applied.written.is_some())
    {
        let heard = fetched.file.path.display();
        let message = format!(
            "{} has the same name as {heard} and is ignored; rename one",
            other.display()
        );
        tell(shared.context, &addon, Note::warning("NameCollision", message)).await;
    }
    Ok(())
}

/// The Addon as it is now; one whose file could not even be parsed has to be made first.
async fn current(shared: &Shared<'_>, fetched: &Fetched, outcome: &Result<Applied, Error>) -> Result<Addon> {
    match (outcome, &fetched.addon) {
        (
            Ok(Applied {
                written: Some(addon), ..
            }),
            _,
        )
        | (Ok(_), Some(addon)) => return Ok(addon.clone()),
        _ => {}
    }
    let addons: Api<Addon> = Api::namespaced(shared.context.client.clone(), shared.namespace);
    let name = &fetched.name;
    if let Some(addon) = addons
        .get_opt(name)
        .await
        .with_context(|| format!("read Addon {name}"))?
    {
        return Ok(addon);
    }
    let source = fetched.file.path.display().to_string();
    let addon = Addon::new(
        name,
        AddonSpec {
            source,
            checksum: String::new(),
        },
    );
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    let made = addons.patch(name, &parameters, &Patch::Apply(&addon)).await;
    made.with_context(|| format!("create Addon {name}"))
}

/// The conditions that an outcome stands for. Pure.
fn conditions(fetched: &Fetched, outcome: &Result<Applied, Error>) -> Vec<Condition> {
    let pair = |type_, reason, message: String| {
        vec![
            Condition::new(READY, "False", reason, message.clone()),
            Condition::new(type_, "True", reason, message),
        ]
    };
    match outcome {
        Ok(Applied { health, objects, .. }) => match health {
            Health::Current => {
                let file = fetched.file.path.display();
                let message = format!("{objects} objects of {file} are applied and ready");
                vec![Condition::new(READY, "True", "Ready", message)]
            }
            Health::InProgress(message) => pair(RECONCILING, "ObjectsNotReady", message.clone()),
            Health::Missing(object) => pair(RECONCILING, "ObjectMissing", format!("{object} is missing")),
            Health::Failed(message) => pair(RECONCILING, "ObjectFailed", message.clone()),
        },
        Err(error @ Error::Manifest(_)) => pair(STALLED, "ParseManifestFailed", chain_of(error)),
        Err(error) => pair(RECONCILING, "ApplyManifestFailed", chain_of(error)),
    }
}

/// The event for an outcome, in K3s' words; nothing where nothing new happened. Pure.
fn note(fetched: &Fetched, addon: &Addon, outcome: &Result<Applied, Error>) -> Option<Note<'static>> {
    let error = match outcome {
        Ok(applied) if applied.written.is_some() => {
            let message = format!("applied {}", fetched.file.path.display());
            return Some(Note::normal("AppliedManifest", message));
        }
        Ok(_) => return None,
        Err(error) => error,
    };
    let message = chain_of(error);
    let before = addon
        .status
        .as_ref()
        .and_then(|status| condition::find(&status.conditions, READY));
    let reason = match error {
        Error::Manifest(_) => "ParseManifestFailed",
        _ => "ApplyManifestFailed",
    };
    before
        .is_none_or(|before| before.message != message)
        .then(|| Note::warning(reason, message))
}

async fn write(shared: &Shared<'_>, addon: &Addon, conditions: Vec<Condition>) -> Result<()> {
    let generation = addon.metadata.generation;
    let old = addon.status.clone().unwrap_or_default();
    let status = AddonStatus {
        observed_generation: generation,
        conditions: condition::carry_over(
            &old.conditions,
            condition::of_generation(generation, conditions),
            Timestamp::now(),
        ),
    };
    if status == old {
        return Ok(());
    }
    let addons: Api<Addon> = Api::namespaced(shared.context.client.clone(), shared.namespace);
    let name = addon.metadata.name.as_deref().unwrap_or_default();
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.into()),
        ..PatchParams::default()
    };
    let written = addons
        .patch_status(name, &parameters, &Patch::Merge(json!({"status": status})))
        .await;
    written
        .map(drop)
        .with_context(|| format!("write the status of Addon {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addon::folder::File;
    use crate::addon::manifest::ManifestError;

    #[test]
    fn a_broken_file_is_stalled_and_an_unready_object_is_not() {
        let fetched = Fetched {
            name: "web".into(),
            file: File {
                path: "/m/web.yaml".into(),
                ..File::default()
            },
            content: Vec::new(),
            checksum: String::new(),
            addon: None,
        };
        let said = |outcome| -> Vec<(String, String)> {
            conditions(&fetched, &outcome)
                .into_iter()
                .map(|it| (it.type_, it.message))
                .collect()
        };
        let broken = said(Err(Error::Manifest(ManifestError::NotText {
            file: "/m/web.yaml".into(),
        })));
        assert_eq!(
            broken[1],
            ("Stalled".into(), "/m/web.yaml is not UTF-8 text".into())
        );
        let health = Health::InProgress("HelmChart kube-system/web: installing".into());
        let waiting = said(Ok(Applied {
            health,
            written: None,
            objects: 1,
        }));
        assert_eq!(
            waiting[1],
            (
                "Reconciling".into(),
                "HelmChart kube-system/web: installing".into()
            )
        );
        let ready = said(Ok(Applied {
            health: Health::Current,
            written: None,
            objects: 2,
        }));
        assert_eq!(
            ready,
            [(
                "Ready".into(),
                "2 objects of /m/web.yaml are applied and ready".into()
            )]
        );
    }
}
