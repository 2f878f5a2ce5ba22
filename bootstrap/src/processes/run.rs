//! The life of one child: start, watch, restart with growing delay, stop.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, instrument, warn};

use super::backoff::Backoff;
use super::{OnExit, Process, log};

/// How long a child has to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// A child whose end is bowline's end.
#[derive(Debug, Error)]
#[error("{name} ended by {how}; its last words: {last_words}")]
pub(crate) struct Ended {
    pub(crate) name: String,
    pub(crate) how: String,
    pub(crate) last_words: String,
}

/// Runs the process that `wanted` names until `shutdown`; a new value there restarts it. `starts` counts.
///
/// An error to start is fatal: a wrong path never heals by waiting.
#[instrument(skip_all, fields(process = wanted.borrow().name))]
pub(crate) async fn keep_running(
    mut wanted: watch::Receiver<Process>,
    starts: watch::Sender<u64>,
    shutdown: CancellationToken,
) -> Result<()> {
    let mut backoff = Backoff::default();
    loop {
        let process = wanted.borrow_and_update().clone();
        let mut child = start(&process)?;
        starts.send_modify(|starts| *starts += 1);
        let begun = Instant::now();
        tokio::select! {
            status = child.wait() => {
                let delay = exited(&process, status?, backoff.after(begun.elapsed()))?;
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    // A change may be the cure.
                    _ = wanted.changed() => {}
                    () = shutdown.cancelled() => return Ok(()),
                }
            }
            changed = wanted.changed() => {
                stop(&mut child).await?;
                if changed.is_err() {
                    return Ok(());
                }
            }
            () = log::keep_small(&process.log, &shutdown) => return stop(&mut child).await,
        }
    }
}

fn start(process: &Process) -> Result<Child> {
    let output = log::open(&process.log)?;
    let child = Command::new(&process.program)
        .args(&process.arguments)
        .envs(process.environment.iter().map(|(name, value)| (name, value)))
        // Readiness is bowline's to tell, not its children's.
        .env_remove("NOTIFY_SOCKET")
        .env_remove("MALLOC_ARENA_MAX")
        .stdin(Stdio::null())
        .stdout(output.try_clone().context("share log file")?)
        .stderr(output)
        // A Ctrl-C at the terminal reaches bowline alone, which then stops its children in order.
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {} from {}", process.name, process.program.display()))?;
    info!(pid = child.id(), "started");
    Ok(child)
}

/// What an exit means: the delay before the next start, or the end of all.
fn exited(process: &Process, status: ExitStatus, delay: Duration) -> Result<Duration, Ended> {
    let how = describe(status);
    let last_words = log::last_words(&process.log).unwrap_or_else(|| "none".into());
    match process.on_exit {
        OnExit::End => Err(Ended {
            name: process.name.clone(),
            how,
            last_words,
        }),
        OnExit::Restart => {
            warn!(
                how,
                last_words,
                delay_ms = delay.as_millis(),
                "ended, starting again"
            );
            Ok(delay)
        }
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => signal.to_string(),
            Err(_) => format!("signal {signal}"),
        },
        (None, None) => status.to_string(),
    }
}

/// SIGTERM, grace, SIGKILL: to the child alone, for containerd's shims live in its group.
async fn stop(child: &mut Child) -> Result<()> {
    let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) else {
        return Ok(());
    };
    // It may be gone already: then wait() says so.
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        info!(how = describe(status?), "stopped");
        return Ok(());
    }
    warn!(pid, "did not stop in {} s, killed", GRACE.as_secs());
    child.kill().await.with_context(|| format!("kill process {pid}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(directory: &Path, script: &str, on_exit: OnExit) -> Process {
        Process {
            name: "child".into(),
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("DIRECTORY".into(), directory.display().to_string())],
            log: directory.join("logs/child.log"),
            on_exit,
        }
    }

    async fn until(condition: impl Fn() -> bool) {
        for _ in 0..500 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("condition never held");
    }

    #[tokio::test]
    async fn an_end_that_is_ours_too_names_the_process_its_status_and_its_last_words() {
        let directory = tempfile::tempdir().unwrap();
        let process = shell(directory.path(), "echo level=fatal no disk; exit 3", OnExit::End);
        let (_wanted, receiver) = watch::channel(process);
        let error = keep_running(receiver, watch::Sender::new(0), CancellationToken::new())
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "child ended by exit status 3; its last words: level=fatal no disk"
        );
    }

    #[tokio::test]
    async fn a_crash_is_followed_by_another_start() {
        let directory = tempfile::tempdir().unwrap();
        let script = "echo x >> $DIRECTORY/starts; kill -9 $$";
        let (_wanted, receiver) = watch::channel(shell(directory.path(), script, OnExit::Restart));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(keep_running(receiver, watch::Sender::new(0), shutdown.clone()));
        let starts = directory.path().join("starts");
        until(|| fs_err::read(&starts).is_ok_and(|starts| starts.len() >= 4)).await;
        shutdown.cancel();
        running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn shutdown_ends_the_child_by_sigterm_and_leaves_its_own_children() {
        let directory = tempfile::tempdir().unwrap();
        let script =
            "trap 'echo stopped > $DIRECTORY/end; exit 0' TERM; sleep 60 & echo $! > $DIRECTORY/pid; wait";
        let (_wanted, receiver) = watch::channel(shell(directory.path(), script, OnExit::End));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(keep_running(receiver, watch::Sender::new(0), shutdown.clone()));
        let pid_file = directory.path().join("pid");
        until(|| fs_err::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n'))).await;
        shutdown.cancel();
        running.await.unwrap().unwrap();
        assert_eq!(
            fs_err::read_to_string(directory.path().join("end")).unwrap(),
            "stopped\n"
        );
        let grandchild = Pid::from_raw(fs_err::read_to_string(pid_file).unwrap().trim().parse().unwrap());
        kill(grandchild, Signal::SIGKILL).unwrap();
    }

    #[tokio::test]
    async fn a_changed_process_is_restarted_with_the_change() {
        let directory = tempfile::tempdir().unwrap();
        let process = |word: &str| {
            let script = format!("echo {word} >> $DIRECTORY/words; exec sleep 60");
            shell(directory.path(), &script, OnExit::Restart)
        };
        let (wanted, receiver) = watch::channel(process("one"));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(keep_running(receiver, watch::Sender::new(0), shutdown.clone()));
        let words = directory.path().join("words");
        let said = |expected: &str| fs_err::read_to_string(&words).is_ok_and(|words| words == expected);
        until(|| said("one\n")).await;
        wanted.send(process("two")).unwrap();
        until(|| said("one\ntwo\n")).await;
        shutdown.cancel();
        running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let process = Process {
            program: "/no/such".into(),
            ..shell(directory.path(), "", OnExit::Restart)
        };
        let (_wanted, receiver) = watch::channel(process);
        let error = keep_running(receiver, watch::Sender::new(0), CancellationToken::new())
            .await
            .unwrap_err();
        assert!(format!("{error:#}").starts_with("start child from /no/such: "));
    }
}
