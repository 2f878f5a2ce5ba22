//! What a file asks for, and whether it is its turn. Pure.

use bowline_charts::Object;
use bowline_crds::{ADDON_LABEL, ADDON_MODIFIED_ANNOTATION, ADDON_NODE_ANNOTATION};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};
use thiserror::Error;

use super::fetch::Fetched;

/// What to do with a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is applied already.
    Check,
    Apply,
    /// Another server has a newer file of this name.
    Yield {
        node: String,
    },
}

/// A file that cannot be applied until somebody changes it.
#[derive(Debug, Error)]
pub(crate) enum ManifestError {
    #[error("{file} is not UTF-8 text")]
    NotText { file: String },
    #[error("{file}: not valid YAML{}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Yaml {
        file: String,
        line: Option<usize>,
        #[source]
        source: bowline_charts::yaml::YamlError,
    },
    #[error("{file}, document {document}")]
    Object {
        file: String,
        document: usize,
        #[source]
        source: bowline_charts::ObjectError,
    },
    /// An empty file may be one that is just being written: nothing is taken away for it.
    #[error("{file} holds no object; to take away what it brought, put {file}.disabled beside it")]
    Empty { file: String },
}

/// Decides by checksum; of several servers whose files differ the one with the newest file is heard.
pub(crate) fn decide(fetched: &Fetched, node: &str) -> Step {
    let Some(addon) = &fetched.addon else {
        return Step::Apply;
    };
    if addon.spec.checksum == fetched.checksum {
        return Step::Check;
    }
    let annotation = |key| addon.annotations().get(key).map(String::as_str);
    let other = annotation(ADDON_NODE_ANNOTATION).filter(|other| *other != node);
    let modified: Option<Timestamp> =
        annotation(ADDON_MODIFIED_ANNOTATION).and_then(|time| time.parse().ok());
    match (other, modified) {
        (Some(other), Some(modified)) if modified > fetched.file.modified => Step::Yield {
            node: other.to_owned(),
        },
        _ => Step::Apply,
    }
}

/// The objects of a file, labelled as this Addon's.
pub(crate) fn parse(fetched: &Fetched) -> Result<Vec<Value>, ManifestError> {
    let file = || fetched.file.path.display().to_string();
    let text = std::str::from_utf8(&fetched.content).map_err(|_| ManifestError::NotText { file: file() })?;
    let documents = bowline_charts::yaml::read_documents(text).map_err(|source| ManifestError::Yaml {
        file: file(),
        line: source.line,
        source,
    })?;
    let mut objects = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        for item in items(document) {
            let object = Object::new(file(), item).map_err(|source| ManifestError::Object {
                file: file(),
                document: index + 1,
                source,
            })?;
            objects.push(label(object.into_value(), &fetched.name));
        }
    }
    if objects.is_empty() {
        return Err(ManifestError::Empty { file: file() });
    }
    Ok(objects)
}

/// The items of a List, or the document itself.
fn items(mut document: Value) -> Vec<Value> {
    let is_list = document["kind"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("List"));
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => items,
        _ => vec![document],
    }
}

fn label(mut object: Value, addon: &str) -> Value {
    let labels = &mut object["metadata"]["labels"];
    if labels.is_null() {
        *labels = json!({});
    }
    labels[ADDON_LABEL] = addon.into();
    object
}

#[cfg(test)]
mod tests {
    use bowline_crds::{Addon, AddonSpec};

    use super::*;
    use crate::addon::folder::File;

    fn fetched(content: &str) -> Fetched {
        let modified = Timestamp::from_second(100).unwrap();
        Fetched {
            name: "web".into(),
            file: File {
                path: "/manifests/web.yaml".into(),
                modified,
                ..File::default()
            },
            content: content.into(),
            checksum: "new".into(),
            addon: None,
        }
    }

    fn applied(node: &str, second: i64, checksum: &str) -> Addon {
        let spec = AddonSpec {
            source: String::new(),
            checksum: checksum.into(),
        };
        let mut addon = Addon::new("web", spec);
        let modified = Timestamp::from_second(second).unwrap().to_string();
        let annotations = [
            (ADDON_NODE_ANNOTATION, node.to_owned()),
            (ADDON_MODIFIED_ANNOTATION, modified),
        ];
        addon.metadata.annotations = Some(annotations.map(|(key, value)| (key.to_owned(), value)).into());
        addon
    }

    #[test]
    fn the_newest_file_of_several_servers_is_heard_and_ones_own_always() {
        let mut fetched = fetched("");
        assert_eq!(decide(&fetched, "a"), Step::Apply);
        fetched.addon = Some(applied("b", 200, "new"));
        assert_eq!(decide(&fetched, "a"), Step::Check);
        fetched.addon = Some(applied("b", 200, "other"));
        assert_eq!(decide(&fetched, "a"), Step::Yield { node: "b".into() });
        assert_eq!(decide(&fetched, "b"), Step::Apply);
        fetched.addon = Some(applied("b", 50, "other"));
        assert_eq!(decide(&fetched, "a"), Step::Apply);
    }

    #[test]
    fn documents_and_lists_become_labelled_objects() {
        let objects = parse(&fetched(
            "# comment\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
             {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]}",
        ))
        .unwrap();
        let names: Vec<_> = objects
            .iter()
            .map(|object| object["metadata"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(objects[1]["metadata"]["labels"][ADDON_LABEL], "web");
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_place() {
        let said = |content| crate::report::chain(&parse(&fetched(content)).unwrap_err().into());
        assert!(said("a: [").starts_with("/manifests/web.yaml: not valid YAML (line "));
        assert!(said("{kind: Pod}").starts_with("/manifests/web.yaml, document 1: Pod: apiVersion must be"));
        assert!(said("# nothing\n").starts_with("/manifests/web.yaml holds no object"));
    }
}
