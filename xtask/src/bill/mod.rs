//! The bill of materials, `components/components.yaml`: in comes its text, out comes a checked [`Bill`].

mod check;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

pub(crate) use check::check;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bill {
    /// The version of the whole release.
    pub(crate) version: String,
    /// What every image reference starts with.
    pub(crate) prefix: String,
    pub(crate) go: Toolchain,
    pub(crate) components: Vec<Component>,
    /// Our own programs: program to crate.
    pub(crate) crates: BTreeMap<String, String>,
    pub(crate) debian: Vec<DebianLayer>,
    pub(crate) images: Vec<Image>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Toolchain {
    /// The oldest version that builds the components.
    pub(crate) version: String,
    /// Go's FIPS 140-3 module, as `GOFIPS140` names it.
    pub(crate) fips: String,
}

/// A Go module and the programs that come from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Program to Go package.
    pub(crate) programs: BTreeMap<String, String>,
    /// Go variables set at link time.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) cgo: bool,
    /// C libraries that get inside the programs.
    #[serde(default)]
    pub(crate) links: Vec<String>,
    /// Not for nodes: the programs go among the artifacts as tools for tests and benchmarks.
    #[serde(default)]
    pub(crate) tool: bool,
    /// Modules of which only some packages are taken, or which are changed.
    #[serde(default)]
    pub(crate) trimmed: Vec<Trimmed>,
}

/// A module of which some packages are put beside our own files, in the directory that go.mod replaces it with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trimmed {
    pub(crate) module: String,
    pub(crate) version: String,
    /// The `h1:` sum of the whole module.
    pub(crate) sum: String,
    /// The directory in the component.
    pub(crate) into: String,
    /// Packages and files to take, subdirectories included.
    pub(crate) keep: Vec<String>,
    /// What is changed in them.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
}

/// Another text in place of one that is in a file exactly once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) file: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A layer of files from Debian packages, with the libraries that they link to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DebianLayer {
    pub(crate) name: String,
    pub(crate) packages: Vec<String>,
    pub(crate) files: Vec<String>,
    #[serde(default)]
    pub(crate) trees: Vec<String>,
    /// Symbolic links: path to target.
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    /// A busybox that is to be linked under all its names.
    #[serde(default)]
    pub(crate) applets: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) tag: String,
    #[serde(default)]
    pub(crate) set: Set,
    /// Path in the image to program.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// Names of Debian layers.
    #[serde(default)]
    pub(crate) layers: Vec<String>,
    /// Nothing but the files: no `/etc/passwd`, no `/tmp`.
    #[serde(default)]
    pub(crate) bare: bool,
    /// Carries the bundled charts.
    #[serde(default)]
    pub(crate) charts: bool,
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    #[serde(default)]
    pub(crate) cmd: Vec<String>,
}

/// Which directory of the artifacts an image's archive goes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Set {
    /// Shipped: a node starts from these.
    #[default]
    Bundle,
    /// For trying a cluster out.
    Samples,
}

impl Bill {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path)?;
        Self::parse(&text).with_context(|| format!("read the bill of materials {}", path.display()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let bill: Self = serde_saphyr::from_str(text)?;
        check(&bill)?;
        Ok(bill)
    }

    pub(crate) fn reference(&self, image: &Image) -> String {
        format!("{}/{}:{}", self.prefix, image.name, image.tag)
    }

    /// The component that a program comes from, if it is written in Go.
    pub(crate) fn component_of(&self, program: &str) -> Option<&Component> {
        self.components
            .iter()
            .find(|component| component.programs.contains_key(program))
    }
}

impl Image {
    /// The file name of the image's archive.
    pub(crate) fn archive(&self) -> String {
        format!("bowline-{}.tar.zst", self.name)
    }
}
