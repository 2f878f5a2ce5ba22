//! `bowline --version`: the release and the version of each component in it.

use std::sync::LazyLock;

use crate::plan::images;

/// The version of this release.
pub(crate) static RELEASE: LazyLock<String> = LazyLock::new(|| images::version().to_owned());

/// What `--version` prints after the name.
pub(crate) static LONG: LazyLock<String> = LazyLock::new(|| long(images::version(), &images::components()));

fn long(version: &str, components: &[(&str, &str)]) -> String {
    let width = components
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let mut text = version.to_owned();
    for (name, version) in components {
        text.extend(["\n  ", &format!("{name:width$}  {version}")]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_stand_below_the_release() {
        let text = long(
            "v1.37.2+bowline1",
            &[("etcd", "v3.7.3"), ("kubernetes", "v1.37.2")],
        );
        insta::assert_snapshot!(text, @r"
        v1.37.2+bowline1
          etcd        v3.7.3
          kubernetes  v1.37.2
        ");
    }

    #[test]
    fn only_what_is_shipped_is_named() {
        assert!(LONG.contains("kubernetes "), "{}", *LONG);
        assert!(!LONG.contains("kubeadm"), "{}", *LONG);
    }
}
