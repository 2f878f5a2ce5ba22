//! What the nodes said, summed up for each NodeConfig.

use anyhow::{Context as _, Result};
use bowline_crds::condition::{self, Condition, READY, RECONCILING, STALLED, is_ready};
use bowline_crds::{FIELD_MANAGER, NodeConfig, NodeConfigStatus, NodeState};
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use super::build::Plan;
use super::fetch::Fetched;
use crate::context::Context;

/// Nodes that a message names; the rest are counted.
const MAX_NAMED: usize = 3;

/// Writes each status that has changed.
pub(crate) async fn report(fetched: &Fetched, plan: &Plan, context: &Context) -> Result<()> {
    let configs: Api<NodeConfig> = Api::all(context.client.clone());
    for config in &fetched.configs {
        let status = sum_up(config, fetched, plan);
        if config.status.as_ref() != Some(&status) {
            write(&configs, &config.name_any(), json!(status)).await?;
        }
    }
    for (object, message) in &fetched.undecodable {
        let conditions = vec![
            Condition::new(READY, "False", "InvalidSpec", message),
            Condition::new(STALLED, "True", "InvalidSpec", message),
        ];
        let generation = object.metadata.generation;
        let old = object
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
            let status = json!({"observedGeneration": generation, "conditions": conditions});
            write(&configs, &object.name_any(), status).await?;
        }
    }
    Ok(())
}

async fn write(configs: &Api<NodeConfig>, name: &str, status: Value) -> Result<()> {
    let patch = Patch::Merge(json!({"status": status}));
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.into()),
        ..PatchParams::default()
    };
    match configs.patch_status(name, &parameters, &patch).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error).with_context(|| format!("write the status of NodeConfig {name}")),
    }
}

/// How far the nodes are that `config` selects. Pure.
fn sum_up(config: &NodeConfig, fetched: &Fetched, plan: &Plan) -> NodeConfigStatus {
    let name = config.name_any();
    let selected = plan.selected.get(&name).cloned().unwrap_or_default();
    let mut waiting = Vec::new();
    let mut failed = Vec::new();
    for node in &selected {
        let state = fetched.states.iter().find(|state| state.name_any() == *node);
        match state.map_or(Progress::Waiting, |state| progress(config, state)) {
            Progress::Applied => {}
            Progress::Waiting => waiting.push(node.clone()),
            Progress::Failed(why) => failed.push(format!("{node}: {why}")),
        }
    }
    let applied = selected.len() - waiting.len() - failed.len();
    let overruled: Vec<String> = plan
        .conflicts
        .iter()
        .filter(|conflict| conflict.loser == name)
        .map(ToString::to_string)
        .collect();
    let pair = |type_, reason, message: String| {
        vec![
            Condition::new(READY, "False", reason, message.clone()),
            Condition::new(type_, "True", reason, message),
        ]
    };
    let conditions = if !failed.is_empty() {
        pair(STALLED, "NodeFailed", named(&failed))
    } else if !overruled.is_empty() {
        pair(STALLED, "Conflict", named(&overruled))
    } else if !waiting.is_empty() {
        pair(
            RECONCILING,
            "Progressing",
            format!("waiting for {}", named(&waiting)),
        )
    } else {
        vec![Condition::new(
            READY,
            "True",
            "Applied",
            format!("applied on {applied} nodes"),
        )]
    };
    let generation = config.metadata.generation;
    let old = config
        .status
        .as_ref()
        .map_or(&[][..], |status| &status.conditions);
    NodeConfigStatus {
        observed_generation: generation,
        conditions: condition::carry_over(
            old,
            condition::of_generation(generation, conditions),
            Timestamp::now(),
        ),
        nodes: i32::try_from(selected.len()).ok(),
        applied: i32::try_from(applied).ok(),
    }
}

/// How far one node is with one NodeConfig.
enum Progress {
    Applied,
    Waiting,
    Failed(String),
}

fn progress(config: &NodeConfig, state: &NodeState) -> Progress {
    let Some(status) = &state.status else {
        return Progress::Waiting;
    };
    let generation = state.metadata.generation;
    let stalled = condition::find(&status.conditions, STALLED);
    if let Some(stalled) =
        stalled.filter(|stalled| stalled.status == "True" && stalled.observed_generation == generation)
    {
        return Progress::Failed(stalled.message.clone());
    }
    let has = |applied: &bowline_crds::NodeStateSpec| {
        let is_this = |its: &bowline_crds::NodeConfigReference| {
            its.name == config.name_any() && Some(its.generation) == config.metadata.generation
        };
        applied.configs.iter().any(is_this)
    };
    let in_force = status.applied.as_ref().is_none_or(has);
    if is_ready(&status.conditions, generation) && in_force && has(&state.spec) {
        Progress::Applied
    } else {
        Progress::Waiting
    }
}

fn named(words: &[String]) -> String {
    let shown = words
        .iter()
        .take(MAX_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match words.len().saturating_sub(MAX_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use bowline_crds::NodeStateSpec;
    use bowline_crds::node_settings::Conflict;

    use super::*;

    fn config() -> NodeConfig {
        let mut config = NodeConfig::new("tune", bowline_crds::NodeConfigSpec::default());
        config.metadata.generation = Some(2);
        config
    }

    fn state(node: &str, generation: i64, condition: Condition) -> NodeState {
        let spec: NodeStateSpec =
            serde_json::from_value(json!({"configs": [{"name": "tune", "generation": generation}]})).unwrap();
        let mut state = NodeState::new(node, spec);
        state.metadata.generation = Some(7);
        let condition = Condition {
            observed_generation: Some(7),
            ..condition
        };
        state.status = Some(bowline_crds::NodeStateStatus {
            conditions: vec![condition],
            ..Default::default()
        });
        state
    }

    fn said(states: Vec<NodeState>, conflicts: Vec<Conflict>) -> (i32, String, String) {
        let selected = states.iter().map(kube::ResourceExt::name_any).collect();
        let plan = Plan {
            selected: [("tune".to_owned(), selected)].into(),
            conflicts,
            ..Plan::default()
        };
        let fetched = Fetched {
            states,
            ..Fetched::default()
        };
        let sum = sum_up(&config(), &fetched, &plan);
        let ready = &sum.conditions[0];
        (sum.applied.unwrap(), ready.reason.clone(), ready.message.clone())
    }

    #[test]
    fn nodes_that_applied_an_older_generation_are_waited_for_by_name() {
        let ready = || Condition::new(READY, "True", "Applied", "");
        let (applied, reason, message) = said(vec![state("a", 2, ready()), state("b", 1, ready())], vec![]);
        assert_eq!(
            (applied, reason.as_str(), message.as_str()),
            (1, "Progressing", "waiting for b")
        );
        let (applied, reason, _) = said(vec![state("a", 2, ready())], vec![]);
        assert_eq!((applied, reason.as_str()), (1, "Applied"));
    }

    #[test]
    fn a_node_that_gave_up_is_named_with_its_reason() {
        let stalled = Condition::new(STALLED, "True", "KubeletFailed", "kubelet: unknown field");
        let (applied, reason, message) = said(vec![state("a", 2, stalled)], vec![]);
        assert_eq!(
            (applied, reason.as_str(), message.as_str()),
            (0, "NodeFailed", "a: kubelet: unknown field")
        );
    }

    #[test]
    fn the_loser_of_a_conflict_is_told_and_the_winner_is_not() {
        let conflict = |loser: &str| Conflict {
            setting: "labels[x]".into(),
            winner: "other".into(),
            loser: loser.into(),
        };
        let (_, reason, message) = said(vec![], vec![conflict("tune")]);
        assert_eq!(reason, "Conflict");
        assert_eq!(message, "labels[x]: other wins over tune of the same priority");
        assert_eq!(said(vec![], vec![conflict("third")]).1, "Applied");
    }
}
