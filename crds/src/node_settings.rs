//! The settings of a node, and the pure merge of many `NodeConfig`s into one `NodeState`.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::node_config::NodeConfig;
use crate::node_state::{NodeConfigReference, NodeStateSpec};
use crate::schema;

/// What can be set on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = schema::without_defaults)]
pub struct NodeSettings {
    /// Labels of the Node object.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints of the Node object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub taints: Vec<Taint>,
    /// Kernel parameters by their dotted name, such as `net.core.somaxconn`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::scalars")]
    pub sysctls: BTreeMap<String, IntOrString>,
    /// A piece of the kubelet's configuration file (`KubeletConfiguration`), merged over Bowline's own.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(schema_with = "schema::any_object")]
    pub kubelet: Map<String, Value>,
}

/// A taint of a Node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Taint {
    /// The taint's key.
    pub key: String,
    /// The taint's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What happens to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum TaintEffect {
    /// New pods are not scheduled.
    NoSchedule,
    /// New pods are scheduled only if there is no better node.
    PreferNoSchedule,
    /// Running pods are evicted too.
    NoExecute,
}

/// Two `NodeConfig`s of one priority that say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What they disagree on, such as `sysctls[net.core.somaxconn]`.
    pub setting: String,
    /// The name of the `NodeConfig` that was heard.
    pub winner: String,
    /// The name of the other.
    pub loser: String,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            setting,
            winner,
            loser,
        } = self;
        write!(f, "{setting}: {winner} wins over {loser} of the same priority")
    }
}

/// A merged `NodeState` and what the `NodeConfig`s disagree on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// What the node shall be.
    pub spec: NodeStateSpec,
    /// In the order in which they were found.
    pub conflicts: Vec<Conflict>,
}

/// Merges `configs`, of which all select the node, whatever their order: priority first, then name.
pub fn merge<'a>(configs: impl IntoIterator<Item = &'a NodeConfig>) -> Merged {
    let mut configs: Vec<&NodeConfig> = configs.into_iter().collect();
    configs.sort_by_key(|config| (config.spec.priority.unwrap_or(0), config.name_any()));
    let mut merge = Merge::default();
    for config in configs {
        merge.add(config);
    }
    merge.finish()
}

/// Every setting is one leaf under its key, so that labels, taints, sysctls and fragments merge by one rule.
#[derive(Default)]
struct Merge {
    configs: Vec<NodeConfigReference>,
    leaves: BTreeMap<Key, Leaf>,
    conflicts: Vec<Conflict>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Label(String),
    Taint(String, TaintEffect),
    Sysctl(String),
    Kubelet(Vec<String>),
}

struct Leaf {
    value: Value,
    config: String,
    priority: i32,
}

impl Merge {
    fn add(&mut self, config: &NodeConfig) {
        let NodeSettings {
            labels,
            taints,
            sysctls,
            kubelet,
        } = &config.spec.settings;
        self.configs.push(NodeConfigReference {
            name: config.name_any(),
            generation: config.metadata.generation.unwrap_or(0),
        });
        for (name, value) in labels {
            self.set(config, Key::Label(name.clone()), value.as_str().into());
        }
        for Taint { key, value, effect } in taints {
            self.set(config, Key::Taint(key.clone(), *effect), value.as_deref().into());
        }
        for (name, value) in sysctls {
            let value = match value {
                IntOrString::Int(number) => number.to_string(),
                IntOrString::String(text) => text.clone(),
            };
            self.set(config, Key::Sysctl(name.clone()), value.into());
        }
        self.add_fragment(config, &mut Vec::new(), kubelet);
    }

    fn add_fragment(&mut self, config: &NodeConfig, path: &mut Vec<String>, fragment: &Map<String, Value>) {
        for (key, value) in fragment {
            path.push(key.clone());
            match value {
                Value::Object(inner) if !inner.is_empty() => self.add_fragment(config, path, inner),
                _ => self.set(config, Key::Kubelet(path.clone()), value.clone()),
            }
            path.pop();
        }
    }

    fn set(&mut self, config: &NodeConfig, key: Key, value: Value) {
        let leaf = Leaf {
            value,
            config: config.name_any(),
            priority: config.spec.priority.unwrap_or(0),
        };
        if let Key::Kubelet(path) = &key {
            self.leaves.retain(|other, _| !replaces(path, other));
        }
        if let Some(before) = self.leaves.get(&key)
            && before.priority == leaf.priority
            && before.value != leaf.value
        {
            self.conflicts.push(Conflict {
                setting: key.to_string(),
                winner: leaf.config.clone(),
                loser: before.config.clone(),
            });
        }
        self.leaves.insert(key, leaf);
    }

    fn finish(self) -> Merged {
        let mut settings = NodeSettings::default();
        for (key, Leaf { value, .. }) in self.leaves {
            let text = value.as_str().map(ToOwned::to_owned);
            match key {
                Key::Label(name) => drop(settings.labels.insert(name, text.unwrap_or_default())),
                Key::Taint(key, effect) => settings.taints.push(Taint {
                    key,
                    value: text,
                    effect,
                }),
                Key::Sysctl(name) => {
                    let value = IntOrString::String(text.unwrap_or_default());
                    settings.sysctls.insert(name, value);
                }
                Key::Kubelet(path) => insert(&mut settings.kubelet, &path, value),
            }
        }
        Merged {
            spec: NodeStateSpec {
                configs: self.configs,
                settings,
            },
            conflicts: self.conflicts,
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Label(name) => write!(f, "labels[{name}]"),
            Self::Taint(key, effect) => write!(f, "taints[{key}:{effect:?}]"),
            Self::Sysctl(name) => write!(f, "sysctls[{name}]"),
            Self::Kubelet(path) => write!(f, "kubelet.{}", path.join(".")),
        }
    }
}

/// Whether a value at `path` leaves no room for `other`: a map took a scalar's place, or a scalar a map's.
fn replaces(path: &[String], other: &Key) -> bool {
    matches!(other, Key::Kubelet(other)
        if other.len() != path.len() && (other.starts_with(path) || path.starts_with(other)))
}

/// Puts `value` at `path`; no leaf lies above another, so every step is a map.
fn insert(map: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => drop(map.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let inner = map.entry(first.clone()).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(name: &str, priority: i32, spec: Value) -> NodeConfig {
        let mut config = NodeConfig::new(name, serde_json::from_value(spec).unwrap());
        config.spec.priority = Some(priority);
        config.metadata.generation = Some(3);
        config
    }

    #[test]
    fn the_higher_priority_wins_without_a_conflict_whatever_the_order() {
        let low = config(
            "z",
            0,
            json!({"sysctls": {"vm.swappiness": 10}, "labels": {"a": "1"}}),
        );
        let high = config("a", 5, json!({"sysctls": {"vm.swappiness": "60"}}));
        let merged = merge([&high, &low]);
        assert_eq!(merged, merge([&low, &high]));
        assert_eq!(merged.conflicts, vec![]);
        assert_eq!(
            serde_json::to_value(&merged.spec).unwrap(),
            json!({
                "configs": [{"name": "z", "generation": 3}, {"name": "a", "generation": 3}],
                "labels": {"a": "1"},
                "sysctls": {"vm.swappiness": "60"}
            })
        );
    }

    #[test]
    fn equal_priorities_that_disagree_are_named_and_the_last_name_wins() {
        let first = config(
            "a",
            0,
            json!({"taints": [{"key": "gpu", "value": "x", "effect": "NoSchedule"}]}),
        );
        let second = config(
            "b",
            0,
            json!({"taints": [{"key": "gpu", "value": "y", "effect": "NoSchedule"}]}),
        );
        let merged = merge([&second, &first]);
        assert_eq!(merged.spec.settings.taints[0].value.as_deref(), Some("y"));
        let said: Vec<String> = merged.conflicts.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["taints[gpu:NoSchedule]: b wins over a of the same priority"]
        );
    }

    #[test]
    fn equal_priorities_that_agree_are_no_conflict() {
        let first = config("a", 0, json!({"labels": {"zone": "x"}}));
        let second = config("b", 0, json!({"labels": {"zone": "x"}}));
        assert_eq!(merge([&first, &second]).conflicts, vec![]);
    }

    #[test]
    fn kubelet_fragments_merge_map_by_map_and_lists_are_replaced() {
        let first = config(
            "a",
            0,
            json!({"kubelet": {"evictionHard": {"memory.available": "1Gi"}, "allowedUnsafeSysctls": ["a"]}}),
        );
        let second = config(
            "b",
            1,
            json!({"kubelet": {"evictionHard": {"nodefs.available": "5%"}, "allowedUnsafeSysctls": ["b"]}}),
        );
        assert_eq!(
            Value::Object(merge([&first, &second]).spec.settings.kubelet),
            json!({
                "evictionHard": {"memory.available": "1Gi", "nodefs.available": "5%"},
                "allowedUnsafeSysctls": ["b"]
            })
        );
    }

    #[test]
    fn a_scalar_takes_the_place_of_a_map_and_a_map_that_of_a_scalar() {
        let map = config("a", 0, json!({"kubelet": {"x": {"y": 1}}}));
        let scalar = config("b", 1, json!({"kubelet": {"x": 2}}));
        assert_eq!(
            Value::Object(merge([&map, &scalar]).spec.settings.kubelet),
            json!({"x": 2})
        );
        let map = config("c", 2, json!({"kubelet": {"x": {"y": 1}}}));
        assert_eq!(
            Value::Object(merge([&map, &scalar]).spec.settings.kubelet),
            json!({"x": {"y": 1}})
        );
    }

    #[test]
    fn no_config_is_no_setting() {
        assert_eq!(merge([]), Merged::default());
    }
}
