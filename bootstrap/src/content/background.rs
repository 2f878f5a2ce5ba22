//! Work that takes the processors only while nobody else wants them: an image that is imported beside a start must
//! not slow down the programs that start.

use anyhow::{Context as _, Result};
use rustix::process::nice;
use tokio::sync::oneshot;

/// The scheduler gives such a thread a tenth of what it gives others.
const NICENESS: i32 = 10;

/// Runs `work` on a thread of its own: the threads that are shared for blocking work could not be given back as they
/// were, for only a privileged process may take niceness away.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (sender, done) = oneshot::channel();
    let worker = move || {
        // Without it the work is done all the same.
        let _ = nice(NICENESS);
        // Who asked may have been stopped meanwhile.
        let _ = sender.send(work());
    };
    std::thread::Builder::new()
        .name("background".to_owned())
        .spawn(worker)
        .context("start a thread")?;
    done.await.context("a thread ended before its work was done")
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[tokio::test]
    async fn work_is_done_at_a_low_priority_and_leaves_others_as_they_were() {
        let before = getpriority_process(None).unwrap();
        let during = run(|| getpriority_process(None).unwrap()).await.unwrap();
        assert_eq!(during, before + NICENESS);
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
