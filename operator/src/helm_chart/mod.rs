//! HelmCharts: what a chart says becomes objects in the cluster, and stays so.
//!
//! [`reconcile`] is the whole of it: fetch what there is, validate it and build the objects without touching anything,
//! apply them, and say in the status how it went.

mod apply;
mod build;
mod fetch;
mod objects;
mod rollback;
mod status;
mod step;
mod uninstall;
mod validate;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_crds::{HelmChartStatus, condition};
use jiff::Timestamp;
use kube::runtime::controller::Action;
use thiserror::Error;
use tokio::sync::OnceCell;

use crate::apply::ApplyError;
use crate::context::Context;
use crate::identity::Identity;
use crate::kinds::KindError;
use crate::release::codec::CodecError;
use crate::release::history::HistoryError;
use crate::release::hooks::HookError;
use crate::remove::RemoveError;

pub(crate) use watch::run;

/// Objects that are not ready are looked at again after this, and seldomer the longer it takes; workloads are watched
/// beside.
const UNREADY_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_UNREADY_PAUSE: Duration = Duration::from_secs(30);
/// A release that somebody else is at work on is looked at again after this.
const LOCKED_PAUSE: Duration = Duration::from_secs(5);

/// Namespace and name of a HelmChart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// What the controller keeps between two reconciles: nothing that the cluster does not tell again.
pub(crate) struct Charts {
    pub(crate) context: Arc<Context>,
    kube_version: OnceCell<String>,
    index: Mutex<Index>,
}

/// Who is concerned when something else changes, and what was applied last.
#[derive(Default)]
struct Index {
    /// By namespace and name of the release.
    releases: BTreeMap<(String, String), Key>,
    /// By namespace and name of a Secret with values.
    secrets: BTreeMap<(String, String), BTreeSet<Key>>,
    /// The objects of a chart whose inputs have this hash.
    applied: BTreeMap<Key, (String, Arc<Vec<Identity>>)>,
}

impl Charts {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            kube_version: OnceCell::new(),
            index: Mutex::default(),
        }
    }

    /// The API server's version, asked once.
    async fn kube_version(&self) -> Result<&String, Error> {
        let ask = || async {
            let version = self.context.client.apiserver_version().await;
            version.map(|version| version.git_version)
        };
        self.kube_version
            .get_or_try_init(ask)
            .await
            .map_err(Error::api("ask the API server's version"))
    }

    /// Nothing in here can be left half done, so a poisoned lock is as good as any.
    fn index(&self) -> std::sync::MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a chart is not as it was asked to be.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Only a person can heal it.
    #[error("{message}")]
    Stalled { reason: &'static str, message: String },
    /// Somebody else is at work on the release.
    #[error("release {release} is {state}, and not by this operator; waiting until it is done")]
    Locked { release: String, state: &'static str },
    #[error("{what}: {}", crate::apply::refusal(source))]
    Api { what: String, source: kube::Error },
    #[error(transparent)]
    Kind(#[from] KindError),
    #[error(transparent)]
    Apply(Box<ApplyError>),
    #[error(transparent)]
    Remove(Box<RemoveError>),
    #[error(transparent)]
    Hook(Box<HookError>),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl From<ApplyError> for Error {
    fn from(error: ApplyError) -> Self {
        Self::Apply(Box::new(error))
    }
}

impl From<RemoveError> for Error {
    fn from(error: RemoveError) -> Self {
        Self::Remove(Box::new(error))
    }
}

impl From<HookError> for Error {
    fn from(error: HookError) -> Self {
        Self::Hook(Box::new(error))
    }
}

impl Error {
    fn stalled(reason: &'static str, error: impl Into<anyhow::Error>) -> Self {
        let message = crate::report::chain(&error.into());
        Self::Stalled { reason, message }
    }

    fn api(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        |source| Self::Api { what, source }
    }
}

/// Makes the release what the HelmChart asks for.
pub(crate) async fn reconcile(key: &Key, charts: &Charts) -> Result<Action, Error> {
    let fetched = match fetch::fetch(key, charts).await? {
        fetch::Fetch::Found(fetched) => *fetched,
        fetch::Fetch::NotOurs => return Ok(Action::await_change()),
        fetch::Fetch::Undecodable(invalid) => return status::report_undecodable(&invalid, charts).await,
    };
    if fetched.chart.metadata.deletion_timestamp.is_some() {
        return uninstall::uninstall(&fetched, charts).await;
    }
    let mut told = fetched.chart.status.clone();
    let outcome = bring_about(&fetched, &mut told, charts).await;
    status::report(&fetched, &outcome, &mut told, charts).await?;
    match outcome {
        Ok(applied) if applied.is_ready() => Ok(Action::await_change()),
        Ok(_) => Ok(Action::requeue(unready_pause(told.as_ref()))),
        Err(Error::Stalled { .. }) => Ok(Action::await_change()),
        Err(Error::Locked { .. }) => Ok(Action::requeue(LOCKED_PAUSE)),
        Err(error) => Err(error),
    }
}

/// A quarter of the time that it has been unready for.
fn unready_pause(told: Option<&HelmChartStatus>) -> Duration {
    let ready = told.and_then(|told| condition::find(&told.conditions, condition::READY));
    let since = ready.and_then(|ready| ready.last_transition_time.as_ref()?.parse::<Timestamp>().ok());
    let age = since.map_or(0, |since| Timestamp::now().as_second() - since.as_second());
    Duration::from_secs(age.max(0).unsigned_abs() / 4).clamp(UNREADY_PAUSE, LONGEST_UNREADY_PAUSE)
}

async fn bring_about(
    fetched: &fetch::Fetched,
    told: &mut status::Told,
    charts: &Charts,
) -> Result<apply::Applied, Error> {
    let release = validate::validate(fetched)?;
    let step = step::next_step(&release, &fetched.history)?;
    let attempt = apply::Attempt::new(charts, fetched, &release, step);
    if step.action == step::Action::RollBack {
        status::announce(fetched, step, told, charts).await?;
        return Err(attempt.finish_rollback().await?);
    }
    if let Some(applied) = attempt.unchanged().await? {
        return Ok(applied);
    }
    // First, for it asks for the object as it was fetched.
    attempt.hold().await?;
    status::announce(fetched, step, told, charts).await?;
    let pin = attempt.pin().await?;
    let planned = build::build(&release, step, pin, charts).await?;
    match attempt.apply(planned).await {
        Ok(applied) => Ok(applied),
        Err(error) => Err(attempt.settle(error).await?),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use bowline_crds::FailurePolicy;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::validate::Release;

    /// The `.tgz` of a chart named `web` with these files.
    pub(crate) fn chart_archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = Vec::new();
        let manifest = ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
        for (path, content) in std::iter::once(&manifest).chain(files) {
            tar.extend(tar_entry(&format!("web/{path}"), content.as_bytes()));
        }
        tar.extend([0; 1024]);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&tar).unwrap();
        gzip.finish().unwrap()
    }

    /// One file in the ustar format: name, mode, owner, size, time, checksum, type.
    fn tar_entry(path: &str, content: &[u8]) -> Vec<u8> {
        let mut header = vec![0_u8; 512];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[108..116].copy_from_slice(b"0000000\0");
        header[116..124].copy_from_slice(b"0000000\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header.extend(content);
        header.resize(header.len().next_multiple_of(512), 0);
        header
    }

    pub(crate) fn release(content: &str, values: serde_json::Value) -> Release<'_> {
        Release {
            name: "web",
            namespace: "shop",
            content,
            given: values.clone().into(),
            values,
            timeout: std::time::Duration::from_mins(5),
            failure_policy: FailurePolicy::Retry,
            force_conflicts: false,
            take_ownership: false,
            create_namespace: false,
            kube_version: "v1.37.2",
            hash: "hash".into(),
        }
    }
}
