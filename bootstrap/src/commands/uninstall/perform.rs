//! Does one step.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::step::{Process, Step};
use crate::ledger::Restoration;
use crate::netlink;

/// How long bowline may take to stop its children.
const GRACE: Duration = Duration::from_secs(30);
/// How long the kernel may take to end what was killed.
const KILL_GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Does a step; what is gone already is done.
pub(super) fn perform(step: &Step) -> Result<()> {
    match step {
        Step::StopUnit(unit) => run("systemctl", &["stop", unit]),
        Step::DisableUnit(unit) => run("systemctl", &["disable", unit]),
        Step::EndProcesses {
            processes, softly, ..
        } => end(processes, *softly),
        Step::RemoveCgroup(path) => remove_cgroup(path),
        Step::Unmount(path) => unmount(path),
        Step::RemoveNetworkNamespace(path) => {
            unmount(path)?;
            remove_file(path)
        }
        Step::DeleteLink(link) => netlink::delete_link(link),
        Step::DeleteRoute(route) => netlink::delete_route(route),
        Step::RestoreRules { program, script } => restore(program, script),
        Step::DeleteTable(table) => netlink::delete_table(table),
        Step::SetSysctl(sysctl) => set_sysctl(sysctl),
        Step::RemoveFolder { path, keep } => remove_folder(path, *keep),
        Step::RemoveFile(path) => remove_file(path),
        Step::RemoveEmptyFolder(path) => match fs_err::remove_dir(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        },
        Step::ReloadUnits if Path::new("/run/systemd/system").is_dir() => {
            run("systemctl", &["daemon-reload"])
        }
        Step::ReloadUnits => Ok(()),
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("run {line}"))?;
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}

fn end(processes: &[Process], softly: bool) -> Result<()> {
    if softly {
        signal(processes, Signal::SIGTERM)?;
        if wait_for_end(processes, GRACE) {
            return Ok(());
        }
    }
    signal(processes, Signal::SIGKILL)?;
    if !wait_for_end(processes, KILL_GRACE) {
        bail!(
            "still there after {} s: the kernel holds them, most often for a disk or a network mount that does not answer",
            KILL_GRACE.as_secs()
        );
    }
    Ok(())
}

fn signal(processes: &[Process], signal: Signal) -> Result<()> {
    for process in processes.iter().filter(|process| is_alive(process)) {
        match kill(Pid::from_raw(process.pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => {
                return Err(error).with_context(|| format!("send {signal} to process {}", process.pid));
            }
        }
    }
    Ok(())
}

fn wait_for_end(processes: &[Process], patience: Duration) -> bool {
    let begun = Instant::now();
    while processes.iter().any(is_alive) {
        if begun.elapsed() > patience {
            return false;
        }
        sleep(POLL);
    }
    true
}

/// A zombie is ended: only its parent has not looked yet.
fn is_alive(process: &Process) -> bool {
    let stat = procfs::process::Process::new(process.pid).and_then(|found| found.stat());
    stat.is_ok_and(|stat| stat.starttime == process.start && stat.state != 'Z')
}

/// Kills what runs there until nothing is left, then removes the folders from the leaves up.
fn remove_cgroup(root: &Path) -> Result<()> {
    let begun = Instant::now();
    loop {
        let members = members(root);
        if members.is_empty() {
            break;
        }
        if begun.elapsed() > KILL_GRACE {
            bail!("process {} of {} does not end", members[0], root.display());
        }
        for pid in members {
            // A container that is paused dies when it is thawed.
            let _ = fs_err::write(root.join("freezer.state"), "THAWED");
            match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error).with_context(|| format!("kill process {pid}")),
            }
        }
        sleep(POLL);
    }
    for cgroup in descendants(root) {
        retry_while_busy(&cgroup)?;
    }
    Ok(())
}

/// The processes of a cgroup and all below it.
fn members(root: &Path) -> Vec<i32> {
    let lists = descendants(root).into_iter();
    let lists = lists.filter_map(|cgroup| fs_err::read_to_string(cgroup.join("cgroup.procs")).ok());
    lists
        .flat_map(|list| {
            list.lines()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<i32>>()
        })
        .collect()
}

/// A cgroup and all below it, children before parents.
fn descendants(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next) {
        let children = fs_err::read_dir(folder).into_iter().flatten().flatten();
        let children: Vec<PathBuf> = children
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        found.extend(children);
        next += 1;
    }
    found.reverse();
    found
}

/// The kernel lets a cgroup go a moment after its last process.
fn retry_while_busy(cgroup: &Path) -> Result<()> {
    let begun = Instant::now();
    loop {
        match fs_err::remove_dir(cgroup) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ResourceBusy && begun.elapsed() < KILL_GRACE => {
                sleep(POLL);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn unmount(path: &Path) -> Result<()> {
    match umount2(path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
        Ok(()) | Err(Errno::EINVAL | Errno::ENOENT) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("unmount {}", path.display())),
    }
}

fn restore(program: &Path, script: &str) -> Result<()> {
    let name = program.display();
    let mut child = Command::new(program)
        .arg("--noflush")
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("run {name}"))?;
    let mut input = child.stdin.take().context("its input is a pipe")?;
    input
        .write_all(script.as_bytes())
        .with_context(|| format!("write to {name}"))?;
    drop(input);
    let status = child.wait().with_context(|| format!("wait for {name}"))?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

fn set_sysctl(sysctl: &Restoration) -> Result<()> {
    let path = Path::new("/proc/sys").join(&sysctl.name);
    if path
        .components()
        .any(|part| part == std::path::Component::ParentDir)
    {
        bail!("the ledger names a sysctl outside /proc/sys: {}", sysctl.name);
    }
    Ok(fs_err::write(path, &sysctl.value)?)
}

/// Refuses while something is mounted below: it could be a volume with somebody's data.
fn remove_folder(path: &Path, keep: bool) -> Result<()> {
    let mounts = procfs::process::Process::myself()
        .and_then(|me| me.mountinfo())
        .context("read mountinfo")?;
    let below = |mount: &&procfs::process::MountInfo| {
        mount.mount_point != path && mount.mount_point.starts_with(path)
    };
    if let Some(mount) = mounts.iter().find(below) {
        bail!(
            "{} is still mounted: unmount it, then try again",
            mount.mount_point.display()
        );
    }
    if !keep {
        return match fs_err::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    }
    for entry in fs_err::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_removed_or_emptied_and_a_second_time_is_no_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("data");
        fs_err::create_dir_all(folder.join("a/b")).unwrap();
        fs_err::write(folder.join("c"), "").unwrap();
        std::os::unix::fs::symlink("/etc", folder.join("d")).unwrap();
        remove_folder(&folder, true).unwrap();
        assert!(folder.is_dir());
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 0);
        remove_folder(&folder, false).unwrap();
        assert!(!folder.exists());
        remove_folder(&folder, false).unwrap();
        assert!(Path::new("/etc/passwd").exists());
    }

    #[test]
    fn a_process_that_does_not_listen_is_killed() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let start = procfs::process::Process::new(pid)
            .unwrap()
            .stat()
            .unwrap()
            .starttime;
        let other = Process {
            pid,
            start: start + 1,
        };
        end(&[other], false).unwrap();
        assert!(
            child.try_wait().unwrap().is_none(),
            "a later process with that id is none of ours"
        );
        end(&[Process { pid, start }], true).unwrap();
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn children_come_before_their_parents() {
        let root = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(root.path().join("a/b")).unwrap();
        let found = descendants(root.path());
        assert_eq!(
            found,
            [
                root.path().join("a/b"),
                root.path().join("a"),
                root.path().to_owned()
            ]
        );
    }

    #[test]
    fn a_sysctl_outside_of_proc_is_refused() {
        let sysctl = Restoration {
            name: "../../tmp/x".into(),
            value: "1".into(),
        };
        assert!(set_sysctl(&sysctl).unwrap_err().to_string().contains("outside"));
    }
}
