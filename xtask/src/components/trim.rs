//! Modules of which only some packages are wanted, or with a change: the sources of a component are staged with those
//! packages and our own files in place of the rest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Caches;
use crate::bill::{Component, Edit, Trimmed};
use crate::process;

/// What `go mod download -json` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Download {
    dir: PathBuf,
    sum: String,
}

/// Gives the directory to build in: the component's own, or a copy in `work` with its trimmed modules completed.
pub(crate) fn stage(component: &Component, module: &Path, work: &Path, caches: &Caches) -> Result<PathBuf> {
    if component.trimmed.is_empty() {
        return Ok(module.to_path_buf());
    }
    let staged = work.join("source");
    copy(module, &staged)?;
    for trimmed in &component.trimmed {
        complete(trimmed, &staged.join(&trimmed.into), work, caches)
            .with_context(|| format!("take packages from {} {}", trimmed.module, trimmed.version))?;
    }
    Ok(staged)
}

fn complete(trimmed: &Trimmed, target: &Path, work: &Path, caches: &Caches) -> Result<()> {
    let mut go = Command::new("go");
    go.args([
        "mod",
        "download",
        "-json",
        &format!("{}@{}", trimmed.module, trimmed.version),
    ]);
    // Outside of any module, so that Go checks the sum database and not some go.sum.
    go.current_dir(work)
        .env("GOWORK", "off")
        .envs(caches.environment());
    let download: Download =
        serde_json::from_str(&process::output(&mut go)?).context("read what go mod download says")?;
    ensure!(
        download.sum == trimmed.sum,
        "its sum is {}, expected {}",
        download.sum,
        trimmed.sum
    );
    for kept in &trimmed.keep {
        copy(&download.dir.join(kept), &target.join(kept)).with_context(|| format!("take {kept}"))?;
    }
    for edit in &trimmed.edits {
        let file = target.join(&edit.file);
        let changed = apply(edit, &fs_err::read_to_string(&file)?)?;
        fs_err::write(file, changed)?;
    }
    Ok(())
}

/// A change that no longer fits its module must not get lost.
fn apply(edit: &Edit, text: &str) -> Result<String> {
    let count = text.matches(&edit.old).count();
    ensure!(
        count == 1,
        "{} has {count} times {:?}, expected 1: adapt the edit to this version",
        edit.file,
        edit.old
    );
    Ok(text.replacen(&edit.old, &edit.new, 1))
}

/// Copies a file or a directory; the module cache is read-only, so permissions stay behind.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        let content = fs_err::read(from)?;
        fs_err::create_dir_all(to.parent().context("find the directory of a copy")?)?;
        return Ok(fs_err::write(to, content)?);
    }
    for entry in fs_err::read_dir(from)? {
        let name = entry?.file_name();
        let skipped = name == "testdata" || name.to_string_lossy().ends_with("_test.go");
        if !skipped {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_component_without_trimmed_modules_is_built_where_it_is() {
        let component = Component {
            name: "etcd".to_owned(),
            version: "v1".to_owned(),
            programs: BTreeMap::new(),
            variables: BTreeMap::new(),
            tags: Vec::new(),
            cgo: false,
            links: Vec::new(),
            tool: false,
            trimmed: Vec::new(),
        };
        let staged = stage(
            &component,
            Path::new("/checkout/etcd"),
            Path::new("/nowhere"),
            &Caches::new("/nowhere".into()),
        )
        .unwrap();
        assert_eq!(staged, Path::new("/checkout/etcd"));
    }

    #[test]
    fn an_edit_fits_exactly_once() {
        let edit = Edit {
            file: "kube.go".to_owned(),
            old: "time.Second".to_owned(),
            new: "time.Minute".to_owned(),
        };
        assert_eq!(apply(&edit, "poll(time.Second)").unwrap(), "poll(time.Minute)");
        for text in ["poll(1)", "poll(time.Second, time.Second)"] {
            let error = apply(&edit, text).unwrap_err().to_string();
            assert!(
                error.contains("kube.go has") && error.contains("expected 1"),
                "{error}"
            );
        }
    }

    #[test]
    fn tests_and_their_data_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let from = directory.path().join("from");
        fs_err::create_dir_all(from.join("acme/testdata")).unwrap();
        for name in ["acme/a.go", "acme/a_test.go", "acme/testdata/x"] {
            fs_err::write(from.join(name), name).unwrap();
        }
        let to = directory.path().join("to");
        copy(&from, &to).unwrap();
        assert!(to.join("acme/a.go").is_file());
        assert!(!to.join("acme/a_test.go").exists() && !to.join("acme/testdata").exists());
    }
}
