//! What an earlier start wrote and this plan no longer has: containerd and the kubelet would still go by it.
//!
//! Only files that are ours by name or by their first line are taken away.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tracing::info;

use crate::layout::Layout;
use crate::plan::NodePlan;

/// How a file begins that was made from `registries.yaml`.
const MARK: &str = "# Written by bowline";

/// Removes what the plan does not have any more.
pub(crate) fn remove(layout: &Layout, plan: &NodePlan) -> Result<()> {
    let ours = [
        layout.flannel_config(),
        layout.registry_credentials(),
        layout.empty_resolv_conf(),
    ];
    let candidates = ours.into_iter().chain(hosts(&layout.registry_hosts())?);
    for path in candidates.filter(|path| plan.files.iter().all(|file| file.path != *path)) {
        match fs_err::remove_file(&path) {
            Ok(()) => info!(path = %path.display(), "removed: no setting asks for it any more"),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("remove what no setting asks for any more"),
        }
    }
    Ok(())
}

/// The `<host>/hosts.toml` files that are ours.
fn hosts(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("list the registries' hosts"),
    };
    let files = entries
        .map(|entry| Ok(entry?.path().join("hosts.toml")))
        .collect::<Result<Vec<_>>>()?;
    let is_ours = |path: &PathBuf| fs_err::read_to_string(path).is_ok_and(|text| text.starts_with(MARK));
    Ok(files.into_iter().filter(is_ours).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::File;

    #[test]
    fn only_our_own_files_that_the_plan_lost_are_removed() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        let host = |name: &str| layout.registry_hosts().join(name).join("hosts.toml");
        let write = |path: &Path, text: &str| {
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        for (name, text) in [("kept", MARK), ("lost", MARK), ("own", "server = \"x\"")] {
            write(&host(name), text);
        }
        write(&layout.flannel_config(), "{}");
        let file = File {
            path: host("kept"),
            mode: 0o644,
            owner: 0,
            content: Vec::new(),
        };
        let plan = NodePlan {
            files: vec![file],
            ..NodePlan::default()
        };
        remove(&layout, &plan).unwrap();
        let left = ["kept", "lost", "own"].map(|name| host(name).exists());
        assert_eq!(left, [true, false, true]);
        assert!(!layout.flannel_config().exists());
    }

    #[test]
    fn on_a_first_start_there_is_nothing_to_remove() {
        let data = tempfile::tempdir().unwrap();
        remove(&Layout::new(data.path()), &NodePlan::default()).unwrap();
    }
}
