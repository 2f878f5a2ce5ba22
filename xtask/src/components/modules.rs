//! Which Go modules are in a program: Go writes them into each, we keep them beside it for the SBOM.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::bill::Component;
use crate::process;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) version: String,
}

/// Notes what every program of `component` in `directory` is made of.
pub(crate) fn write(component: &Component, directory: &Path) -> Result<()> {
    component
        .programs
        .keys()
        .try_for_each(|program| note(&directory.join(program)))
}

fn note(program: &Path) -> Result<()> {
    let listing = process::output(Command::new("go").args(["version", "-m"]).arg(program))?;
    Ok(fs_err::write(note_path(program), listing)?)
}

/// The modules in the program at `path`.
pub(crate) fn read(path: &Path) -> Result<Vec<Module>> {
    let note_path = note_path(path);
    if !note_path.is_file() {
        note(path)?;
    }
    Ok(parse(&fs_err::read_to_string(note_path)?))
}

fn note_path(program: &Path) -> PathBuf {
    program.with_added_extension("buildinfo")
}

/// Reads `go version -m`: tab-separated lines, where `=>` replaces the module of the line above; a replacement
/// by a directory keeps the name of what it stands for.
fn parse(listing: &str) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for line in listing.lines() {
        let fields: Vec<&str> = line.trim_start().split('\t').collect();
        let module = |path: &str, version: &str| Module {
            path: path.to_owned(),
            version: version.to_owned(),
        };
        match fields.as_slice() {
            ["dep", path, version, ..] => modules.push(module(path, version)),
            ["=>", path, version, ..] if !path.starts_with('.') => {
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
                       \tdep\tgithub.com/a/b\tv1.2.3\th1:def=\n\
                       \tdep\tgithub.com/go-acme/lego/v5\tv5.4.1\n\t=>\t./lego\t(devel)\t\n\tbuild\t-trimpath=true\n";
        let modules = parse(listing);
        let names: Vec<_> = modules
            .iter()
            .map(|m| (m.path.as_str(), m.version.as_str()))
            .collect();
        let expected = [
            ("github.com/a/b", "v1.2.3"),
            ("github.com/go-acme/lego/v5", "v5.4.1"),
            ("k8s.io/api", "v0.37.2"),
        ];
        assert_eq!(names, expected);
    }
}
