//! Kubernetes objects as a chart gives them: checked for what every object must have, hooks told apart.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::manifest::Event;
use crate::values::type_name;
use crate::yaml::{self, YamlError};

/// The annotation that makes an object a hook.
pub const HOOK: &str = "helm.sh/hook";
pub(crate) const HOOK_WEIGHT: &str = "helm.sh/hook-weight";
pub(crate) const HOOK_DELETE_POLICY: &str = "helm.sh/hook-delete-policy";

/// An object with `apiVersion`, `kind` and `metadata.name`, and the template it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    source: String,
    value: Value,
}

/// A hook: an object that lives outside the release and runs at its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// The object itself.
    pub object: Object,
    /// When it runs.
    pub events: Vec<Event>,
    /// Lower weights run first, equal ones by name.
    pub weight: i64,
    /// When it is deleted; `before-hook-creation` unless the chart says otherwise.
    pub delete_policies: Vec<String>,
}

/// A document that is no Kubernetes object.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ObjectError {
    /// Not even a mapping.
    #[error("expected a Kubernetes object, found {0}")]
    NoMapping(&'static str),
    /// A field that every object has is missing, empty or of a wrong type.
    #[error("{kind}: {field} must be {expected}")]
    Field {
        /// The object's kind, as far as known.
        kind: String,
        /// The field's path.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}

impl Object {
    /// Checks what every object must have. `source` is the file it came from, as `coredns/templates/service.yaml.j2`.
    pub fn new(source: impl Into<String>, mut value: Value) -> Result<Self, ObjectError> {
        let Value::Object(fields) = &value else {
            return Err(ObjectError::NoMapping(type_name(&value)));
        };
        let kind = text(fields, "kind").unwrap_or("object").to_owned();
        let fail = |field, expected| {
            Err(ObjectError::Field {
                kind: kind.clone(),
                field,
                expected,
            })
        };
        if text(fields, "kind").is_none() {
            return fail("kind", "a name such as ConfigMap");
        }
        if text(fields, "apiVersion").is_none() {
            return fail("apiVersion", "a version such as v1 or apps/v1");
        }
        let Some(Value::Object(metadata)) = fields.get("metadata") else {
            return fail("metadata", "a mapping");
        };
        if text(metadata, "name").is_none_or(|name| name.len() > 253 || name.contains(['/', '%', '\n'])) {
            return fail(
                "metadata.name",
                "a name of at most 253 characters, without / and %",
            );
        }
        if metadata
            .get("namespace")
            .is_some_and(|namespace| !namespace.is_string() && !namespace.is_null())
        {
            return fail("metadata.namespace", "a string");
        }
        for (key, field) in [
            ("labels", "metadata.labels"),
            ("annotations", "metadata.annotations"),
        ] {
            if !is_string_map(metadata.get(key)) {
                return fail(field, "a mapping of strings; quote numbers and booleans");
            }
        }
        for field in ["/metadata/labels", "/metadata/annotations"] {
            // The API server reads a null among strings as an empty one, and charts write `label:` for it.
            if let Some(Value::Object(map)) = value.pointer_mut(field) {
                let nulls = map.values_mut().filter(|value| value.is_null());
                nulls.for_each(|value| *value = Value::String(String::new()));
            }
        }
        Ok(Self {
            source: source.into(),
            value,
        })
    }

    /// The file it came from, under the chart's name.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The whole object.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The object by value, as for sending it.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        self.value["apiVersion"].as_str().unwrap_or_default()
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        self.value["kind"].as_str().unwrap_or_default()
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// `metadata.namespace`, where the chart gives one.
    pub fn namespace(&self) -> Option<&str> {
        self.value["metadata"]["namespace"]
            .as_str()
            .filter(|namespace| !namespace.is_empty())
    }

    /// An annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.value["metadata"]["annotations"][name].as_str()
    }

    /// Kind and name as people write them: `Deployment coredns`.
    pub fn display(&self) -> String {
        format!("{} {}", self.kind(), self.name())
    }

    /// What no two objects of a release may share. The version is no part of it: two versions are one object.
    pub fn identity(&self) -> (&str, &str, Option<&str>, &str) {
        let group = self.api_version().split_once('/').map_or("", |(group, _)| group);
        (group, self.kind(), self.namespace(), self.name())
    }
}

impl Hook {
    /// Reads the hook annotations as Helm does: None for a hook of no event that it knows, a weight that is no integer
    /// is 0, and what it knows of no policy for deletion has no effect.
    pub fn new(object: Object) -> Option<Self> {
        let events = Event::all_of(object.annotation(HOOK)?)?;
        let weight = object.annotation(HOOK_WEIGHT).unwrap_or_default();
        let mut delete_policies = delete_policies(object.annotation(HOOK_DELETE_POLICY).unwrap_or_default());
        if delete_policies.is_empty() {
            delete_policies.push(DELETE_POLICIES[0].to_owned());
        }
        delete_policies.retain(|policy| DELETE_POLICIES.contains(&policy.as_str()));
        Some(Self {
            events,
            weight: weight.parse().unwrap_or_default(),
            delete_policies,
            object,
        })
    }
}

/// When a hook can be deleted.
pub(crate) const DELETE_POLICIES: [&str; 3] = ["before-hook-creation", "hook-succeeded", "hook-failed"];

/// The policies that a hook's annotation names, also those that nobody knows.
pub(crate) fn delete_policies(annotation: &str) -> Vec<String> {
    let names = annotation.split(',').map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

/// Objects as the text of a release's manifest: one document each, with its source, as Helm writes it.
pub fn manifest(objects: &[Object]) -> Result<String, YamlError> {
    let mut text = String::new();
    for object in objects {
        text += "---\n# Source: ";
        text += object.source();
        text += "\n";
        text += &yaml::write(object.value())?;
    }
    Ok(text)
}

/// The objects in a release's manifest, ours or Helm's, as they reach the API server: the items of `v1` Lists singly.
pub fn parse(manifest: &str) -> Result<Vec<Value>, YamlError> {
    let mut objects = Vec::new();
    for document in yaml::read_manifest(manifest)? {
        match items_of_list(document) {
            Ok(items) => objects.extend(items),
            Err(document) => objects.push(document),
        }
    }
    Ok(objects)
}

/// The second of two objects that are the same to the API server.
pub(crate) fn find_duplicate<'a>(objects: impl Iterator<Item = &'a Object>) -> Option<&'a Object> {
    let mut seen = BTreeSet::new();
    objects.into_iter().find(|object| !seen.insert(object.identity()))
}

/// Drops what is the same to the API server as one further in front.
pub(crate) fn keep_first(objects: &mut Vec<Object>) {
    let mut seen = BTreeSet::new();
    objects.retain(|object| {
        let (group, kind, namespace, name) = object.identity();
        seen.insert([group, kind, namespace.unwrap_or_default(), name].map(str::to_owned))
    });
}

fn items_of_list(mut document: Value) -> Result<Vec<Value>, Value> {
    if document["kind"] != "List" || document["apiVersion"] != "v1" {
        return Err(document);
    }
    match document["items"].take() {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        _ => Err(document),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn is_string_map(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.values().all(|value| value.is_string() || value.is_null()),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Result<Object, ObjectError> {
        Object::new("web/templates/x.yaml.j2", value)
    }

    fn refused(value: Value) -> String {
        object(value).unwrap_err().to_string()
    }

    #[test]
    fn what_every_object_has_is_asked_for_by_its_path() {
        assert_eq!(refused(json!([1])), "expected a Kubernetes object, found a list");
        assert_eq!(
            refused(json!({"a": 1})),
            "object: kind must be a name such as ConfigMap"
        );
        assert_eq!(
            refused(json!({"kind": "Pod"})),
            "Pod: apiVersion must be a version such as v1 or apps/v1"
        );
        let pod = |metadata: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
        assert_eq!(refused(pod(Value::Null)), "Pod: metadata must be a mapping");
        assert!(refused(pod(json!({"name": "a/b"}))).starts_with("Pod: metadata.name must be"));
        assert!(refused(pod(json!({"name": 5}))).starts_with("Pod: metadata.name must be"));
        assert_eq!(
            refused(pod(json!({"name": "a", "labels": {"b": true}}))),
            "Pod: metadata.labels must be a mapping of strings; quote numbers and booleans"
        );
    }

    #[test]
    fn a_label_without_a_value_is_empty() {
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"b": null}}});
        assert_eq!(
            object(pod).unwrap().value()["metadata"]["labels"],
            json!({"b": ""})
        );
    }

    #[test]
    fn two_versions_of_one_object_are_duplicates_and_two_namespaces_are_not() {
        let make = |api: &str, namespace: &str| {
            object(json!({"apiVersion": api, "kind": "X", "metadata": {"name": "a", "namespace": namespace}}))
                .unwrap()
        };
        let (one, two, other) = (make("g/v1", "a"), make("g/v2", "a"), make("g/v1", "b"));
        assert_eq!(find_duplicate([&one, &other].into_iter()), None);
        assert_eq!(find_duplicate([&one, &two].into_iter()), Some(&two));
    }

    #[test]
    fn lists_are_taken_apart() {
        let item = |name: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [item("a"), item("b")]});
        let text = yaml::write(&list).unwrap();
        assert_eq!(parse(&text).unwrap(), [item("a"), item("b")]);
    }

    #[test]
    fn hooks_are_read_with_their_defaults() {
        let hook = |annotations: Value| {
            Hook::new(
                object(json!({"apiVersion": "batch/v1", "kind": "Job",
                    "metadata": {"name": "a", "annotations": annotations}}))
                .unwrap(),
            )
        };
        let read =
            hook(json!({"helm.sh/hook": "pre-install, Post-Upgrade", "helm.sh/hook-weight": "-5"})).unwrap();
        assert_eq!(
            (read.events, read.weight),
            (vec![Event::PreInstall, Event::PostUpgrade], -5)
        );
        assert_eq!(read.delete_policies, ["before-hook-creation"]);
        for left_out in ["crd-install", "test,", ""] {
            assert_eq!(hook(json!({"helm.sh/hook": left_out})), None);
        }
    }

    #[test]
    fn what_helm_does_not_know_of_a_hook_has_no_effect() {
        let hook = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": {
            "helm.sh/hook": "test", "helm.sh/hook-weight": "x",
            "helm.sh/hook-delete-policy": "post-delete, hook-succeeded",
        }}});
        let read = Hook::new(object(hook).unwrap()).unwrap();
        assert_eq!(
            (read.weight, read.delete_policies),
            (0, vec!["hook-succeeded".to_owned()])
        );
    }
}
