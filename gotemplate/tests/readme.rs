//! What the README promises.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gotemplate::{Functions, sprig};

const README: &str = include_str!("../README.md");

/// The part of the README below a heading.
fn section(heading: &str) -> &'static str {
    let start = README.find(heading).expect("the heading is there") + heading.len();
    README[start..].split("\n#").next().unwrap_or_default()
}

/// What stands between backquotes.
fn codes(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_table_names_every_function_of_sprig_and_no_other() {
    let rows: String = section("### Sprig\n")
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    let named = codes(&rows);
    let known: BTreeSet<&str> = sprig::FUNCTIONS
        .iter()
        .flat_map(|table| table.iter())
        .map(|function| function.name)
        .collect();
    assert_eq!(named, known);
}

#[test]
fn the_table_names_every_built_in() {
    let row = README.lines().find(|line| line.starts_with("| built-ins"));
    let named = codes(row.expect("the row is there"));
    // `call` is there, but among the differences.
    let functions = Functions::default();
    let unnamed: Vec<&str> = functions
        .iter()
        .map(|function| function.name)
        .filter(|name| *name != "call" && !named.contains(name))
        .collect();
    assert_eq!(unnamed, [""; 0]);
}

/// What each package of a lock file depends on.
fn dependencies(lock: &str) -> BTreeMap<&str, Vec<&str>> {
    lock.split("[[package]]\n")
        .skip(1)
        .filter_map(|package| {
            let name = package.strip_prefix("name = \"")?.split('"').next()?;
            let list = package.split("dependencies = [").nth(1).unwrap_or_default();
            let names = list.lines().filter_map(|line| line.trim().strip_prefix('"'));
            Some((
                name,
                names.filter_map(|line| line.split(['"', ' ']).next()).collect(),
            ))
        })
        .collect()
}

#[test]
fn nothing_of_kubernetes_or_helm_is_depended_upon() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs_err::read_to_string(directory.join("Cargo.toml")).expect("a manifest");
    let direct = manifest.split("[dependencies]").nth(1).expect("dependencies");
    let direct = direct.split("\n[").next().unwrap_or_default();
    let mut open: Vec<String> = direct
        .lines()
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    assert!(open.len() > 5, "{open:?}");
    // Where the crate stands alone there is no lock file above it: then the direct ones have to do.
    let lock = fs_err::read_to_string(directory.join("../Cargo.lock")).unwrap_or_default();
    let graph = dependencies(&lock);
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        for word in ["kube", "k8s", "helm", "bowline"] {
            assert!(!name.contains(word), "{name} is depended upon");
        }
        if seen.insert(name.clone()) {
            open.extend(
                graph
                    .get(name.as_str())
                    .into_iter()
                    .flatten()
                    .map(|next| (*next).to_owned()),
            );
        }
    }
}
