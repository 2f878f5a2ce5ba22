//! Which object: what stays the same while its content changes.

use std::fmt;

use serde_json::Value;

/// Group, kind, namespace and name; the version is kept for reaching it, and is no part of what it is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl Identity {
    /// The identity of `object`, in `namespace` if its kind has namespaces and the object names none.
    pub(crate) fn of(object: &Value, namespace: Option<&str>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let own = metadata["namespace"].as_str().filter(|own| !own.is_empty());
        Self {
            api_version: text(&object["apiVersion"]),
            kind: text(&object["kind"]),
            namespace: own.or(namespace).map(ToOwned::to_owned),
            name: text(&metadata["name"]),
        }
    }

    fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    fn key(&self) -> (&str, &str, Option<&str>, &str) {
        (self.group(), &self.kind, self.namespace.as_deref(), &self.name)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Identity {}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            namespace,
            name,
            ..
        } = self;
        match namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{name}"),
            None => write!(f, "{kind} {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_versions_of_an_object_are_one_and_two_namespaces_are_two() {
        let object = |version: &str| {
            let value = json!({"apiVersion": version, "kind": "X", "metadata": {"name": "n"}});
            Identity::of(&value, Some("a"))
        };
        assert_eq!(object("g/v1"), object("g/v2"));
        assert_ne!(object("g/v1"), object("h/v1"));
        assert_eq!(object("g/v1").to_string(), "X a/n");
    }
}
