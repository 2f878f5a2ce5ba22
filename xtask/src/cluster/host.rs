//! `--host`: this machine itself as the node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bowline_tests::distribution::Distribution;
use bowline_tests::node::DETACHED_LOG;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::PROGRAM;
use crate::process;

pub(crate) const DATA_DIR: &str = "/var/lib/bowline";
/// Until systemd has run what comes before the program.
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_mins(2);
const UNIT: &str = "bowline-server.service";
/// Where `bowline uninstall` finds it.
const UNIT_FILE: &str = "/etc/systemd/system/bowline-server.service";

/// Where other distributions leave their traces.
const OTHERS: [(&str, &str); 5] = [
    ("/etc/kubernetes/manifests", "kubeadm"),
    ("/var/lib/rancher", "RKE2 or K3s"),
    ("/var/lib/k0s", "k0s"),
    ("/var/snap/microk8s", "MicroK8s"),
    ("/etc/kubernetes/kubelet.conf", "kubeadm"),
];

/// Whether Bowline is on this machine.
pub(crate) fn is_installed() -> bool {
    Path::new(PROGRAM).exists() && Path::new(DATA_DIR).exists()
}

/// Whether the server runs.
pub(crate) fn is_running() -> bool {
    process_with_program(Path::new(PROGRAM)).is_some()
}

/// Refuses a machine that is a node of something else.
pub(crate) fn check() -> Result<()> {
    ensure!(
        nix::unistd::geteuid().is_root(),
        "--host makes this machine a node: run it as root"
    );
    for (path, owner) in OTHERS {
        ensure!(
            !Path::new(path).exists(),
            "{path} is here: this machine is, or was, a node of {owner}. Remove that first, or leave --host away \
             and have a light machine"
        );
    }
    match foreign_kubelet() {
        Some(kubelet) => bail!(
            "{} runs here and is not Bowline's: two kubelets on one machine remove each other's pods. Leave --host \
             away and have a light machine",
            kubelet.display()
        ),
        None => Ok(()),
    }
}

/// Puts the artifacts in their places and starts the server, if it does not run.
pub(crate) fn bring_up(distribution: &Distribution) -> Result<()> {
    let images = Path::new(DATA_DIR).join("agent/images");
    fs_err::create_dir_all(&images)?;
    let mut changed = put(&distribution.bowline(), Path::new(PROGRAM))?;
    for archive in distribution
        .archives()?
        .into_iter()
        .chain(distribution.samples()?)
    {
        let name = archive.file_name().context("an archive has a name")?;
        changed |= put(&archive, &images.join(name))?;
    }
    if under_systemd() {
        changed |= put(&distribution.server_unit(), Path::new(UNIT_FILE))?;
    }
    let running = is_running();
    if running && !changed {
        return Ok(());
    }
    if running {
        stop()?;
    }
    start()
}

/// Uninstalls Bowline, and what `up` put here besides.
pub(crate) fn take_down() -> Result<()> {
    if is_running() {
        stop()?;
    }
    let status = Command::new(PROGRAM)
        .args(["uninstall", "--yes"])
        .status()
        .context("start bowline uninstall")?;
    ensure!(status.success(), "bowline uninstall: {status}");
    for left in [PROGRAM, DETACHED_LOG] {
        if Path::new(left).exists() {
            fs_err::remove_file(left)?;
        }
    }
    Ok(())
}

fn start() -> Result<()> {
    if under_systemd() {
        systemctl(&["daemon-reload"])?;
        // For systemd it is started once the node is ready: the board shows the way there.
        systemctl(&["start", "--no-block", UNIT])?;
        return wait_for_process();
    }
    let log: std::fs::File = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(DETACHED_LOG)?
        .into();
    Command::new("setsid")
        .args([PROGRAM, "server"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("share the log")?)
        .stderr(log)
        .spawn()
        .context("start bowline server")?;
    Ok(())
}

fn wait_for_process() -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while !is_running() {
        ensure!(
            Instant::now() < deadline,
            "systemd has not started {UNIT} within {START_LIMIT:?}\n{}",
            log()?
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn stop() -> Result<()> {
    if under_systemd() && Path::new(UNIT_FILE).exists() {
        // Or it would be started again.
        systemctl(&["stop", UNIT])?;
    }
    let deadline = Instant::now() + STOP_LIMIT;
    while let Some(pid) = process_with_program(Path::new(PROGRAM)) {
        ensure!(
            Instant::now() < deadline,
            "bowline server has not ended {STOP_LIMIT:?} after SIGTERM"
        );
        // It may be gone before it hears us.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// The last words of the server: in the journal when it is systemd's, else in a file.
pub(crate) fn log() -> Result<String> {
    if !under_systemd() {
        return Ok(fs_err::read_to_string(DETACHED_LOG)?);
    }
    let mut journal = Command::new("journalctl");
    journal.args(["--unit", UNIT, "--lines", "100", "--output", "cat"]);
    process::output(&mut journal)
}

fn under_systemd() -> bool {
    Path::new("/run/systemd/system").exists()
}

fn systemctl(arguments: &[&str]) -> Result<()> {
    process::output(Command::new("systemctl").args(arguments)).map(drop)
}

/// Copies a file unless it is there already; says whether it did.
fn put(from: &Path, to: &Path) -> Result<bool> {
    let (source, target) = (fs_err::metadata(from)?, fs_err::metadata(to));
    let same = target
        .is_ok_and(|target| target.len() == source.len() && target.modified().ok() >= source.modified().ok());
    if same {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let new = to.with_extension("new");
    fs_err::copy(from, &new)?;
    fs_err::rename(new, to)?;
    Ok(true)
}

fn foreign_kubelet() -> Option<PathBuf> {
    programs()
        .map(|(_, program)| program)
        .find(|program| is_foreign_kubelet(program))
}

fn is_foreign_kubelet(program: &Path) -> bool {
    program.file_name().is_some_and(|name| name == "kubelet") && !program.starts_with(DATA_DIR)
}

fn process_with_program(wanted: &Path) -> Option<i32> {
    programs()
        .find(|(_, program)| program == wanted)
        .map(|(pid, _)| pid)
}

/// The programs that run here, in this machine's own processes: those of light machines lie in other roots.
fn programs() -> impl Iterator<Item = (i32, PathBuf)> {
    let processes = fs_err::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let own = fs_err::read_link("/proc/self/ns/mnt").ok();
    processes.filter_map(move |process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let namespace = fs_err::read_link(process.path().join("ns/mnt")).ok();
        let program = fs_err::read_link(process.path().join("exe")).ok()?;
        (namespace == own).then_some((pid, program))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_distributions_kubelet_is_foreign() {
        assert!(is_foreign_kubelet(Path::new("/usr/bin/kubelet")));
        assert!(!is_foreign_kubelet(Path::new(
            "/var/lib/bowline/data/v1-abc/bin/kubelet"
        )));
        assert!(!is_foreign_kubelet(Path::new("/usr/bin/kubelet-doc")));
    }

    #[test]
    fn a_file_is_put_once_and_again_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("a/to"));
        fs_err::write(&from, "one").unwrap();
        assert!(put(&from, &to).unwrap());
        assert!(!put(&from, &to).unwrap());
        fs_err::write(&from, "other").unwrap();
        assert!(put(&from, &to).unwrap());
        assert_eq!(fs_err::read_to_string(&to).unwrap(), "other");
    }

    #[test]
    fn the_programs_that_run_include_this_one() {
        let own = std::env::current_exe().unwrap();
        assert!(process_with_program(&own).is_some());
    }
}
