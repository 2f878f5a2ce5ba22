//! PID 1 of a machine: puts its root together, says so, then buries orphans until it is told to stop.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, sethostname};
use sha2::{Digest, Sha256};

use super::disk::{Disk, Identity};
use super::network;
use super::root::{self, make_file};

/// What init writes to its output when the machine can be used.
pub(super) const READY: &str = "ready";
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Runs the machine from the folder `disk` until SIGTERM.
pub(super) fn run(disk: &Disk) -> Result<ExitCode> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGCHLD);
    // Blocked before anything can be sent: the kernel drops what PID 1 has no handler for.
    signals.thread_block().context("hold signals back")?;

    let identity = disk.read_identity()?;
    root::enter(disk, &identity)?;
    sethostname(&identity.spec.name).context("set the host name")?;
    write_identity_files(&identity)?;
    println!("{READY}");

    while signals.wait().context("wait for a signal")? != Signal::SIGTERM {
        bury();
    }
    stop_everything();
    Ok(ExitCode::SUCCESS)
}

/// The files by which programs know which computer they are on.
fn write_identity_files(identity: &Identity) -> Result<()> {
    let name = &identity.spec.name;
    let machine_id = hex::encode(Sha256::digest(name))[..32].to_owned();
    let hosts = format!(
        "127.0.0.1 localhost\n::1 localhost\n{} {name}\n",
        network::address(identity.number)
    );
    for (file, content) in [
        ("/etc/hostname", format!("{name}\n")),
        ("/etc/hosts", hosts),
        ("/etc/machine-id", format!("{machine_id}\n")),
        ("/etc/resolv.conf", identity.spec.resolv_conf.clone()),
    ] {
        // It may be a link to where the host keeps it.
        if Path::new(file).is_symlink() {
            fs_err::remove_file(file)?;
        }
        make_file(Path::new(file), content.as_bytes())?;
    }
    Ok(())
}

/// Takes note of every child that has ended; false when there are no children at all.
fn bury() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Err(Errno::ECHILD) => return false,
            _ => {}
        }
    }
}

/// Asks all others to end; the kernel kills whoever is left when PID 1 goes.
fn stop_everything() {
    let everybody = Pid::from_raw(-1);
    let deadline = Instant::now() + STOP_GRACE;
    // It fails when nobody is there.
    let mut somebody = kill(everybody, Signal::SIGTERM).is_ok();
    while somebody && Instant::now() < deadline {
        bury();
        std::thread::sleep(Duration::from_millis(20));
        somebody = kill(everybody, None).is_ok();
    }
}
