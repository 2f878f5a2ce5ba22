//! Tells that something below a folder has changed.

use std::path::Path;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tracing::{debug, warn};

/// A watch on a folder, as long as it is kept.
pub(crate) struct Changes {
    seen: mpsc::Receiver<()>,
    /// Without it the folder is walked from time to time only.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Changes {
    /// Waits for the next change; many together are one.
    pub(crate) async fn next(&mut self) {
        if self.seen.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Watches `folder` and everything below it.
pub(crate) fn watch(folder: &Path) -> Changes {
    let (tell, seen) = mpsc::channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_read = event
            .as_ref()
            .is_ok_and(|event| event.kind.is_access() && !is_close_of_write(event));
        if !is_read {
            // Full means that a change is waiting to be seen already.
            let _ = tell.try_send(());
        }
    });
    let watcher = watcher.and_then(|mut watcher| {
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    let watcher = watcher.inspect_err(|error| {
        warn!(folder = %folder.display(), "cannot watch the manifests folder, looking every few seconds: {error}");
    });
    debug!(folder = %folder.display(), watched = watcher.is_ok(), "manifests folder");
    Changes {
        seen,
        _watcher: watcher.ok(),
    }
}

fn is_close_of_write(event: &notify::Event) -> bool {
    use notify::event::{AccessKind, AccessMode, EventKind};
    event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}
