//! All children of this node: started in order, changed in place, stopped in reverse.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Error, Result, anyhow};
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
        let (failed, token) = (self.failed.clone(), stop.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = keep_running(receiver, token).await {
                // Nobody listens any more only when all is being stopped.
                let _ = failed.send(error);
            }
        });
        self.lock().push(Started { wanted, stop, task });
    }

    /// Restarts the child of this name as `process` says.
    pub(crate) fn restart(&self, process: Process) -> Result<()> {
        let started = self.lock();
        let child = started
            .iter()
            .find(|child| child.wanted.borrow().name == process.name)
            .with_context(|| format!("{} was never started", process.name))?;
        child
            .wanted
            .send(process)
            .map_err(|_| anyhow!("its task has ended"))
            .context("restart child")
    }

    /// Waits for a child whose end is the end of all.
    pub(crate) async fn failure(&self) -> Error {
        let failure = self.failures.lock().await.recv().await;
        failure.unwrap_or_else(|| anyhow!("no child is left"))
    }

    /// Stops all of them, the last one first.
    pub(crate) async fn stop(&self) {
        loop {
            let last = self.lock().pop();
            let Some(Started { wanted, stop, task }) = last else {
                return;
            };
            stop.cancel();
            if task.await.is_err() {
                tracing::warn!(process = wanted.borrow().name, "its task panicked");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
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
            .unwrap_err();
        assert_eq!(error.to_string(), "x was never started");
    }
}
