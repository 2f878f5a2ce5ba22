//! Pure: what the kernel can do, from the lists that it and its modules come with.

use std::collections::BTreeMap;

use super::facts::Feature;
use super::kernel::{FEATURES, Needed};

/// The lists; an empty one says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// `/proc/modules` and `/proc/filesystems`, and names of what was seen at work.
    pub(super) present: String,
    /// `/lib/modules/<kernel>/modules.builtin`
    pub(super) builtin: String,
    /// `/lib/modules/<kernel>/modules.dep`
    pub(super) loadable: String,
    /// The kernel's configuration.
    pub(super) config: String,
}

/// Each feature that bowline asks about.
pub(super) fn features(sources: &Sources) -> BTreeMap<&'static str, Feature> {
    FEATURES
        .iter()
        .map(|needed| (needed.name, feature(needed, sources)))
        .collect()
}

fn feature(needed: &Needed, sources: &Sources) -> Feature {
    let in_present = sources.present.split_whitespace().any(|word| word == needed.name);
    let option = |value: &str| {
        sources
            .config
            .lines()
            .any(|line| line.strip_prefix(needed.option) == Some(value))
    };
    if in_present || names_module(&sources.builtin, needed.name) || option("=y") {
        Feature::Present
    } else if names_module(&sources.loadable, needed.name) {
        Feature::Loadable
    } else if !sources.config.is_empty() && !option("=m") {
        Feature::Absent
    } else if sources.loadable.is_empty() {
        Feature::Unknown
    } else {
        Feature::Absent
    }
}

/// Lines such as `kernel/net/netfilter/nf_tables.ko.xz: …`; `-` and `_` are the same to the kernel.
fn names_module(list: &str, name: &str) -> bool {
    list.lines()
        .filter_map(|line| line.split(':').next()?.rsplit('/').next()?.split('.').next())
        .any(|module| module.replace('-', "_") == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(sources: &Sources) -> Feature {
        features(sources)["overlay"]
    }

    #[test]
    fn any_list_may_say_that_a_feature_is_there() {
        let present = Sources {
            present: "nodev\toverlay\n\text4\n".into(),
            ..Sources::default()
        };
        let builtin = Sources {
            builtin: "kernel/fs/overlayfs/overlay.ko\n".into(),
            ..Sources::default()
        };
        let config = Sources {
            config: "CONFIG_OVERLAY_FS=y\n".into(),
            ..Sources::default()
        };
        for sources in [present, builtin, config] {
            assert_eq!(overlay(&sources), Feature::Present, "{sources:?}");
        }
    }

    #[test]
    fn a_module_on_disk_can_be_loaded() {
        let sources = Sources {
            loadable: "kernel/net/bridge/br-netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\n".into(),
            config: "CONFIG_BRIDGE_NETFILTER=m\n".into(),
            ..Sources::default()
        };
        assert_eq!(features(&sources)["br_netfilter"], Feature::Loadable);
        assert_eq!(overlay(&sources), Feature::Absent);
    }

    #[test]
    fn a_kernel_that_tells_nothing_leaves_it_unknown() {
        assert_eq!(overlay(&Sources::default()), Feature::Unknown);
        let module_without_file = Sources {
            config: "CONFIG_OVERLAY_FS=m\n".into(),
            ..Sources::default()
        };
        assert_eq!(overlay(&module_without_file), Feature::Unknown);
    }

    #[test]
    fn a_configuration_without_the_option_says_no() {
        let sources = Sources {
            config: "# CONFIG_OVERLAY_FS is not set\nCONFIG_OVERLAY_FS_DEBUG=y\n".into(),
            ..Sources::default()
        };
        assert_eq!(overlay(&sources), Feature::Absent);
    }
}
