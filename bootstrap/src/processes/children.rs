//! All children of this node: started in order, changed in place, stopped in reverse.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Error, Result, anyhow, bail};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Process, keep_running};

/// The children and the way their failures come back.
pub(crate) struct Children {
    started: Mutex<Vec<Started>>,
    failed: mpsc::UnboundedSender<Error>,
    failures: tokio::sync::Mutex<mpsc::UnboundedReceiver<Error>>,
}

struct Started {
    wanted: watch::Sender<Process>,
    /// How often it was started.
    starts: watch::Receiver<u64>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Children {
    /// No child yet.
    pub(crate) fn new() -> Self {
        let (failed, failures) = mpsc::unbounded_channel();
        Self {
            started: Mutex::new(Vec::new()),
            failed,
            failures: tokio::sync::Mutex::new(failures),
        }
    }

    /// Starts a child; from now on it is watched.
    pub(crate) fn start(&self, process: Process) {
        let (wanted, receiver) = watch::channel(process);
        let stop = CancellationToken::new();
        let (counter, starts) = watch::channel(0);
        let (failed, token) = (self.failed.clone(), stop.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = keep_running(receiver, counter, token).await {
                // Nobody listens any more only when all is being stopped.
                let _ = failed.send(error);
            }
        });
        self.lock().push(Started {
            wanted,
            starts,
            stop,
            task,
        });
    }

    /// Whether any child was started.
    pub(crate) fn are_started(&self) -> bool {
        !self.lock().is_empty()
    }

    /// How often the child of this name was started, at each moment.
    pub(crate) fn starts(&self, name: &str) -> Result<watch::Receiver<u64>> {
        self.with(name, |child| child.starts.clone())
    }

    /// Restarts the child of this name as `process` says, and returns when it has been started anew.
    pub(crate) async fn restart(&self, process: Process) -> Result<()> {
        let name = process.name.clone();
        let mut starts = self.starts(&name)?;
        starts.mark_unchanged();
        let sent = self.with(&name, |child| child.wanted.send(process).is_ok())?;
        if !sent || starts.changed().await.is_err() {
            bail!("{name} cannot be restarted: its task has ended");
        }
        Ok(())
    }

    fn with<T>(&self, name: &str, ask: impl FnOnce(&Started) -> T) -> Result<T> {
        let started = self.lock();
        let child = started.iter().find(|child| child.wanted.borrow().name == name);
        child
            .map(ask)
            .with_context(|| format!("{name} was never started"))
    }

    /// Waits for a child whose end is the end of all.
    pub(crate) async fn failure(&self) -> Error {
        let failure = self.failures.lock().await.recv().await;
        failure.unwrap_or_else(|| anyhow!("no child is left"))
    }

    /// Stops the child of this name; it may be started again.
    pub(crate) async fn end(&self, name: &str) {
        let child = {
            let mut started = self.lock();
            let place = started
                .iter()
                .position(|child| child.wanted.borrow().name == name);
            place.map(|place| started.remove(place))
        };
        if let Some(child) = child {
            child.end().await;
        }
    }

    /// Stops all of them, the last one first.
    pub(crate) async fn stop(&self) {
        loop {
            let last = self.lock().pop();
            let Some(child) = last else {
                return;
            };
            child.end().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Started {
    async fn end(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            tracing::warn!(process = self.wanted.borrow().name, "its task panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::OnExit;

    fn shell(directory: &std::path::Path, name: &str, script: &str) -> Process {
        Process {
            name: name.into(),
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("DIRECTORY".into(), directory.display().to_string())],
            log: directory.join(format!("{name}.log")),
            on_exit: OnExit::End,
        }
    }

    #[tokio::test]
    async fn children_stop_in_the_reverse_of_their_order() {
        let directory = tempfile::tempdir().unwrap();
        let children = Children::new();
        for name in ["first", "second"] {
            let script = format!(
                "trap 'echo {name} >> $DIRECTORY/order; exit' TERM; touch $DIRECTORY/{name}; while :; do sleep 0.02; done"
            );
            children.start(shell(directory.path(), name, &script));
        }
        while !(directory.path().join("first").exists() && directory.path().join("second").exists()) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        children.stop().await;
        let order = fs_err::read_to_string(directory.path().join("order")).unwrap();
        assert_eq!(order, "second\nfirst\n");
    }

    #[tokio::test]
    async fn a_child_can_be_ended_alone_and_started_again() {
        let directory = tempfile::tempdir().unwrap();
        let children = Children::new();
        for name in ["first", "second"] {
            children.start(shell(directory.path(), name, "exec sleep 60"));
        }
        children.end("first").await;
        assert!(children.starts("first").is_err() && children.starts("second").is_ok());
        children.start(shell(directory.path(), "first", "exec sleep 60"));
        assert!(children.starts("first").is_ok());
        children.stop().await;
    }

    #[tokio::test]
    async fn the_end_of_a_vital_child_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let children = Children::new();
        children.start(shell(directory.path(), "vital", "echo gone; exit 1"));
        assert!(
            children
                .failure()
                .await
                .to_string()
                .starts_with("vital ended by exit status 1")
        );
        children.stop().await;
    }

    #[tokio::test]
    async fn a_child_that_was_never_started_cannot_be_restarted() {
        let directory = tempfile::tempdir().unwrap();
        let error = Children::new()
            .restart(shell(directory.path(), "x", ""))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "x was never started");
    }

    #[tokio::test]
    async fn a_restart_returns_when_the_new_child_runs() {
        let directory = tempfile::tempdir().unwrap();
        let children = Children::new();
        children.start(shell(directory.path(), "child", "exec sleep 60"));
        let mut starts = children.starts("child").unwrap();
        starts.wait_for(|starts| *starts == 1).await.unwrap();
        children
            .restart(shell(directory.path(), "child", "exec sleep 61"))
            .await
            .unwrap();
        assert_eq!(*starts.borrow(), 2);
        children.stop().await;
    }
}
