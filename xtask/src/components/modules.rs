//! Which Go modules are in a program, the standard library and its cryptography included: Go writes them into each, we
//! keep them beside it for the SBOM.

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

/// Reads `go version -m`: the program and Go's version, then tab-separated lines, where `=>` replaces the module of
/// the line above; a replacement by a directory keeps the name of what it stands for.
fn parse(listing: &str) -> Vec<Module> {
    let module = |path: &str, version: &str| Module {
        path: path.to_owned(),
        version: version.to_owned(),
    };
    let mut modules: Vec<Module> = standard_library(listing)
        .map(|version| module("stdlib", &format!("v{version}")))
        .into_iter()
        .collect();
    for line in listing.lines() {
        let fields: Vec<&str> = line.trim_start().split('\t').collect();
        match fields.as_slice() {
            // Go's cryptography comes in versions of its own.
            ["build", setting] if setting.starts_with("GOFIPS140=") => {
                modules.push(module("crypto/internal/fips140", &setting["GOFIPS140=".len()..]));
            }
            ["dep", path, version, ..] => modules.push(module(path, version)),
            // The program's own module, unless it is ours.
            ["mod", path, version, ..] if *version != "(devel)" => modules.push(module(path, version)),
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

/// The first line is such as `/x/kubelet: go1.26.8`.
fn standard_library(listing: &str) -> Option<&str> {
    let (_, version) = listing.lines().next()?.rsplit_once(": go")?;
    version.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_listed_as_what_replaced_them_and_with_gos_own() {
        let listing = "/x/kubelet: go1.26.8\n\tpath\tk8s.io/kubernetes/cmd/kubelet\n\tmod\tbowline.dev/c\t(devel)\t\n\
                       \tdep\tk8s.io/api\tv0.0.0\n\t=>\tk8s.io/api\tv0.37.2\th1:abc=\n\
                       \tdep\tgithub.com/a/b\tv1.2.3\th1:def=\n\
                       \tdep\tgithub.com/go-acme/lego/v5\tv5.4.1\n\t=>\t./lego\t(devel)\t\n\tbuild\t-trimpath=true\n\
                       \tbuild\tGOFIPS140=v1.0.0-c2097c7c\n";
        let modules = parse(listing);
        let names: Vec<_> = modules
            .iter()
            .map(|m| (m.path.as_str(), m.version.as_str()))
            .collect();
        let expected = [
            ("crypto/internal/fips140", "v1.0.0-c2097c7c"),
            ("github.com/a/b", "v1.2.3"),
            ("github.com/go-acme/lego/v5", "v5.4.1"),
            ("k8s.io/api", "v0.37.2"),
            ("stdlib", "v1.26.8"),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_program_that_is_a_module_itself_holds_it() {
        let listing = "/x/runc: go1.26.8\n\tmod\tgithub.com/opencontainers/runc\tv1.5.2\th1:eUU=\n";
        let modules = parse(listing);
        assert_eq!(modules[0].path, "github.com/opencontainers/runc");
        assert_eq!((modules[0].version.as_str(), modules.len()), ("v1.5.2", 2));
    }
}
