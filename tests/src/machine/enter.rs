//! The door of a machine: moves this process into the machine's control groups, then becomes nsenter(1).

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::disk::Disk;
use super::{ENTER, cgroups};

/// A command that runs `program` in the machine of `disk`.
pub(super) fn command(disk: &Disk, program: &Path) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("find this program")?);
    command
        .arg(ENTER)
        .arg(disk.folder())
        .arg(program)
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8");
    if let Some(terminal) = std::env::var_os("TERM") {
        command.env("TERM", terminal);
    }
    Ok(command)
}

/// Runs `program` and its arguments in the machine of `disk`.
pub(super) fn run(disk: &Disk, program: Vec<OsString>) -> Result<ExitCode> {
    let identity = disk.read_identity()?;
    let running = disk
        .read_running()
        .with_context(|| format!("machine {} is not running", identity.spec.name))?;
    cgroups::join(identity.number)?;
    // nsenter stays outside the process namespace and waits for the program that it starts inside.
    let error = Command::new("nsenter")
        .args([
            "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--target",
        ])
        .arg(running.init.pid.to_string())
        .arg("--")
        .args(program)
        .exec();
    Err(error).context("start nsenter (install util-linux)")
}
