//! Programs in a machine: how they get in, and who is there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::lifecycle::Machine;
use super::process::Process;
use super::{cgroups, enter};

impl Machine {
    /// A command that runs `program` in the machine; its environment is the machine's, not this program's.
    pub fn command(&self, program: impl AsRef<Path>) -> Result<Command> {
        enter::command(&self.disk, program.as_ref())
    }

    /// Runs a program in the machine to its end; an error tells what it said.
    pub fn run(&self, program: &str, arguments: &[impl AsRef<OsStr>]) -> Result<Output> {
        let output = self
            .command(program)?
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .context("enter the machine")?;
        if !output.status.success() {
            let words: Vec<_> = arguments
                .iter()
                .map(|word| word.as_ref().to_string_lossy())
                .collect();
            bail!(
                "{program} {} on machine {} ended with {}: {}{}",
                words.join(" "),
                self.name(),
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(output)
    }

    /// What a shell script in the machine prints.
    pub fn shell(&self, script: &str) -> Result<String> {
        let output = self.run("sh", &["-c", script])?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Starts a command of this machine that goes on; what it says is added to `log`, a file of the host.
    pub fn spawn(&self, command: Command, log: &Path) -> Result<Process> {
        let log = fs_err::OpenOptions::new().create(true).append(true).open(log)?;
        Process::start(command, log)
    }

    /// The processes in the machine, and in whatever containers it has, whose program name begins so.
    pub fn processes(&self, name: &str) -> Result<Vec<Pid>> {
        let own = namespace("self");
        let mut found = Vec::new();
        for process in procfs::process::all_processes().context("list processes")? {
            // Processes come and go meanwhile.
            let Ok(process) = process else { continue };
            let (Ok(groups), Ok(stat)) = (process.cgroups(), process.stat()) else {
                continue;
            };
            let member = groups
                .0
                .iter()
                .any(|group| cgroups::is_inside(&group.pathname, self.identity.number));
            // The keeper and the doors are members too, yet outside.
            let inside = namespace(&stat.pid.to_string()) != own;
            if member && inside && stat.state != 'Z' && stat.comm.starts_with(name) {
                found.push(Pid::from_raw(stat.pid));
            }
        }
        Ok(found)
    }

    /// Kills the processes whose program name begins so; there must be one.
    pub fn kill(&self, name: &str) -> Result<()> {
        let processes = self.processes(name)?;
        ensure!(
            !processes.is_empty(),
            "nothing on machine {} is called {name}",
            self.name()
        );
        for process in processes {
            // A child dies with its parent now and then.
            let _ = kill(process, Signal::SIGKILL);
        }
        Ok(())
    }
}

fn namespace(process: &str) -> Option<PathBuf> {
    fs_err::read_link(Path::new("/proc").join(process).join("ns/pid")).ok()
}
