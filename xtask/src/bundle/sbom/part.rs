//! A thing that the document lists, whatever kind it is of, under the names that SPDX and package URLs give it. Pure.

use crate::components::debian::Package;
use crate::components::{Crate, Library, Module};
use crate::digest;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    kind: &'static str,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) purl: String,
    pub(crate) sha256: Option<String>,
}

impl Part {
    /// A program that is shipped.
    pub(crate) fn program(name: &str, version: &str) -> Self {
        Self::new("Program", name, version, &format!("pkg:generic/{name}@{version}"))
    }

    /// A Go module in a program.
    pub(crate) fn module(module: &Module) -> Self {
        let Module { path, version } = module;
        Self::new("Go", path, version, &format!("pkg:golang/{path}@{version}"))
    }

    /// A crate in a program.
    pub(crate) fn rust(of: &Crate) -> Self {
        let Crate { name, version, .. } = of;
        Self {
            sha256: of.checksum.clone(),
            ..Self::new("Crate", name, version, &format!("pkg:cargo/{name}@{version}"))
        }
    }

    /// A C library in a program.
    pub(crate) fn library(library: &Library) -> Self {
        let Library {
            package,
            version,
            architecture,
        } = library;
        Self::new("Library", package, version, &deb(package, version, architecture))
    }

    /// A Debian package of which there are files in an image.
    pub(crate) fn debian(package: &Package) -> Self {
        let Package { name, version, .. } = package;
        Self {
            sha256: Some(package.sha256.clone()),
            ..Self::new(
                "Debian",
                name,
                version,
                &deb(name, version, &package.architecture),
            )
        }
    }

    fn new(kind: &'static str, name: &str, version: &str, purl: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            version: version.to_owned(),
            // In a package URL, a plus sign could be a space.
            purl: purl.replace('+', "%2B"),
            sha256: None,
        }
    }

    /// SPDX allows letters, digits, dots and dashes only; the digest keeps two names apart that read alike.
    pub(crate) fn id(&self) -> String {
        let mut digest = digest::of_bytes(self.purl.as_bytes());
        digest.truncate(16);
        format!("SPDXRef-{}-{digest}", self.kind)
    }
}

fn deb(name: &str, version: &str, architecture: &str) -> String {
    format!("pkg:deb/debian/{name}@{version}?arch={architecture}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_with_a_plus_sign_is_escaped_in_the_url_alone() {
        let part = Part::program("bowline", "v1.37.2+bowline1");
        assert_eq!(part.version, "v1.37.2+bowline1");
        assert_eq!(part.purl, "pkg:generic/bowline@v1.37.2%2Bbowline1");
    }

    #[test]
    fn the_same_name_in_two_languages_is_two_things() {
        let go = Part::module(&Module {
            path: "zstd".into(),
            version: "1".into(),
        });
        let rust = Part::rust(&Crate {
            name: "zstd".into(),
            version: "1".into(),
            checksum: None,
        });
        assert_ne!(go.id(), rust.id());
    }
}
