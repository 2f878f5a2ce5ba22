//! What the cluster tells this node in its `NodeState`: watched with the node's own identity, applied through plan
//! and apply, reported in the status. What makes the kubelet fail is taken back without help.
//!
//! Files: `agent/etc/node-state.json` keeps what is in force, for a start happens before there is anybody to ask.

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bowline_crds::condition::{self, Condition};
use bowline_crds::{NodeState, NodeStateSpec, NodeStateStatus};
use futures::{StreamExt, pin_mut};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams, WatchParams};
use kube::{Api, ResourceExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

use super::control_plane::kubelet_endpoint;
use super::{Blueprint, Node, cluster, sysctls};
use crate::apply;
use crate::layout::Layout;
use crate::plan::{File, Gate, kubelet};
use crate::processes::log;

/// The pause after an answer that was none: the kind may not be installed yet.
const PAUSE: Duration = Duration::from_secs(5);
/// How long one watch lasts; a change that it missed is seen then.
const WATCH_SECONDS: u32 = 240;
/// A server that has not ended it by then is gone.
const WATCH_LIMIT: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);
/// What a kubelet with new settings gets to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_mins(1);
/// A kubelet that is healthy this long, without having been started again, stays so.
const STEADY: Duration = Duration::from_secs(5);
/// A kubelet that had to be started so often will not become healthy.
const STARTS: u64 = 4;
/// How often it is asked meanwhile.
const EVERY: Duration = Duration::from_millis(250);

/// What became of the last `NodeState`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Kept {
    /// In force now.
    pub(crate) applied: NodeStateSpec,
    /// What failed and was taken back, not to be tried again.
    rejected: Option<Rejected>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rejected {
    spec: NodeStateSpec,
    message: String,
}

impl Kept {
    /// What an earlier start kept.
    pub(crate) fn read(layout: &Layout) -> Result<Self> {
        match fs_err::read(layout.node_state()) {
            Ok(text) => serde_json::from_slice(&text)
                .with_context(|| format!("parse {}", layout.node_state().display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&self, layout: &Layout) -> Result<()> {
        let file = File {
            path: layout.node_state(),
            mode: 0o600,
            owner: 0,
            content: serde_json::to_vec_pretty(self).context("serialize the node's state")?,
        };
        apply::write_file(&file).context("keep the node's state")?;
        Ok(())
    }

    /// Kernel parameters are forgotten by a reboot. One that cannot be set does not keep the node from starting.
    pub(crate) fn apply_sysctls(&self, layout: &Layout) {
        let wanted = &self.applied.settings.sysctls;
        if let Err(error) = sysctls::apply(layout, wanted, wanted) {
            warn!(
                error = format!("{error:#}"),
                "a sysctl of the node's state is not set"
            );
        }
    }

    /// What shall be done about `wanted`.
    fn step(&self, wanted: &NodeStateSpec) -> Step {
        match &self.rejected {
            Some(rejected) if rejected.spec == *wanted => Step::Report,
            _ if self.applied == *wanted => Step::Report,
            _ if self.applied.settings == wanted.settings => Step::Keep,
            _ => Step::Apply,
        }
    }
}

/// What a `NodeState` asks of the node.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing: it is in force, or was refused before.
    Report,
    /// Nothing, but to remember where the same settings come from now.
    Keep,
    /// Other settings.
    Apply,
}

impl Node {
    /// Follows the `NodeState` for good.
    pub(super) async fn follow_node_state(&self, blueprint: &Blueprint<'_>, mut kept: Kept) -> Result<()> {
        self.gates.passed(Gate::ApiServer).await;
        let client = cluster::client(&self.layout.kubelet_kubeconfig(), WATCH_LIMIT).await?;
        let states: Api<NodeState> = Api::all(client);
        loop {
            match states.get_opt(&self.settings.node.name).await {
                Ok(state) => {
                    self.reconcile(blueprint, &mut kept, state.as_ref()).await?;
                    if let Some(state) = &state
                        && let Err(error) = report(&states, state, &kept).await
                    {
                        debug!(error = format!("{error:#}"), "node's state not reported yet");
                        sleep(PAUSE).await;
                        continue;
                    }
                    self.until_change(&states, state.as_ref()).await;
                }
                Err(error) => {
                    debug!(%error, "no word about the node's state");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for the next change; an interrupted watch counts as one.
    async fn until_change(&self, states: &Api<NodeState>, state: Option<&NodeState>) {
        let seen = state.and_then(ResourceExt::resource_version);
        let name = format!("metadata.name={}", self.settings.node.name);
        let parameters = WatchParams::default().fields(&name).timeout(WATCH_SECONDS);
        let Ok(events) = states.watch(&parameters, seen.as_deref().unwrap_or("0")).await else {
            return sleep(PAUSE).await;
        };
        pin_mut!(events);
        let _ = timeout(WATCH_LIMIT, events.next()).await;
    }

    /// Makes the node so, or takes back what failed.
    async fn reconcile(
        &self,
        blueprint: &Blueprint<'_>,
        kept: &mut Kept,
        state: Option<&NodeState>,
    ) -> Result<()> {
        // A deleted one means: no settings.
        let wanted = state.map(|state| state.spec.clone()).unwrap_or_default();
        match kept.step(&wanted) {
            Step::Report => return Ok(()),
            Step::Keep => {}
            Step::Apply => {
                info!("the cluster gives this node other settings");
                if let Err(error) = self.change(blueprint, &kept.applied, &wanted).await {
                    let message = format!("{error:#}");
                    warn!(message, "settings failed and are taken back");
                    self.change(blueprint, &wanted, &kept.applied)
                        .await
                        .context("go back to the node's former settings")?;
                    kept.rejected = Some(Rejected {
                        spec: wanted,
                        message,
                    });
                    return kept.write(&self.layout);
                }
            }
        }
        *kept = Kept {
            applied: wanted,
            rejected: None,
        };
        kept.write(&self.layout)
    }

    async fn change(
        &self,
        blueprint: &Blueprint<'_>,
        from: &NodeStateSpec,
        to: &NodeStateSpec,
    ) -> Result<()> {
        if let Some(field) = kubelet::own_field(&to.settings.kubelet) {
            bail!("kubelet.{field} is bowline's own; take it out of the NodeConfig");
        }
        sysctls::apply(&self.layout, &from.settings.sysctls, &to.settings.sysctls)?;
        let plan = blueprint.plan(&to.settings.kubelet);
        let changes = apply::apply(&plan.directories, &plan.files)?;
        if changes.0.contains(&self.layout.kubelet_config()) {
            let kubelet = plan
                .processes
                .into_iter()
                .find(|process| process.name == "kubelet");
            self.children
                .restart(kubelet.context("a plan has a kubelet")?)
                .await?;
            self.kubelet_is_steady().await?;
        }
        Ok(())
    }

    /// Ok when the kubelet is healthy for a while without being started again.
    async fn kubelet_is_steady(&self) -> Result<()> {
        let starts = self.children.starts("kubelet")?;
        let endpoint = kubelet_endpoint();
        let (end, first) = (Instant::now() + HEALTHY_WITHIN, *starts.borrow());
        let mut healthy: Option<(Instant, u64)> = None;
        loop {
            let count = *starts.borrow();
            healthy = match (endpoint.ask().await, healthy) {
                (Err(_), _) => None,
                (Ok(()), Some((since, started))) if started == count => Some((since, count)),
                (Ok(()), _) => Some((Instant::now(), count)),
            };
            if healthy.is_some_and(|(since, _)| since.elapsed() >= STEADY) {
                return Ok(());
            }
            let said = || log::last_words(&self.layout.logs().join("kubelet.log")).unwrap_or_default();
            ensure!(
                Instant::now() < end && count < first + STARTS,
                "the kubelet does not become healthy with them; it says: {}",
                said()
            );
            sleep(EVERY).await;
        }
    }
}

/// Tells in the status what is in force, when it does not say so already.
async fn report(states: &Api<NodeState>, state: &NodeState, kept: &Kept) -> Result<()> {
    let before = state.status.clone().unwrap_or_default();
    let told = status(state, kept, &before);
    if told == before {
        return Ok(());
    }
    let patch = json!({ "status": told });
    states
        .patch_status(&state.name_any(), &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .context("report on the node's state")?;
    Ok(())
}

fn status(state: &NodeState, kept: &Kept, before: &NodeStateStatus) -> NodeStateStatus {
    let generation = state.metadata.generation;
    let conditions = match &kept.rejected {
        Some(rejected) if rejected.spec == state.spec => vec![
            Condition::new(condition::READY, "False", "RolledBack", rejected.message.clone()),
            Condition::new(condition::STALLED, "True", "RolledBack", rejected.message.clone()),
        ],
        _ => vec![Condition::new(
            condition::READY,
            "True",
            "Applied",
            "the settings are in force",
        )],
    };
    let of_generation = |condition| Condition {
        observed_generation: generation,
        ..condition
    };
    let conditions = conditions.into_iter().map(of_generation).collect();
    NodeStateStatus {
        observed_generation: generation,
        conditions: condition::carry_over(&before.conditions, conditions, Timestamp::now()),
        applied: Some(kept.applied.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(value: serde_json::Value) -> NodeStateSpec {
        serde_json::from_value(value).unwrap()
    }

    fn some() -> NodeStateSpec {
        spec(json!({ "configs": [{ "name": "a", "generation": 1 }], "kubelet": { "maxPods": 50 } }))
    }

    #[test]
    fn only_other_settings_touch_the_node() {
        let kept = Kept {
            applied: some(),
            rejected: None,
        };
        assert_eq!(kept.step(&some()), Step::Report);
        let mut newer = some();
        newer.configs[0].generation = 2;
        assert_eq!(kept.step(&newer), Step::Keep);
        assert_eq!(kept.step(&NodeStateSpec::default()), Step::Apply);
    }

    #[test]
    fn what_was_taken_back_is_not_tried_again_until_it_changes() {
        let bad = spec(json!({ "kubelet": { "maxPods": -1 } }));
        let rejected = Some(Rejected {
            spec: bad.clone(),
            message: "no".into(),
        });
        let kept = Kept {
            applied: some(),
            rejected,
        };
        assert_eq!(kept.step(&bad), Step::Report);
        assert_eq!(
            kept.step(&spec(json!({ "kubelet": { "maxPods": 60 } }))),
            Step::Apply
        );
    }

    #[test]
    fn the_status_tells_what_is_in_force_and_what_was_taken_back() {
        let mut state = NodeState::new("one", some());
        state.metadata.generation = Some(7);
        let kept = Kept {
            applied: some(),
            rejected: None,
        };
        let good = status(&state, &kept, &NodeStateStatus::default());
        assert!(condition::is_ready(&good.conditions, Some(7)));
        assert_eq!(good.applied, Some(some()));
        let kept = Kept {
            applied: NodeStateSpec::default(),
            rejected: Some(Rejected {
                spec: some(),
                message: "maxPods is too high".into(),
            }),
        };
        let bad = status(&state, &kept, &good);
        let stalled = condition::find(&bad.conditions, condition::STALLED).unwrap();
        assert_eq!(
            (stalled.status.as_str(), stalled.message.as_str()),
            ("True", "maxPods is too high")
        );
        assert_eq!(bad.applied, Some(NodeStateSpec::default()));
    }

    #[test]
    fn what_is_kept_is_read_again_at_the_next_start() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        assert_eq!(Kept::read(&layout).unwrap(), Kept::default());
        let kept = Kept {
            applied: some(),
            rejected: None,
        };
        kept.write(&layout).unwrap();
        assert_eq!(Kept::read(&layout).unwrap(), kept);
    }
}
