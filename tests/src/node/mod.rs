//! A node: a light machine with Bowline on it.
//!
//! In: a [`Machine`] and a [`Distribution`]. Out: a [`Node`] whose `bowline server` can be started, watched, stopped and
//! killed, and whose cluster answers through kubectl. Whatever is waited for in vain is reported with the state of the
//! node: stages, last log lines, pods.

pub mod kubectl;
mod state;
pub mod status;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::distribution::Distribution;
use crate::machine::{Machine, Process};
use status::Report;

const BOWLINE: &str = "/usr/local/bin/bowline";
const CONFIG: &str = "/etc/bowline/config.yaml";
const CONFIG_OF_LIGHT_MACHINES: &str = "/etc/bowline/config.yaml.d/10-light-machine.yaml";
/// A light machine fills a disk that is not its own: how full others have made that is no reason to evict its pods, nor
/// to remove its images.
const SHARED_DISK: &str = "\
kubelet-arg+:
- eviction-hard=imagefs.available<1Gi,memory.available<100Mi,nodefs.available<1Gi
- eviction-minimum-reclaim=imagefs.available=0,nodefs.available=0
- image-gc-high-threshold=100
";
/// The log of a server that was started to go on without this program.
pub const DETACHED_LOG: &str = "/var/log/bowline.log";
const DETACHED_PID: &str = "/run/bowline-server.pid";
const POLL: Duration = Duration::from_millis(100);

/// A machine with Bowline on it.
#[derive(Debug)]
pub struct Node {
    /// The machine itself.
    pub machine: Machine,
    /// `bowline server`, while this program runs it.
    pub server: Option<Process>,
}

impl Node {
    /// Puts the program and the archives of `distribution` on the machine.
    pub fn install(machine: Machine, distribution: &Distribution) -> Result<Self> {
        let node = Self::install_program(machine, distribution)?;
        node.add_archives(&distribution.archives()?)?;
        node.add_archives(&distribution.samples()?)?;
        Ok(node)
    }

    /// Puts the program alone on the machine.
    pub fn install_program(machine: Machine, distribution: &Distribution) -> Result<Self> {
        let node = Self::found_on(machine);
        node.replace(&distribution.bowline(), BOWLINE)?;
        node.write(CONFIG_OF_LIGHT_MACHINES, SHARED_DISK)?;
        Ok(node)
    }

    /// The node on a machine where Bowline has been installed before.
    pub fn found_on(machine: Machine) -> Self {
        Self {
            machine,
            server: None,
        }
    }

    /// Puts archives where an administrator does.
    pub fn add_archives(&self, archives: &[PathBuf]) -> Result<()> {
        let images = self.machine.data_dir().join("agent/images");
        fs_err::create_dir_all(&images)?;
        for archive in archives {
            let name = archive.file_name().context("an archive has a name")?;
            place(archive, &images.join(name))?;
        }
        Ok(())
    }

    /// Writes the config file.
    pub fn configure(&self, config: &str) -> Result<()> {
        self.write(CONFIG, config)
    }

    /// Starts `bowline server`.
    pub fn start(&mut self) -> Result<()> {
        // A server that was killed has left its board of stages, and all of it says done.
        let board = self.machine.path("/run/bowline/status.json");
        if board.exists() {
            fs_err::remove_file(board)?;
        }
        let mut command = self.machine.command(BOWLINE)?;
        command.arg("server");
        self.server = Some(self.machine.spawn(command, &self.log())?);
        Ok(())
    }

    /// Starts `bowline server` so that it goes on when this program ends.
    pub fn start_detached(&self) -> Result<()> {
        let script = format!(
            "setsid sh -c 'echo $$ >{DETACHED_PID}; exec {BOWLINE} server' </dev/null >>{DETACHED_LOG} 2>&1 &"
        );
        self.machine.shell(&script).context("start bowline server")?;
        Ok(())
    }

    /// Whether a detached server runs.
    pub fn runs_detached(&self) -> bool {
        self.machine
            .shell(&format!("kill -0 $(cat {DETACHED_PID})"))
            .is_ok()
    }

    /// Ends a detached server in good order.
    pub fn stop_detached(&self) -> Result<()> {
        let script = format!(
            "pid=$(cat {DETACHED_PID}); kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null"
        );
        self.machine.shell(&script).context("stop bowline server")?;
        Ok(())
    }

    /// Sends `bowline server` a signal and waits for its end.
    pub fn end(&mut self, signal: Signal, limit: Duration) -> Result<std::process::ExitStatus> {
        let server = self.server.as_ref().context("bowline server was not started")?;
        server.signal(signal)?;
        let ended = server.wait(limit);
        let status = ended.with_context(|| format!("bowline and {signal}\n{}", self.state()))?;
        self.server = None;
        Ok(status)
    }

    /// Runs `bowline` with these arguments.
    pub fn bowline(&self, arguments: &[&str]) -> Result<String> {
        let output = self.machine.run(BOWLINE, arguments)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The board of stages, as a user gets it; its exit code tells more than whether there is one.
    pub fn status(&self) -> Result<Report> {
        let output = self
            .machine
            .command(BOWLINE)?
            .args(["status", "-o", "json"])
            .output()
            .context("ask for the status")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "understand the status {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )
        })
    }

    /// Waits until every stage of the start is done.
    pub fn wait_ready(&self, limit: Duration) -> Result<()> {
        self.wait_for("every stage of the start", limit, |node| {
            Ok(node.status()?.is_done().then_some(()))
        })
    }

    /// Asks again and again until there is an answer. An error counts as none, and the last one is reported.
    pub fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut ask: impl FnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + limit;
        let mut last = None;
        loop {
            match ask(self) {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
                Err(error) => last = Some(error),
            }
            if let Some(server) = &self.server
                && let Some(status) = server.ended()?
            {
                bail!(
                    "bowline ended with {status} while {what} was waited for\n{}",
                    self.state()
                );
            }
            if Instant::now() > deadline {
                let last = last.map(|error| format!("{error:#}\n")).unwrap_or_default();
                bail!("waited {limit:?} in vain for {what}\n{last}{}", self.state());
            }
            std::thread::sleep(POLL);
        }
    }

    /// What `bowline server` says, on the host.
    pub fn log(&self) -> PathBuf {
        self.machine.folder().join("bowline.log")
    }

    fn write(&self, inside: &str, content: &str) -> Result<()> {
        let file = self.machine.path(inside);
        if let Some(folder) = file.parent() {
            fs_err::create_dir_all(folder)?;
        }
        Ok(fs_err::write(file, content)?)
    }

    /// Replaces a file of the machine by one of the host, in one step: it may be in use.
    fn replace(&self, from: &Path, inside: &str) -> Result<()> {
        let to = self.machine.path(inside);
        if let Some(folder) = to.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let new = to.with_extension("new");
        fs_err::copy(from, &new)?;
        Ok(fs_err::rename(new, to)?)
    }
}

/// Gives a machine a file of the host: a link costs nothing, a copy works across disks.
pub fn place(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs_err::remove_file(to)?;
    }
    if fs_err::hard_link(from, to).is_err() {
        fs_err::copy(from, to)?;
    }
    Ok(())
}
