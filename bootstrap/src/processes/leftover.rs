//! Children of a bowline that was killed: found by their program's path and ended before new ones start.
//!
//! containerd's shims are left alone: they keep the pods, and the next containerd takes them up.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracing::warn;

/// How long a leftover has to end by itself.
const GRACE: Duration = Duration::from_secs(10);
/// How often it is looked at meanwhile.
const EVERY: Duration = Duration::from_millis(20);

/// Ends every process whose program is one of `names` from below `contents`.
pub(crate) async fn end(contents: &Path, names: &[&str]) -> Result<()> {
    for (pid, name) in find(contents, names) {
        warn!(
            pid = pid.as_raw(),
            name, "ending a process that an earlier bowline left"
        );
        end_one(pid)
            .await
            .with_context(|| format!("end the {name} that an earlier bowline left"))?;
    }
    Ok(())
}

async fn end_one(pid: Pid) -> Result<()> {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if kill(pid, signal) == Err(Errno::ESRCH) {
            return Ok(());
        }
        let end = tokio::time::Instant::now() + GRACE;
        while tokio::time::Instant::now() < end {
            if is_gone(pid) {
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
    }
    bail!("process {pid} does not end, not even by SIGKILL")
}

/// Gone, or a zombie that only waits for its parent to ask. While a thread of it still ends, its ports are taken.
fn is_gone(pid: Pid) -> bool {
    let Ok(process) = procfs::process::Process::new(pid.as_raw()) else {
        return true;
    };
    match (process.stat(), process.tasks()) {
        (Ok(stat), Ok(threads)) => matches!(stat.state, 'Z' | 'X') && threads.count() <= 1,
        _ => true,
    }
}

/// In our own pid namespace alone: a light machine on this host may have the very same paths.
fn find(contents: &Path, names: &[&str]) -> Vec<(Pid, String)> {
    let Ok(all) = procfs::process::all_processes() else {
        return Vec::new();
    };
    let namespace = |process: &procfs::process::Process| -> Option<u64> {
        let namespaces = process.namespaces().ok()?;
        namespaces
            .0
            .get(std::ffi::OsStr::new("pid"))
            .map(|namespace| namespace.identifier)
    };
    let own = procfs::process::Process::myself()
        .ok()
        .and_then(|process| namespace(&process));
    all.flatten()
        .filter_map(|process| {
            let program = process.exe().ok()?;
            let name = program_name(&program, contents, names)?;
            (namespace(&process) == own).then(|| (Pid::from_raw(process.pid), name))
        })
        .collect()
}

/// The name, when `program` is one of ours; a program whose content was removed since carries a suffix.
fn program_name(program: &Path, contents: &Path, names: &[&str]) -> Option<String> {
    if !program.starts_with(contents) {
        return None;
    }
    let name = program.file_name()?.to_str()?.trim_end_matches(" (deleted)");
    names.contains(&name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_programs_count_and_shims_never_do() {
        let contents = Path::new("/var/lib/bowline/data");
        let name = |program: &str| program_name(Path::new(program), contents, &["containerd", "kubelet"]);
        assert_eq!(
            name("/var/lib/bowline/data/x/bin/kubelet").as_deref(),
            Some("kubelet")
        );
        assert_eq!(
            name("/var/lib/bowline/data/x/bin/containerd (deleted)").as_deref(),
            Some("containerd")
        );
        assert_eq!(name("/var/lib/bowline/data/x/bin/containerd-shim-runc-v2"), None);
        assert_eq!(name("/usr/bin/containerd"), None);
    }

    #[tokio::test]
    async fn a_leftover_is_found_by_its_path_and_ended() {
        let contents = tempfile::tempdir().unwrap();
        let program = contents.path().join("sleeper");
        fs_err::copy("/bin/sleep", &program).unwrap();
        let mut child = tokio::process::Command::new(&program).arg("60").spawn().unwrap();
        end(contents.path(), &["sleeper"]).await.unwrap();
        let status = child.wait().await.unwrap();
        assert!(!status.success());
        assert!(find(contents.path(), &["sleeper"]).is_empty());
    }
}
