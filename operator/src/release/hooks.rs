//! Running a release's hooks: in order, each to its end, with every step in the record.
//!
//! After a kill the record tells which hooks are done and which one was running; that one is waited for, not started
//! again.

use std::time::Duration;

use bowline_charts::kind_order::install_rank;
use bowline_crds::HELM_FIELD_MANAGER;
use serde_json::Value;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::apply::{ApplyError, Manner, apply, refusal};
use crate::context::Context;
use crate::identity::Identity;
use crate::kinds::KindError;
use crate::readiness::has_condition;
use crate::release::history::{HistoryError, Store};
use crate::release::record::{Hook, Phase, Record, Run, now};
use crate::remove::{RemoveError, remove};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a hook did not succeed.
#[derive(Debug, Error)]
pub(crate) enum HookError {
    #[error("hook {hook} failed: {why}")]
    Failed { hook: Identity, why: String },
    #[error("hook {hook} is not done after {} s", timeout.as_secs())]
    Timeout { hook: Identity, timeout: Duration },
    #[error("hook {hook}: {}", refusal(source))]
    Read {
        hook: Box<Identity>,
        source: kube::Error,
    },
    #[error("apply hook")]
    Apply(#[source] Box<ApplyError>),
    #[error("delete hook")]
    Remove(#[source] Box<RemoveError>),
    #[error(transparent)]
    Kind(#[from] KindError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("hook {hook}: its manifest in the release record cannot be read")]
    Manifest { hook: String },
}

/// What hooks run for, and where their steps are noted.
pub(crate) struct Runner<'a> {
    pub(crate) context: &'a Context,
    pub(crate) store: &'a Store,
    pub(crate) config_hash: &'a str,
    /// How long one hook may take.
    pub(crate) timeout: Duration,
}

impl Runner<'_> {
    /// Runs the hooks of `record` for `event`, lightest first.
    pub(crate) async fn run(&self, record: &mut Record, event: &str) -> Result<(), HookError> {
        let order = in_order(&record.hooks, event);
        for &index in &order {
            let run = &record.hooks[index].last_run;
            let done = run.event == event && run.phase == Phase::Succeeded;
            if !done {
                self.run_one(record, index, event).await?;
            }
        }
        for index in order {
            let hook = &record.hooks[index];
            if hook.has_policy("hook-succeeded") {
                self.delete(&identity(hook, &record.namespace)?).await?;
            }
        }
        Ok(())
    }

    async fn run_one(&self, record: &mut Record, index: usize, event: &str) -> Result<(), HookError> {
        let hook = record.hooks[index].clone();
        let target = identity(&hook, &record.namespace)?;
        let was_running = hook.last_run.event == event && hook.last_run.phase == Phase::Running;
        if !(was_running && self.read(&target).await?.is_some()) {
            if hook.has_policy("before-hook-creation") {
                self.delete(&target).await?;
            }
            record.hooks[index].last_run = Run {
                started_at: now(),
                phase: Phase::Running,
                event: event.to_owned(),
                ..Run::default()
            };
            self.store.update(record, self.config_hash).await?;
            let manner = Manner {
                manager: HELM_FIELD_MANAGER,
                force: true,
                namespace: &record.namespace,
            };
            let applied = apply(self.context, manner, &object(&hook)?).await;
            applied.map_err(|error| HookError::Apply(Box::new(error)))?;
        }
        let ended = self.wait(&target).await;
        let run = &mut record.hooks[index].last_run;
        run.completed_at = now();
        run.phase = if ended.is_ok() {
            Phase::Succeeded
        } else {
            Phase::Failed
        };
        self.store.update(record, self.config_hash).await?;
        if ended.is_err() && hook.has_policy("hook-failed") {
            self.delete(&target).await?;
        }
        ended
    }

    /// Waits for the end of a Job or a Pod; every other kind has done its work by being there.
    async fn wait(&self, hook: &Identity) -> Result<(), HookError> {
        let until = Instant::now() + self.timeout;
        let mut pause = FIRST_PAUSE;
        loop {
            match end_of(hook, self.read(hook).await?.as_ref()) {
                End::Success => return Ok(()),
                End::Failure(why) => {
                    return Err(HookError::Failed {
                        hook: hook.clone(),
                        why,
                    });
                }
                End::NotYet if Instant::now() > until => {
                    let (hook, timeout) = (hook.clone(), self.timeout);
                    return Err(HookError::Timeout { hook, timeout });
                }
                End::NotYet => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn read(&self, hook: &Identity) -> Result<Option<Value>, HookError> {
        let kind = self.context.kinds.resolve(&hook.api_version, &hook.kind).await?;
        let api = kind.api(self.context.client.clone(), hook.namespace.as_deref());
        let live = api.get_opt(&hook.name).await;
        let live = live.map_err(|source| HookError::Read {
            hook: Box::new(hook.clone()),
            source,
        })?;
        Ok(live.map(|live| live.data))
    }

    async fn delete(&self, hook: &Identity) -> Result<(), HookError> {
        // A definition that a hook brought may have objects by now: as in Helm, it stays.
        if hook.kind == "CustomResourceDefinition" {
            return Ok(());
        }
        let removed = remove(self.context, hook, Instant::now() + self.timeout).await;
        removed.map_err(|error| HookError::Remove(Box::new(error)))
    }
}

/// The hooks for `event`: by weight, then name, then kind.
fn in_order(hooks: &[Hook], event: &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..hooks.len())
        .filter(|index| hooks[*index].events.iter().any(|its| its == event))
        .collect();
    order.sort_by_key(|index| {
        let hook = &hooks[*index];
        (hook.weight, &hook.name, install_rank(&hook.kind))
    });
    order
}

fn object(hook: &Hook) -> Result<Value, HookError> {
    let unreadable = || HookError::Manifest {
        hook: format!("{} {}", hook.kind, hook.name),
    };
    let objects = bowline_charts::object::parse(&hook.manifest).map_err(|_| unreadable())?;
    let [object] = <[Value; 1]>::try_from(objects).map_err(|_| unreadable())?;
    Ok(object)
}

fn identity(hook: &Hook, namespace: &str) -> Result<Identity, HookError> {
    Ok(Identity::of(&object(hook)?, Some(namespace)))
}

/// Whether a hook has come to its end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Success,
    Failure(String),
    NotYet,
}

/// `live` is the object without its metadata, or nothing if it is gone.
fn end_of(hook: &Identity, live: Option<&Value>) -> End {
    let Some(live) = live else {
        // Jobs may be taken away once they are finished (`ttlSecondsAfterFinished`).
        return End::Success;
    };
    let phase = live
        .pointer("/status/phase")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match hook.kind.as_str() {
        "Job" if has_condition(live, "Complete", "True") => End::Success,
        "Job" if has_condition(live, "Failed", "True") => End::Failure("the Job has failed".into()),
        "Pod" if phase == "Succeeded" => End::Success,
        "Pod" if phase == "Failed" => End::Failure("the Pod has failed".into()),
        "Job" | "Pod" => End::NotYet,
        _ => End::Success,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hook(name: &str, kind: &str, weight: i64) -> Hook {
        Hook {
            name: name.into(),
            kind: kind.into(),
            weight,
            events: vec!["pre-install".into()],
            ..Hook::default()
        }
    }

    #[test]
    fn hooks_run_by_weight_then_name_then_kind() {
        let mut other = hook("z", "Job", -9);
        other.events = vec!["post-install".into()];
        let hooks = [
            hook("b", "Job", 0),
            hook("a", "Job", 0),
            hook("c", "Job", -1),
            hook("a", "ConfigMap", 0),
            other,
        ];
        assert_eq!(in_order(&hooks, "pre-install"), [2, 3, 1, 0]);
    }

    #[test]
    fn jobs_and_pods_are_waited_for_and_all_else_is_done_by_being_there() {
        let identity = |kind: &str| Identity::of(&json!({"kind": kind, "metadata": {"name": "h"}}), None);
        let failed = json!({"status": {"conditions": [{"type": "Failed", "status": "True"}]}});
        assert_eq!(end_of(&identity("Job"), Some(&json!({}))), End::NotYet);
        assert_eq!(
            end_of(&identity("Job"), Some(&failed)),
            End::Failure("the Job has failed".into())
        );
        assert_eq!(end_of(&identity("Job"), None), End::Success);
        assert_eq!(
            end_of(&identity("Pod"), Some(&json!({"status": {"phase": "Running"}}))),
            End::NotYet
        );
        assert_eq!(end_of(&identity("ConfigMap"), Some(&json!({}))), End::Success);
    }
}
