//! CRI messages as the JSON that crictl prints: names in camel case, 64-bit numbers as text, enums by name.

use serde::Serialize;
use serde_json::{Map, Value};

const INTEGERS_OF_64_BITS: [&str; 22] = [
    "cpu_count",
    "cpu_mask",
    "cpu_maximum",
    "cpu_period",
    "cpu_quota",
    "cpu_shares",
    "created_at",
    "finished_at",
    "gid",
    "limit",
    "memory_limit_in_bytes",
    "memory_swap_limit_in_bytes",
    "oom_score_adj",
    "rootfs_size_in_bytes",
    "rx_bytes",
    "size",
    "started_at",
    "supplemental_groups",
    "timeout",
    "timestamp",
    "uid",
    "value",
];
const MAPS: [&str; 6] = [
    "annotations",
    "info",
    "label_selector",
    "labels",
    "sysctls",
    "unified",
];
const NAMESPACE_MODES: &[&str] = &["POD", "CONTAINER", "NODE", "TARGET"];
pub(super) const CONTAINER_STATES: &[&str] = &[
    "CONTAINER_CREATED",
    "CONTAINER_RUNNING",
    "CONTAINER_EXITED",
    "CONTAINER_UNKNOWN",
];
pub(super) const POD_STATES: &[&str] = &["SANDBOX_READY", "SANDBOX_NOTREADY"];

/// The JSON of `message`, whose fields `state` take their names from `states`.
pub(super) fn to_json(message: &impl Serialize, states: &[&str]) -> serde_json::Result<Value> {
    Ok(convert(serde_json::to_value(message)?, "", states))
}

fn convert(value: Value, field: &str, states: &[&str]) -> Value {
    match value {
        Value::Object(map) if MAPS.contains(&field) => Value::Object(map),
        Value::Object(map) => Value::Object(convert_fields(map, states)),
        Value::Array(list) => list
            .into_iter()
            .map(|item| convert(item, field, states))
            .collect(),
        Value::Number(number) if INTEGERS_OF_64_BITS.contains(&field) => Value::String(number.to_string()),
        Value::Number(number) => {
            let name = number
                .as_u64()
                .and_then(|n| enum_names(field, states).get(usize::try_from(n).ok()?).copied());
            name.map_or(Value::Number(number), Value::from)
        }
        other => other,
    }
}

fn convert_fields(map: Map<String, Value>, states: &[&str]) -> Map<String, Value> {
    map.into_iter()
        .map(|(field, value)| (camel_case(&field), convert(value, &field, states)))
        .collect()
}

fn enum_names<'a>(field: &str, states: &'a [&'a str]) -> &'a [&'a str] {
    match field {
        "state" => states,
        "network" | "pid" | "ipc" | "mode" => NAMESPACE_MODES,
        "profile_type" => &["RuntimeDefault", "Unconfined", "Localhost"],
        "propagation" => &[
            "PROPAGATION_PRIVATE",
            "PROPAGATION_HOST_TO_CONTAINER",
            "PROPAGATION_BIDIRECTIONAL",
        ],
        "protocol" => &["TCP", "UDP", "SCTP"],
        "supplemental_groups_policy" => &["Merge", "Strict"],
        _ => &[],
    }
}

fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use k8s_cri::v1;

    use super::*;

    #[test]
    fn a_container_reads_as_crictl_prints_it() {
        let container = v1::Container {
            id: "4f0d".into(),
            pod_sandbox_id: "9a".into(),
            metadata: Some(v1::ContainerMetadata {
                name: "etcd".into(),
                attempt: 2,
            }),
            image: None,
            image_ref: "sha256:aa".into(),
            state: 1,
            created_at: 1_700_000_000_000_000_001,
            labels: [("io.kubernetes.pod.name".to_owned(), "etcd-one".to_owned())].into(),
            ..v1::Container::default()
        };
        let json = to_json(&container, CONTAINER_STATES).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
        {
          "annotations": {},
          "createdAt": "1700000000000000001",
          "id": "4f0d",
          "image": null,
          "imageId": "",
          "imageRef": "sha256:aa",
          "labels": {
            "io.kubernetes.pod.name": "etcd-one"
          },
          "metadata": {
            "attempt": 2,
            "name": "etcd"
          },
          "podSandboxId": "9a",
          "state": "CONTAINER_RUNNING"
        }
        "#);
    }

    #[test]
    fn an_enum_value_of_a_newer_runtime_stays_a_number() {
        let pod = v1::PodSandbox {
            state: 9,
            ..v1::PodSandbox::default()
        };
        assert_eq!(to_json(&pod, POD_STATES).unwrap()["state"], 9);
    }

    #[test]
    fn namespaces_of_a_pod_are_named() {
        let options = v1::NamespaceOption {
            network: 2,
            pid: 1,
            ..v1::NamespaceOption::default()
        };
        let json = to_json(&options, &[]).unwrap();
        assert_eq!(
            (&json["network"], &json["pid"], &json["ipc"]),
            (&"NODE".into(), &"CONTAINER".into(), &"POD".into())
        );
    }
}
