//! The process that gives a machine its namespaces, starts its init in them and waits for its end.
//!
//! Out, on its output: the number of init, once the machine can be used. It ends with the machine. A machine that is not
//! meant to stay ends with the program that made it: then the keeper's input closes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};

use super::disk::Disk;
use super::{INIT, cgroups, init};

/// Keeps the machine in the folder `disk`.
pub(super) fn run(disk: &Disk) -> Result<ExitCode> {
    let identity = disk.read_identity()?;
    // Ctrl-C at the terminal is for whoever made the machine.
    setsid().context("leave the terminal")?;
    let program = std::env::current_exe().context("find this program")?;
    cgroups::join(identity.number)?;
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWCGROUP,
    )
    .context("make namespaces (this needs root)")?;

    let mut init = Command::new(program)
        .arg(INIT)
        .arg(disk.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the machine's init")?;
    let pid = Pid::from_raw(i32::try_from(init.id())?);
    let mut line = String::new();
    if let Some(output) = init.stdout.take() {
        BufReader::new(output)
            .read_line(&mut line)
            .context("listen to the machine's init")?;
    }
    ensure!(line.trim() == init::READY, "the machine's init failed");
    println!("{pid}");
    if !identity.spec.stays {
        end_with_input(pid);
    }
    init.wait().context("wait for the machine's end")?;
    Ok(ExitCode::SUCCESS)
}

/// Kills the machine when the other end of this process's input is gone.
fn end_with_input(init: Pid) {
    std::thread::spawn(move || {
        // An error ends the input as well.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        // If it fails, init is gone already.
        let _ = kill(init, Signal::SIGKILL);
    });
}
