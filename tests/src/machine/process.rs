//! A program that was started in a machine and goes on.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running program in a machine. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    /// nsenter, which waits for the program outside the machine's process namespace.
    door: Child,
}

impl Process {
    pub(super) fn start(mut command: Command, log: fs_err::File) -> Result<Self> {
        let log: std::fs::File = log.into();
        let door = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("share the log")?)
            .stderr(log)
            .spawn()
            .context("enter the machine")?;
        Ok(Self { door })
    }

    /// The number of the program, as the host counts.
    pub fn pid(&self) -> Result<Pid> {
        let deadline = Instant::now() + Duration::from_secs(5);
        let door = i32::try_from(self.door.id())?;
        let children = format!("/proc/{door}/task/{door}/children");
        loop {
            let list = fs_err::read_to_string(&children)?;
            if let Some(child) = list.split_whitespace().next() {
                return Ok(Pid::from_raw(child.parse().context("read a process number")?));
            }
            if Instant::now() > deadline {
                bail!("the program has not been started, or has ended");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid()?;
        kill(pid, signal).with_context(|| format!("send {signal} to process {pid}"))
    }

    /// How the program ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.door.try_wait().context("ask for a program's end")
    }

    /// Waits for the program's end.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the program has not ended within {limit:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            // Both may be gone by now, and then there is nothing to do.
            let _ = self.signal(Signal::SIGKILL);
            let _ = self.door.kill();
            let _ = self.door.wait();
        }
    }
}
