//! Modules of which only some packages are wanted: the sources of a component are staged with those packages and
//! our own files in place of the rest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::bill::{Component, Trimmed};
use crate::process;

/// What `go mod download -json` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Download {
    dir: PathBuf,
    sum: String,
}

/// Gives the directory to build in: the component's own, or a copy in `work` with its trimmed modules completed.
pub(crate) fn stage(component: &Component, module: &Path, work: &Path) -> Result<PathBuf> {
    if component.trimmed.is_empty() {
        return Ok(module.to_path_buf());
    }
    let staged = work.join("source");
    copy(module, &staged)?;
    for trimmed in &component.trimmed {
        complete(trimmed, &staged.join(&trimmed.into), work)
            .with_context(|| format!("take packages from {} {}", trimmed.module, trimmed.version))?;
    }
    Ok(staged)
}

fn complete(trimmed: &Trimmed, target: &Path, work: &Path) -> Result<()> {
    let mut go = Command::new("go");
    go.args([
        "mod",
        "download",
        "-json",
        &format!("{}@{}", trimmed.module, trimmed.version),
    ]);
    // Outside of any module, so that Go checks the sum database and not some go.sum.
    go.current_dir(work).env("GOFLAGS", "").env("GOWORK", "off");
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
    Ok(())
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
            tool: false,
            trimmed: Vec::new(),
        };
        let staged = stage(&component, Path::new("/checkout/etcd"), Path::new("/nowhere")).unwrap();
        assert_eq!(staged, Path::new("/checkout/etcd"));
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
