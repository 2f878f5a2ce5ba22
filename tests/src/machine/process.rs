//! A program that was started in a machine and goes on.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running program in a machine. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    /// nsenter, which waits for the program outside the machine's process namespace.
    door: Mutex<Child>,
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
        Ok(Self {
            door: Mutex::new(door),
        })
    }

    /// The number of the program, as the host counts.
    pub fn pid(&self) -> Result<Pid> {
        let deadline = Instant::now() + Duration::from_secs(5);
        let door = self.door().id();
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
    pub fn ended(&self) -> Result<Option<ExitStatus>> {
        self.door().try_wait().context("ask for a program's end")
    }

    /// Waits for the program's end.
    pub fn wait(&self, limit: Duration) -> Result<ExitStatus> {
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

    fn door(&self) -> std::sync::MutexGuard<'_, Child> {
        // Nothing that is done with it can leave it half done.
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            // Both may be gone by now, and then there is nothing to do.
            let _ = self.signal(Signal::SIGKILL);
            let mut door = self.door();
            let _ = door.kill();
            let _ = door.wait();
        }
    }
}
