//! Which packages a layer needs, as apt's lists say: the named ones and all that they depend on.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::process;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
    pub(crate) sha256: String,
}

impl Package {
    /// The name that `apt-get download` gives the file: an epoch's colon is escaped.
    pub(crate) fn file_name(&self) -> String {
        format!(
            "{}_{}_{}.deb",
            self.name,
            self.version.replace(':', "%3a"),
            self.architecture
        )
    }
}

pub(crate) fn resolve(names: &[String]) -> Result<Vec<Package>> {
    let mut depends = Command::new("apt-cache");
    depends.args(["depends", "--recurse", "--installed=false"]);
    for relation in [
        "recommends",
        "suggests",
        "conflicts",
        "breaks",
        "replaces",
        "enhances",
    ] {
        depends.arg(format!("--no-{relation}"));
    }
    let tree = process::output(depends.args(names))?;
    let mut show = Command::new("apt-cache");
    let text = process::output(
        show.args(["show", "--no-all-versions"])
            .args(real_packages(&tree)),
    )?;
    let packages = parse(&text);
    for name in names {
        let found = packages.iter().any(|package| &package.name == name);
        ensure!(
            found,
            "apt's lists do not hold the package {name}: run apt-get update"
        );
    }
    Ok(packages)
}

/// Package names stand at the line's start; `<virtual>` ones have no content of their own.
fn real_packages(tree: &str) -> BTreeSet<&str> {
    let names = tree.lines().filter(|line| !line.starts_with([' ', '|', '<']));
    names
        .filter(|name| !name.is_empty() && !name.contains(':'))
        .collect()
}

fn parse(text: &str) -> Vec<Package> {
    let mut packages = BTreeSet::new();
    for stanza in text.split("\n\n") {
        let field = |key: &str| {
            let value = stanza
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            value.unwrap_or_default().trim().to_owned()
        };
        let package = Package {
            name: field("Package"),
            version: field("Version"),
            architecture: field("Architecture"),
            sha256: field("SHA256"),
        };
        if !package.name.is_empty() && !package.sha256.is_empty() {
            packages.insert(package);
        }
    }
    packages.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_gives_each_real_package_once() {
        let tree = "nftables\n  Depends: libc6\n |Depends: <x>\nlibc6\n<debconf-2.0>\nlibc6\nfoo:i386\n";
        assert_eq!(real_packages(tree), BTreeSet::from(["libc6", "nftables"]));
    }

    #[test]
    fn stanzas_become_packages_with_the_file_names_that_apt_writes() {
        let text = "Package: conntrack\nArchitecture: amd64\nVersion: 1:1.4.7-1+b2\nSHA256: ab\n\n\
                    Package: virtual\nVersion: 1\n\n";
        let packages = parse(text);
        assert_eq!(packages.len(), 1);
        assert_eq!(packages[0].file_name(), "conntrack_1%3a1.4.7-1+b2_amd64.deb");
    }
}
