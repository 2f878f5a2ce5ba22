//! Which Go modules are in a program: Go writes them into each, we keep them beside it for the SBOM.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::bill::Component;
use crate::process;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) version: String,
    /// The `h1:` sum, where Go knows one.
    pub(crate) sum: String,
}

/// Notes the modules of every program of `component` in `directory`.
pub(crate) fn write(component: &Component, directory: &Path) -> Result<()> {
    for program in component.programs.keys() {
        let path = directory.join(program);
        let listing = process::output(Command::new("go").args(["version", "-m"]).arg(&path))?;
        let text = serde_json::to_string(&parse(&listing)).context("write a module list")?;
        fs_err::write(list_path(&path), text)?;
    }
    Ok(())
}

/// The modules noted for the program at `path`.
pub(crate) fn read(path: &Path) -> Result<Vec<Module>> {
    let list = list_path(path);
    let text = fs_err::read_to_string(&list)?;
    serde_json::from_str(&text).with_context(|| format!("read {}", list.display()))
}

fn list_path(program: &Path) -> std::path::PathBuf {
    program.with_added_extension("modules.json")
}

/// Reads `go version -m`: tab-separated lines, where `=>` replaces the module of the line above.
fn parse(listing: &str) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for line in listing.lines() {
        let fields: Vec<&str> = line.trim_start().split('\t').collect();
        let module = |path: &str, version: &str| Module {
            path: path.to_owned(),
            version: version.to_owned(),
            sum: fields.get(3).copied().unwrap_or_default().to_owned(),
        };
        match fields.as_slice() {
            ["dep", path, version, ..] => modules.push(module(path, version)),
            ["=>", path, version, ..] => {
                modules.pop();
                modules.push(module(path, version));
            }
            _ => {}
        }
    }
    modules.sort();
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_module_is_listed_as_what_replaced_it() {
        let listing = "/x/kubelet: go1.26.8\n\tpath\tk8s.io/kubernetes/cmd/kubelet\n\tmod\tbowline.dev/c\t(devel)\t\n\
                       \tdep\tk8s.io/api\tv0.0.0\n\t=>\tk8s.io/api\tv0.37.2\th1:abc=\n\
                       \tdep\tgithub.com/a/b\tv1.2.3\th1:def=\n\tbuild\t-trimpath=true\n";
        let modules = parse(listing);
        let names: Vec<_> = modules
            .iter()
            .map(|m| (m.path.as_str(), m.version.as_str(), m.sum.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("github.com/a/b", "v1.2.3", "h1:def="),
                ("k8s.io/api", "v0.37.2", "h1:abc=")
            ]
        );
    }
}
