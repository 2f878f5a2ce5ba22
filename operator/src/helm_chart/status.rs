//! How it went, in the status of the HelmChart and its config. A status that stays the same is not written.

use bowline_crds::condition::{self, Condition, FAILED, READY, RECONCILING, STALLED};
use bowline_crds::{FIELD_MANAGER, HelmChart, HelmChartConfig, HelmChartConfigStatus, HelmChartStatus};
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams};
use kube::core::ApiResource;
use kube::runtime::controller;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::apply::Applied;
use super::fetch::{Fetched, Undecodable};
use super::step::{Action, Step};
use super::{Charts, Error, Key};
use crate::readiness::Health;
use crate::report::{Note, chain_of, tell};

/// What the API server has as the status: what was fetched, and then what was last written.
pub(crate) type Told = Option<HelmChartStatus>;

/// Says that work begins, before anything else is written: whoever waits for Ready must not see an old answer.
///
/// Where the answer for this generation is not "ready" anyway, it stays: it tells more.
pub(crate) async fn announce(
    fetched: &Fetched,
    step: Step,
    told: &mut Told,
    charts: &Charts,
) -> Result<(), Error> {
    let generation = fetched.chart.metadata.generation;
    let said = told
        .as_ref()
        .filter(|told| told.observed_generation == generation);
    let ready = said.and_then(|said| condition::find(&said.conditions, READY));
    if ready.is_some_and(|ready| ready.status != "True") {
        return Ok(());
    }
    let message = match step.action {
        Action::Keep => format!("putting back what is missing of revision {}", step.revision),
        Action::RollBack => format!("taking back revision {}", step.revision - 1),
        Action::Continue => format!("going on with revision {}", step.revision),
        Action::Begin if step.is_upgrade => format!("upgrading to revision {}", step.revision),
        Action::Begin => "installing".to_owned(),
    };
    let conditions = vec![
        Condition::new(READY, "Unknown", "Progressing", message.clone()),
        Condition::new(RECONCILING, "True", "Progressing", message),
        Condition::new(FAILED, "False", "Progressing", ""),
    ];
    let status = status(fetched, told, conditions);
    write(fetched, status, told, charts).await
}

/// Says how it went.
pub(crate) async fn report(
    fetched: &Fetched,
    outcome: &Result<Applied, Error>,
    told: &mut Told,
    charts: &Charts,
) -> Result<(), Error> {
    if is_told(fetched, outcome, told) {
        return Ok(());
    }
    let mut status = status(fetched, told, conditions(outcome));
    if let Ok(applied) = outcome {
        status.revision = Some(applied.revision);
        status.namespace = Some(fetched.namespace().to_owned());
        if let Some((name, version)) = &applied.chart {
            status.chart = Some(name.clone());
            status.version = Some(version.clone());
            let content = fetched.chart.spec.chart_content.as_deref().unwrap_or_default();
            status.chart_digest = Some(digest(content));
        }
    }
    let note = note(fetched, outcome);
    write(fetched, status, told, charts).await?;
    report_config(fetched, outcome, charts).await?;
    if let Some(note) = note {
        tell(&charts.context, &fetched.chart, note).await;
    }
    Ok(())
}

/// Whether the status says already, and in more words, that this is final.
fn is_told(fetched: &Fetched, outcome: &Result<Applied, Error>, told: &Told) -> bool {
    let Err(Error::Stalled { reason, .. }) = outcome else {
        return false;
    };
    let ready = told
        .as_ref()
        .and_then(|told| condition::find(&told.conditions, READY));
    ["Aborted", "RolledBack"].contains(reason)
        && ready.is_some_and(|ready| {
            ready.reason == *reason && ready.observed_generation == fetched.chart.metadata.generation
        })
}

/// Says on the HelmChartConfig whether its values are part of the release.
async fn report_config(
    fetched: &Fetched,
    outcome: &Result<Applied, Error>,
    charts: &Charts,
) -> Result<(), Error> {
    let Some(config) = &fetched.config else {
        return Ok(());
    };
    let generation = config.metadata.generation;
    let conditions = match outcome {
        Ok(applied) => {
            let message = format!(
                "part of revision {} of release {}",
                applied.revision, fetched.key.name
            );
            vec![Condition::new(READY, "True", "Applied", message)]
        }
        Err(Error::Stalled { reason, message }) => vec![
            Condition::new(READY, "False", reason, message),
            Condition::new(STALLED, "True", reason, message),
        ],
        Err(error) => {
            let message = chain_of(error);
            vec![
                Condition::new(READY, "False", "ApplyFailed", message.clone()),
                Condition::new(RECONCILING, "True", "ApplyFailed", message),
            ]
        }
    };
    let old = config.status.clone().unwrap_or_default();
    let status = HelmChartConfigStatus {
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
    let api: Api<HelmChartConfig> = Api::namespaced(charts.context.client.clone(), &fetched.key.namespace);
    patch_status(&api, &fetched.key, &status).await
}

/// The event for an outcome; nothing where nothing new happened. Pure.
fn note(fetched: &Fetched, outcome: &Result<Applied, Error>) -> Option<Note<'static>> {
    let is_upgrade = fetched.history.is_upgrade(fetched.history.next_revision());
    match outcome {
        Ok(applied) if applied.changed => {
            let reason = if is_upgrade {
                "UpgradeSucceeded"
            } else {
                "InstallSucceeded"
            };
            Some(Note::normal(
                reason,
                format!("revision {} is applied", applied.revision),
            ))
        }
        Ok(_) | Err(Error::Locked { .. }) => None,
        Err(error) => {
            let message = chain_of(error);
            let before = fetched.chart.status.as_ref();
            let before = before.and_then(|status| condition::find(&status.conditions, READY));
            let reason = match error {
                Error::Stalled { reason, .. } => reason,
                _ if is_upgrade => "UpgradeFailed",
                _ => "InstallFailed",
            };
            let is_news = before.is_none_or(|before| before.message != message);
            is_news.then(|| Note::warning(reason, message))
        }
    }
}

fn digest(content: &str) -> String {
    use base64::Engine as _;
    let packed: String = content.split_ascii_whitespace().collect();
    let archive = base64::engine::general_purpose::STANDARD
        .decode(packed)
        .unwrap_or_default();
    format!("sha256:{}", hex::encode(Sha256::digest(archive)))
}

/// Says why a deleted HelmChart is still there.
pub(crate) async fn report_uninstall(fetched: &Fetched, error: &Error, charts: &Charts) -> Result<(), Error> {
    let message = format!("uninstalling: {}", chain_of(error));
    let conditions = vec![
        Condition::new(READY, "False", "Uninstalling", message.clone()),
        Condition::new(RECONCILING, "True", "Uninstalling", message),
    ];
    let mut told = fetched.chart.status.clone();
    let status = status(fetched, &told, conditions);
    write(fetched, status, &mut told, charts).await
}

/// Says on the object alone that its spec cannot be read.
pub(crate) async fn report_undecodable(
    invalid: &Undecodable,
    charts: &Charts,
) -> Result<controller::Action, Error> {
    let Undecodable { chart, message } = invalid;
    let generation = chart.metadata.generation;
    let conditions = stalled("InvalidSpec", message);
    let namespace = chart.namespace().unwrap_or_default();
    let resource = ApiResource::erase::<HelmChart>(&());
    let api: Api<kube::api::DynamicObject> =
        Api::namespaced_with(charts.context.client.clone(), &namespace, &resource);
    let old = chart
        .data
        .pointer("/status/conditions")
        .cloned()
        .unwrap_or_default();
    let old: Vec<Condition> = serde_json::from_value(old).unwrap_or_default();
    let conditions = condition::carry_over(
        &old,
        condition::of_generation(generation, conditions),
        Timestamp::now(),
    );
    if old != conditions {
        let patch =
            Patch::Merge(json!({"status": {"observedGeneration": generation, "conditions": conditions}}));
        let name = chart.name_any();
        let patched = api.patch_status(&name, &parameters(), &patch).await;
        patched.map_err(Error::api(format!("HelmChart {namespace}/{name}")))?;
    }
    Ok(controller::Action::await_change())
}

/// The conditions that an outcome stands for. Pure.
fn conditions(outcome: &Result<Applied, Error>) -> Vec<Condition> {
    let waiting = |status, reason, message: &str| {
        vec![
            Condition::new(READY, status, reason, message),
            Condition::new(RECONCILING, "True", reason, message),
        ]
    };
    let mut conditions = match outcome {
        Ok(applied) => match &applied.health {
            Health::Current => {
                let message = format!(
                    "revision {} is installed and all its objects are ready",
                    applied.revision
                );
                vec![Condition::new(READY, "True", "Ready", message)]
            }
            Health::InProgress(message) => waiting("False", "ObjectsNotReady", message),
            Health::Missing(object) => waiting("False", "ObjectMissing", &format!("{object} is missing")),
            // An object that has given up may still come round when its cause is gone: keep looking.
            Health::Failed(message) => waiting("False", "ObjectFailed", message),
        },
        Err(Error::Stalled { reason, message }) => return stalled(reason, message),
        Err(error @ Error::Locked { .. }) => waiting("Unknown", "Locked", &error.to_string()),
        Err(error) => {
            let message = chain_of(error);
            let mut conditions = waiting("False", "ApplyFailed", &message);
            conditions.push(Condition::new(FAILED, "True", "ApplyFailed", message));
            return conditions;
        }
    };
    conditions.push(Condition::new(FAILED, "False", "Installed", ""));
    conditions
}

fn stalled(reason: &str, message: &str) -> Vec<Condition> {
    // K3s' own words: its tests and scripts look for them.
    let failed = if reason == "UnsupportedVersion" {
        "Unsupported version"
    } else {
        reason
    };
    vec![
        Condition::new(READY, "False", reason, message),
        Condition::new(STALLED, "True", reason, message),
        Condition::new(FAILED, "True", failed, message),
    ]
}

/// The former status with new conditions for this generation.
fn status(fetched: &Fetched, told: &Told, conditions: Vec<Condition>) -> HelmChartStatus {
    let mut status = told.clone().unwrap_or_default();
    let generation = fetched.chart.metadata.generation;
    status.observed_generation = generation;
    status.conditions = condition::carry_over(
        &status.conditions,
        condition::of_generation(generation, conditions),
        Timestamp::now(),
    );
    status
}

async fn write(
    fetched: &Fetched,
    status: HelmChartStatus,
    told: &mut Told,
    charts: &Charts,
) -> Result<(), Error> {
    if told.as_ref() != Some(&status) {
        let api: Api<HelmChart> = Api::namespaced(charts.context.client.clone(), &fetched.key.namespace);
        patch_status(&api, &fetched.key, &status).await?;
        *told = Some(status);
    }
    Ok(())
}

async fn patch_status<K>(api: &Api<K>, key: &Key, status: &impl Serialize) -> Result<(), Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let patch = Patch::Merge(json!({"status": status}));
    match api.patch_status(&key.name, &parameters(), &patch).await {
        Ok(_) => Ok(()),
        // Deleted meanwhile: nobody is left to be told.
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(source) => Err(Error::api(format!(
            "{} {}/{}",
            K::kind(&()),
            key.namespace,
            key.name
        ))(source)),
    }
}

fn parameters() -> PatchParams {
    PatchParams {
        field_manager: Some(FIELD_MANAGER.into()),
        ..PatchParams::default()
    }
}

#[cfg(test)]
mod tests;
