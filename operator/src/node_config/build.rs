//! NodeConfigs and Nodes become what each node shall be. Pure.

use std::collections::{BTreeMap, BTreeSet};

use bowline_crds::node_settings::{Conflict, Merged, merge};
use bowline_crds::{NODE_LABELS_ANNOTATION, NODE_TAINTS_ANNOTATION, NodeConfig, NodeStateSpec, Taint};
use kube::ResourceExt as _;
use kube::core::{ObjectMeta, Selector, SelectorExt as _};

use super::fetch::Fetched;

/// What has to be changed, and what was decided.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// `NodeState`s to write, by node.
    pub(crate) states: Vec<NodeToBe>,
    /// `NodeState`s to delete: their node is gone, or no NodeConfig selects it any more.
    pub(crate) surplus: Vec<String>,
    /// Nodes whose labels differ.
    pub(crate) labels: Vec<Labels>,
    /// Nodes whose taints differ from what we put there last.
    pub(crate) taints: Vec<Taints>,
    /// By NodeConfig: the nodes it selects.
    pub(crate) selected: BTreeMap<String, BTreeSet<String>>,
    /// Each conflict once, whatever the number of nodes that have it.
    pub(crate) conflicts: Vec<Conflict>,
}

/// A node and its settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeToBe {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) spec: NodeStateSpec,
}

/// All labels that NodeConfigs put on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) node: String,
    pub(crate) uid: String,
    pub(crate) wanted: BTreeMap<String, String>,
}

/// All taints that NodeConfigs put on a node, and those they put there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taints {
    pub(crate) node: String,
    pub(crate) before: BTreeSet<String>,
    pub(crate) wanted: Vec<Taint>,
}

/// Decides what every node shall be.
pub(crate) fn build(fetched: &Fetched) -> Plan {
    let mut plan = Plan::default();
    for config in &fetched.configs {
        plan.selected.insert(config.name_any(), BTreeSet::new());
    }
    for node in &fetched.nodes {
        plan.add(fetched, node);
    }
    let nodes: BTreeSet<_> = fetched
        .nodes
        .iter()
        .filter_map(|node| node.name.as_deref())
        .collect();
    for state in &fetched.states {
        let name = state.name_any();
        let is_selected = plan.selected.values().any(|selected| selected.contains(&name));
        if !is_selected || !nodes.contains(name.as_str()) {
            plan.surplus.push(name);
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, fetched: &Fetched, node: &ObjectMeta) {
        let name = node.name.clone().unwrap_or_default();
        let own = own_labels(node);
        let selecting: Vec<&NodeConfig> = fetched
            .configs
            .iter()
            .filter(|config| selects(config, &own))
            .collect();
        for config in &selecting {
            self.selected
                .entry(config.name_any())
                .or_default()
                .insert(name.clone());
        }
        let Merged { spec, conflicts } = merge(selecting.iter().copied());
        for conflict in conflicts {
            if !self.conflicts.contains(&conflict) {
                self.conflicts.push(conflict);
            }
        }
        let uid = node.uid.clone().unwrap_or_default();
        self.labels.extend(labels(node, &spec));
        self.taints.extend(taints(node, &spec));
        let live = fetched.states.iter().find(|state| state.name_any() == name);
        if !selecting.is_empty() && live.is_none_or(|live| live.spec != spec) {
            self.states.push(NodeToBe { name, uid, spec });
        }
    }
}

/// The labels that no NodeConfig put there. Selecting by the others could go round in circles.
fn own_labels(node: &ObjectMeta) -> BTreeMap<String, String> {
    let ours = remembered(node, NODE_LABELS_ANNOTATION);
    let labels = node.labels.clone().unwrap_or_default();
    labels
        .into_iter()
        .filter(|(key, _)| !ours.contains(key))
        .collect()
}

fn selects(config: &NodeConfig, labels: &BTreeMap<String, String>) -> bool {
    let selector = config.spec.node_selector.clone().unwrap_or_default();
    Selector::try_from(selector).is_ok_and(|selector| selector.matches(labels))
}

fn labels(node: &ObjectMeta, spec: &NodeStateSpec) -> Option<Labels> {
    let wanted = &spec.settings.labels;
    let live = node.labels.clone().unwrap_or_default();
    let keys: BTreeSet<String> = wanted.keys().cloned().collect();
    let is_so = wanted.iter().all(|(key, value)| live.get(key) == Some(value))
        && keys == remembered(node, NODE_LABELS_ANNOTATION);
    (!is_so).then(|| Labels {
        node: node.name.clone().unwrap_or_default(),
        uid: node.uid.clone().unwrap_or_default(),
        wanted: wanted.clone(),
    })
}

fn taints(node: &ObjectMeta, spec: &NodeStateSpec) -> Option<Taints> {
    let before = remembered(node, NODE_TAINTS_ANNOTATION);
    let wanted: BTreeSet<String> = spec.settings.taints.iter().map(taint_text).collect();
    (before != wanted).then(|| Taints {
        node: node.name.clone().unwrap_or_default(),
        before,
        wanted: spec.settings.taints.clone(),
    })
}

/// As `kubectl taint` takes it: `key=value:NoSchedule`.
pub(crate) fn taint_text(taint: &Taint) -> String {
    let Taint { key, value, effect } = taint;
    match value {
        Some(value) => format!("{key}={value}:{effect:?}"),
        None => format!("{key}:{effect:?}"),
    }
}

fn remembered(node: &ObjectMeta, annotation: &str) -> BTreeSet<String> {
    let text = node
        .annotations
        .as_ref()
        .and_then(|annotations| annotations.get(annotation));
    let words = text.map_or("", String::as_str).split(',');
    words
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use bowline_crds::NodeState;
    use serde_json::{Value, json};

    use super::*;

    fn node(name: &str, metadata: Value) -> ObjectMeta {
        let mut node: ObjectMeta = serde_json::from_value(metadata).unwrap();
        node.name = Some(name.into());
        node.uid = Some(format!("uid-{name}"));
        node
    }

    fn config(name: &str, spec: Value) -> NodeConfig {
        NodeConfig::new(name, serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn a_selected_node_gets_a_state_and_labels_and_another_gets_nothing() {
        let fetched = Fetched {
            configs: vec![config(
                "gpu",
                json!({"nodeSelector": {"matchLabels": {"gpu": "yes"}}, "labels": {"pool": "gpu"}}),
            )],
            nodes: vec![node("a", json!({"labels": {"gpu": "yes"}})), node("b", json!({}))],
            ..Fetched::default()
        };
        let plan = build(&fetched);
        assert_eq!(plan.states.len(), 1);
        assert_eq!(plan.states[0].name, "a");
        assert_eq!(plan.labels.len(), 1);
        assert_eq!(plan.labels[0].wanted["pool"], "gpu");
        assert_eq!(plan.selected["gpu"], BTreeSet::from(["a".to_owned()]));
        assert_eq!(plan.taints, vec![]);
    }

    #[test]
    fn nothing_is_planned_when_all_is_as_it_shall_be() {
        let config = config("all", json!({"sysctls": {"vm.swappiness": 10}}));
        let spec = merge([&config]).spec;
        let fetched = Fetched {
            configs: vec![config],
            nodes: vec![node("a", json!({}))],
            states: vec![NodeState::new("a", spec)],
            ..Fetched::default()
        };
        let plan = build(&fetched);
        assert_eq!((plan.states, plan.surplus, plan.labels), (vec![], vec![], vec![]));
    }

    #[test]
    fn a_state_without_node_or_config_is_surplus() {
        let fetched = Fetched {
            nodes: vec![node("a", json!({}))],
            states: vec![
                NodeState::new("a", NodeStateSpec::default()),
                NodeState::new("gone", NodeStateSpec::default()),
            ],
            ..Fetched::default()
        };
        assert_eq!(build(&fetched).surplus, ["a", "gone"]);
    }

    #[test]
    fn a_label_that_a_config_set_selects_no_node() {
        let fetched = Fetched {
            configs: vec![config(
                "circle",
                json!({"nodeSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]},
                       "labels": {"x": "1"}}),
            )],
            nodes: vec![node(
                "a",
                json!({"labels": {"x": "1"}, "annotations": {NODE_LABELS_ANNOTATION: "x"}}),
            )],
            ..Fetched::default()
        };
        let plan = build(&fetched);
        assert_eq!(plan.selected["circle"].len(), 1, "it stays selected");
        assert_eq!(plan.labels, vec![]);
    }

    #[test]
    fn taints_and_labels_that_no_config_wants_any_more_are_taken_away() {
        let annotations = json!({NODE_LABELS_ANNOTATION: "x", NODE_TAINTS_ANNOTATION: "gpu=yes:NoSchedule"});
        let fetched = Fetched {
            nodes: vec![node(
                "a",
                json!({"labels": {"x": "1"}, "annotations": annotations}),
            )],
            ..Fetched::default()
        };
        let plan = build(&fetched);
        assert!(plan.labels[0].wanted.is_empty());
        assert_eq!(
            plan.taints[0].before,
            BTreeSet::from(["gpu=yes:NoSchedule".to_owned()])
        );
        assert!(plan.taints[0].wanted.is_empty());
    }
}
