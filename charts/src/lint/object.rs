//! The rules for an object that a template gives.

use super::deprecated::deprecation;
use super::{Remarks, name};
use crate::Render;
use crate::manifest::Head;
use crate::yaml;

/// A document that a template gave.
pub(super) struct Document<'a> {
    /// The template.
    pub(super) path: &'a str,
    pub(super) head: &'a Head,
    pub(super) text: &'a str,
    /// All that the template gave: some of Helm's rules look there.
    pub(super) file: &'a str,
}

pub(super) fn check(document: &Document<'_>, with: &Render, remarks: &mut Remarks) {
    let Document {
        path,
        head,
        text,
        file,
    } = *document;
    if *head == Head::default() && is_nothing(text) {
        return;
    }
    if let Some(fault) = name::fault(&head.kind, &head.name) {
        let name = &head.name;
        remarks.warning(
            path,
            format!(
                "object name does not conform to Kubernetes naming requirements: {name:?}: metadata.name: Invalid value: \
                 {name:?}: {fault}"
            ),
        );
    }
    if let Some(warning) = deprecation(&head.api_version, &head.kind, with.capabilities.major_minor()) {
        remarks.warning(path, warning);
    }
    let selects = matches!(
        head.kind.as_str(),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet"
    );
    if selects && !file.contains("matchLabels") && !file.contains("matchExpressions") {
        remarks.error(
            path,
            format!(
                "a {} must contain matchLabels or matchExpressions, and {:?} does not",
                head.kind, head.name
            ),
        );
    }
    if head.kind == "List" && keeps_items(text) {
        remarks.error(
            path,
            "annotation 'helm.sh/resource-policy' within List objects are ignored",
        );
    }
}

/// Only comments.
fn is_nothing(document: &str) -> bool {
    document
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

fn keeps_items(document: &str) -> bool {
    let documents = yaml::read_manifest(document).unwrap_or_default();
    let items = documents
        .iter()
        .filter_map(|list| list["items"].as_array())
        .flatten();
    items.into_iter().any(|item| {
        item["metadata"]["annotations"]
            .get("helm.sh/resource-policy")
            .is_some()
    })
}
