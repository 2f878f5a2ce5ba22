//! Addons: every file of this server's manifests folder becomes objects in the cluster, within a second.
//!
//! A file goes through the same rooms as everything here: [`fetch`] reads the file and its Addon, [`manifest`] decides
//! and parses without touching anything, [`apply`] changes the cluster, [`status`] says how it went. [`folder`] finds
//! the files.

mod apply;
mod fetch;
mod folder;
mod manifest;
mod status;
mod watch;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use bowline_crds::{ADDON_LABEL, HelmChart};
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use kube::ResourceExt as _;
use kube::api::Api;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::context::Context;
use crate::controller::touched;
use folder::{File, Stamp, Task};

/// The folder is walked this often even if nothing was seen to change.
const WALK: Duration = Duration::from_secs(15);
/// A file that is being written is read once it has been quiet for this long.
const SETTLE: Duration = Duration::from_millis(30);
/// Objects that are not ready are looked at again after this; HelmCharts are watched beside.
const UNREADY_PAUSE: Duration = Duration::from_secs(2);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to do until the file changes.
    Settled,
    /// Applied; its objects are not ready yet.
    Unready,
    /// To be tried again.
    Failed,
}

/// What became of a file that looked like `stamp`.
struct Done {
    stamp: Stamp,
    outcome: Outcome,
    failures: u32,
    at: Instant,
}

impl Done {
    /// When the file wants to be looked at again though it has not changed.
    fn due(&self) -> Option<Instant> {
        match self.outcome {
            Outcome::Settled => None,
            Outcome::Unready => Some(self.at + UNREADY_PAUSE),
            Outcome::Failed => {
                let pause = FIRST_RETRY * 2_u32.pow(self.failures.min(10));
                Some(self.at + pause.min(LONGEST_RETRY))
            }
        }
    }
}

/// What all tasks share.
struct Shared<'a> {
    context: &'a Context,
    namespace: &'a str,
}

/// Applies the files of `folder` as Addons in `namespace` until `stop`.
pub(crate) async fn run(context: &Context, namespace: &str, folder: &Path, stop: CancellationToken) {
    let shared = Shared { context, namespace };
    let mut changes = watch::watch(folder);
    let charts: Api<PartialObjectMeta<HelmChart>> = Api::all(context.client.clone());
    let charts = touched(charts, watcher::Config::default().labels(ADDON_LABEL));
    let mut charts = std::pin::pin!(charts);
    let mut board = Board::default();
    let mut tasks: FuturesUnordered<LocalBoxFuture<'_, (String, Stamp, Outcome)>> = FuturesUnordered::new();
    loop {
        for task in board.begin(folder::tasks(folder)) {
            tasks.push(Box::pin(work(&shared, task)));
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some((name, stamp, outcome)) = tasks.next() => board.end(name, stamp, outcome),
            () = changes.next() => sleep(SETTLE).await,
            Some(chart) = charts.next() => board.look_again(chart.labels().get(ADDON_LABEL)),
            () = sleep_until(board.wake()) => {}
        }
    }
    // What is under way is finished: an Addon half applied is worse than a slow stop.
    while tasks.next().await.is_some() {}
}

/// Which files were dealt with, and how.
#[derive(Default)]
struct Board {
    done: HashMap<String, Done>,
    under_way: HashSet<String>,
}

impl Board {
    /// Of `tasks` those that want to be worked on now.
    fn begin(&mut self, tasks: Vec<Task>) -> Vec<Task> {
        let now = Instant::now();
        let wants = |task: &Task| match self.done.get(&task.addon) {
            _ if self.under_way.contains(&task.addon) => false,
            Some(done) => done.stamp != task.stamp() || done.due().is_some_and(|due| due <= now),
            None => true,
        };
        let tasks: Vec<Task> = tasks.into_iter().filter(wants).collect();
        self.under_way.extend(tasks.iter().map(|task| task.addon.clone()));
        tasks
    }

    fn end(&mut self, addon: String, stamp: Stamp, outcome: Outcome) {
        self.under_way.remove(&addon);
        let before = self.done.get(&addon).filter(|done| done.stamp == stamp);
        let failures = match outcome {
            Outcome::Failed => before.map_or(0, |done| done.failures) + 1,
            _ => 0,
        };
        self.done.insert(
            addon,
            Done {
                stamp,
                outcome,
                failures,
                at: Instant::now(),
            },
        );
    }

    /// Something that `addon` brought has changed: perhaps it is ready now.
    fn look_again(&mut self, addon: Option<&String>) {
        let done = addon.and_then(|addon| self.done.get_mut(addon));
        if let Some(done) = done.filter(|done| done.outcome == Outcome::Unready) {
            done.at = Instant::now().checked_sub(UNREADY_PAUSE).unwrap_or(done.at);
        }
    }

    fn wake(&self) -> Instant {
        let idle = self
            .done
            .iter()
            .filter(|(addon, _)| !self.under_way.contains(*addon));
        let due = idle.filter_map(|(_, done)| done.due()).min();
        let walk = Instant::now() + WALK;
        due.map_or(walk, |due| due.min(walk))
    }
}

async fn work(shared: &Shared<'_>, task: Task) -> (String, Stamp, Outcome) {
    let stamp = task.stamp();
    let result = match &task.file {
        Some(file) => apply_file(shared, &task.addon, file).await,
        None => apply::disable(shared, &task.addon)
            .await
            .map(|()| Outcome::Settled),
    };
    let outcome = result.unwrap_or_else(|error| {
        warn!(addon = task.addon, "{}", crate::report::chain(&error));
        Outcome::Failed
    });
    (task.addon, stamp, outcome)
}

async fn apply_file(shared: &Shared<'_>, name: &str, file: &File) -> anyhow::Result<Outcome> {
    let fetched = fetch::fetch(shared, name, file).await?;
    match manifest::decide(&fetched, &shared.context.node) {
        manifest::Step::Check => {}
        manifest::Step::Yield { node } => {
            status::report_conflict(shared, &fetched, &node).await;
            return Ok(Outcome::Settled);
        }
        manifest::Step::Apply => {
            status::announce(shared, &fetched).await?;
        }
    }
    let applied = match manifest::parse(&fetched) {
        Ok(objects) => apply::apply(shared, &fetched, objects).await,
        Err(error) => Err(apply::Error::Manifest(error)),
    };
    status::report(shared, &fetched, &applied).await?;
    Ok(match applied {
        Ok(applied) if applied.is_ready() => Outcome::Settled,
        Ok(_) => Outcome::Unready,
        Err(apply::Error::Manifest(_)) => Outcome::Settled,
        Err(_) => Outcome::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(addon: &str, size: u64) -> Task {
        Task {
            addon: addon.into(),
            file: Some(File {
                size,
                ..File::default()
            }),
        }
    }

    #[test]
    fn a_file_is_worked_on_once_until_it_changes() {
        let mut board = Board::default();
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 1);
        assert_eq!(board.begin(vec![task("a", 2)]).len(), 0, "one at a time");
        board.end("a".into(), task("a", 1).stamp(), Outcome::Settled);
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 0);
        assert_eq!(board.begin(vec![task("a", 2)]).len(), 1);
    }

    #[test]
    fn an_unready_addon_is_looked_at_when_a_chart_changes() {
        let mut board = Board::default();
        board.begin(vec![task("a", 1)]);
        board.end("a".into(), task("a", 1).stamp(), Outcome::Unready);
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 0);
        board.look_again(Some(&"b".into()));
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 0);
        board.look_again(Some(&"a".into()));
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 1);
    }

    #[test]
    fn failures_wait_longer_each_time_and_a_changed_file_does_not_wait() {
        let mut board = Board::default();
        let stamp = task("a", 1).stamp();
        for failures in 1..4 {
            board.end("a".into(), stamp.clone(), Outcome::Failed);
            assert_eq!(board.done["a"].failures, failures);
        }
        assert_eq!(board.begin(vec![task("a", 1)]).len(), 0);
        assert_eq!(board.begin(vec![task("a", 2)]).len(), 1);
    }
}
