//! The images of this release: the bill of materials, read once, and the references it gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

/// The bill of materials, the very file the bundle is built from.
const COMPONENTS: &str = include_str!("../../../components/components.yaml");

static BILL: LazyLock<Bill> = LazyLock::new(|| {
    serde_saphyr::from_str(COMPONENTS).expect("the embedded components.yaml is checked by a test")
});

/// What `components.yaml` says about images.
#[derive(Debug, Deserialize)]
struct Bill {
    version: String,
    prefix: String,
    images: Vec<Component>,
    components: Vec<Source>,
}

/// One component that is built, and its version.
#[derive(Debug, Deserialize)]
struct Source {
    name: String,
    version: String,
    #[serde(default)]
    /// Program: Go package.
    programs: BTreeMap<String, String>,
}

/// One image of the bill.
#[derive(Debug, Deserialize)]
struct Component {
    name: String,
    tag: String,
    /// Path in the image: program.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

/// The version of this release.
pub(crate) fn version() -> &'static str {
    &BILL.version
}

/// The components whose programs are in this release's images, by name, with their versions.
pub(crate) fn components() -> Vec<(&'static str, &'static str)> {
    let shipped: BTreeSet<&String> = BILL
        .images
        .iter()
        .flat_map(|image| image.files.values())
        .collect();
    let mut found: Vec<_> = BILL
        .components
        .iter()
        .filter(|source| source.programs.keys().any(|program| shipped.contains(program)))
        .map(|source| (source.name.as_str(), source.version.as_str()))
        .collect();
    found.sort_unstable();
    found
}

/// The references of this release's images, on the registry that settings name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Images {
    /// Replaces the registry host of every reference.
    pub(crate) system_default_registry: Option<String>,
    /// What settings name in place of this release's own, by component.
    pub(crate) replaced: BTreeMap<String, String>,
}

impl Images {
    /// The reference of the image `name`; nothing when this release has no such image.
    pub(crate) fn reference(&self, name: &str) -> Option<String> {
        let component = BILL.images.iter().find(|component| component.name == name)?;
        let prefix = match &self.system_default_registry {
            None => BILL.prefix.clone(),
            Some(registry) => {
                let repository = BILL
                    .prefix
                    .split_once('/')
                    .map_or("", |(_, repository)| repository);
                format!("{}/{repository}", registry.trim_end_matches('/'))
            }
        };
        Some(format!("{prefix}/{}:{}", component.name, component.tag))
    }

    /// The reference of an image that every release has.
    pub(crate) fn required(&self, name: Required) -> String {
        let replaced = self.replaced.get(name.as_str()).cloned();
        replaced
            .or_else(|| self.reference(name.as_str()))
            .expect("a test checks that each required image is in the bill")
    }
}

/// Images that a plan cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Required {
    Runtime,
    Pause,
    Etcd,
    KubeApiserver,
    KubeControllerManager,
    KubeScheduler,
    Operator,
}

impl Required {
    /// What containerd must hold for an API server to start, in the order in which a start needs it.
    pub(crate) const FOR_API_SERVER: [Self; 3] = [Self::Pause, Self::Etcd, Self::KubeApiserver];
    /// What the API server's start is followed by.
    pub(crate) const AFTER_API_SERVER: [Self; 3] =
        [Self::KubeControllerManager, Self::KubeScheduler, Self::Operator];

    fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Pause => "pause",
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Operator => "operator",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_required_image_is_in_the_bill_of_materials() {
        for required in Required::FOR_API_SERVER
            .into_iter()
            .chain(Required::AFTER_API_SERVER)
            .chain([Required::Runtime])
        {
            assert!(
                Images::default().reference(required.as_str()).is_some(),
                "{required:?}"
            );
        }
        assert!(version().starts_with('v'));
    }

    #[test]
    fn a_system_default_registry_replaces_the_host_of_images_that_are_not_chosen() {
        let images = Images {
            system_default_registry: Some("registry.local:5000/".into()),
            replaced: [("etcd".to_owned(), "example.org/etcd:1".to_owned())].into(),
        };
        assert_eq!(images.required(Required::Etcd), "example.org/etcd:1");
        let reference = images.required(Required::Pause);
        assert!(
            reference.starts_with("registry.local:5000/bowline/pause:"),
            "{reference}"
        );
    }

    #[test]
    fn an_image_that_no_release_has_is_no_reference() {
        assert_eq!(Images::default().reference("nginx"), None);
    }
}
