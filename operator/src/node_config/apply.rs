//! What was planned for nodes is written.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use bowline_crds::{
    FIELD_MANAGER, NODE_FIELD_MANAGER, NODE_LABELS_ANNOTATION, NODE_TAINTS_ANNOTATION, NodeState, Taint,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::build::{Labels, NodeToBe, Plan, Taints, taint_text};
use crate::context::Context;

/// Nodes that are written at the same time.
const WRITES: usize = 8;

/// Writes the difference.
pub(crate) async fn apply(plan: &Plan, context: &Context) -> Result<()> {
    let states: Api<NodeState> = Api::all(context.client.clone());
    let nodes: Api<Node> = Api::all(context.client.clone());
    each(&plan.states, |node| write_state(&states, node)).await?;
    each(&plan.surplus, |name| delete_state(&states, name)).await?;
    each(&plan.labels, |labels| write_labels(&nodes, labels)).await?;
    each(&plan.taints, |taints| write_taints(&nodes, taints)).await
}

async fn each<'a, T, F>(items: &'a [T], write: impl Fn(&'a T) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    stream::iter(items.iter().map(write))
        .buffer_unordered(WRITES)
        .try_collect()
        .await
}

async fn write_state(states: &Api<NodeState>, node: &NodeToBe) -> Result<()> {
    let NodeToBe { name, uid, spec } = node;
    let state = json!({
        "apiVersion": "bowline.dev/v1alpha1",
        "kind": "NodeState",
        "metadata": {
            "name": name,
            // Gone with its node, even while no operator runs.
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}]
        },
        "spec": spec
    });
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    states
        .patch(name, &parameters, &Patch::Apply(state))
        .await
        .with_context(|| format!("write NodeState {name}"))?;
    Ok(())
}

async fn delete_state(states: &Api<NodeState>, name: &String) -> Result<()> {
    match states.delete(name, &DeleteParams::default()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(answer)) if answer.is_not_found() => Ok(()),
        Err(error) => Err(error).with_context(|| format!("delete NodeState {name}")),
    }
}

/// By server-side apply: labels that are no longer in here go, whoever looks on.
async fn write_labels(nodes: &Api<Node>, labels: &Labels) -> Result<()> {
    let Labels { node, uid, wanted } = labels;
    let keys: Vec<&str> = wanted.keys().map(String::as_str).collect();
    let mut metadata = json!({"name": node, "uid": uid});
    if !keys.is_empty() {
        metadata["labels"] = json!(wanted);
        metadata["annotations"] = json!({NODE_LABELS_ANNOTATION: keys.join(",")});
    }
    let patch = Patch::Apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata}));
    let parameters = PatchParams::apply(NODE_FIELD_MANAGER).force();
    // With the uid: a Node that is gone is not made anew.
    nodes
        .patch_metadata(node, &parameters, &patch)
        .await
        .with_context(|| format!("label Node {node}"))?;
    Ok(())
}

/// Taints are one list that many write: read, change ours, write back if nobody was faster.
async fn write_taints(nodes: &Api<Node>, taints: &Taints) -> Result<()> {
    let Taints { node, before, wanted } = taints;
    let live = nodes
        .get(node)
        .await
        .with_context(|| format!("read Node {node}"))?;
    let spec = serde_json::to_value(live.spec.unwrap_or_default()).context("write taints as JSON")?;
    let others = spec["taints"].as_array().cloned().unwrap_or_default();
    let texts: Vec<String> = wanted.iter().map(taint_text).collect();
    let patch = json!({
        "metadata": {
            "resourceVersion": live.metadata.resource_version,
            "annotations": {NODE_TAINTS_ANNOTATION: Some(texts.join(",")).filter(|texts| !texts.is_empty())}
        },
        "spec": {"taints": merge_taints(others, before, wanted)}
    });
    let parameters = PatchParams {
        field_manager: Some(NODE_FIELD_MANAGER.into()),
        ..PatchParams::default()
    };
    nodes
        .patch(node, &parameters, &Patch::Merge(patch))
        .await
        .with_context(|| format!("taint Node {node}"))?;
    Ok(())
}

/// The taints of others, and ours as they shall be. A taint is known by key and effect.
fn merge_taints(live: Vec<Value>, before: &BTreeSet<String>, wanted: &[Taint]) -> Vec<Value> {
    let is_ours = |taint: &Value| {
        let Ok(taint) = serde_json::from_value::<Taint>(taint.clone()) else {
            return false;
        };
        let is_wanted = |ours: &Taint| ours.key == taint.key && ours.effect == taint.effect;
        before.contains(&taint_text(&taint)) || wanted.iter().any(is_wanted)
    };
    let others = live.into_iter().filter(|taint| !is_ours(taint));
    others.chain(wanted.iter().map(|taint| json!(taint))).collect()
}

#[cfg(test)]
mod tests {
    use bowline_crds::TaintEffect;

    use super::*;

    #[test]
    fn taints_of_others_stay_and_ours_are_replaced() {
        let live = vec![
            json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule", "timeAdded": "2026-01-01T00:00:00Z"}),
            json!({"key": "gpu", "value": "old", "effect": "NoSchedule"}),
            json!({"key": "gone", "effect": "NoExecute"}),
        ];
        let before = ["gpu=old:NoSchedule", "gone:NoExecute"].map(str::to_owned).into();
        let wanted = [Taint {
            key: "gpu".into(),
            value: Some("new".into()),
            effect: TaintEffect::NoSchedule,
        }];
        let merged = merge_taints(live.clone(), &before, &wanted);
        assert_eq!(
            merged,
            [
                live[0].clone(),
                json!({"key": "gpu", "value": "new", "effect": "NoSchedule"})
            ]
        );
    }
}
