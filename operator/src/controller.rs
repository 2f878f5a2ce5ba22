//! The loop of every controller: watch metadata, queue what changed, reconcile, wait longer after each failure.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use kube::api::Api;
use kube::core::PartialObjectMeta;
use kube::runtime::controller::{self, Action};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::{PredicateConfig, WatchStreamExt as _, applier, watcher};
use kube::{Resource, ResourceExt as _};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_mins(2);
/// Changes that come together are one.
const DEBOUNCE: Duration = Duration::from_millis(5);

/// The object that shall be reconciled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl Target {
    pub(crate) fn new(namespace: Option<String>, name: impl Into<String>) -> Self {
        Self {
            namespace,
            name: name.into(),
        }
    }
}

/// Objects as they are found, changed and deleted, by their metadata alone and without keeping them.
pub(crate) fn touched<K>(
    api: Api<PartialObjectMeta<K>>,
    config: watcher::Config,
) -> impl Stream<Item = PartialObjectMeta<K>> + Send
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
{
    watcher(api, config)
        .default_backoff()
        .touched_objects()
        .filter_map(|result| async { logged(result) })
}

/// What makes objects be reconciled: they themselves, and whatever else names them.
pub(crate) struct Sources<K> {
    pub(crate) own: Api<PartialObjectMeta<K>>,
    pub(crate) others: Vec<BoxStream<'static, Vec<Target>>>,
}

/// Reconciles what `sources` name until `stop`; then waits for those under way.
pub(crate) async fn run<K, W, F, E>(sources: Sources<K>, concurrency: u16, work: W, stop: CancellationToken)
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
    W: Fn(Target) -> F,
    F: Future<Output = Result<Action, E>> + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let Sources { own, others } = sources;
    let (store, writer) = reflector::store();
    let own = watcher(own, watcher::Config::default())
        .default_backoff()
        .modify(|object: &mut PartialObjectMeta<K>| slim(object))
        .reflect(writer)
        .touched_objects()
        .predicate_filter(
            |object: &PartialObjectMeta<K>| Some(intent(object)),
            PredicateConfig::default(),
        )
        .filter_map(|result| async { logged(result) })
        .map(|object| ObjectRef::from(&object));
    let others = stream::select_all(others).flat_map(stream::iter).map(|target| {
        let reference = ObjectRef::<PartialObjectMeta<K>>::new(&target.name);
        match &target.namespace {
            Some(namespace) => reference.within(namespace),
            None => reference,
        }
    });
    let queue = stream::select(own, others)
        .map(Ok::<_, watcher::Error>)
        .take_until(stop.cancelled_owned());
    let failures = Arc::new(Failures::default());
    let reconcile = |object: Arc<PartialObjectMeta<K>>, failures: Arc<Failures>| {
        let target = Target::new(object.namespace(), object.name_any());
        let result = work(target.clone());
        Box::pin(async move {
            let result = result.await;
            if result.is_ok() {
                failures.forget(&target);
            }
            result
        })
    };
    let retry = |object: Arc<PartialObjectMeta<K>>, error: &E, failures: Arc<Failures>| {
        let target = Target::new(object.namespace(), object.name_any());
        let pause = failures.next_pause(&target);
        warn!(kind = %K::kind(&()), ?target, ?pause, "{}", crate::report::chain_of(error));
        Action::requeue(pause)
    };
    let config = controller::Config::default()
        .debounce(DEBOUNCE)
        .concurrency(concurrency);
    applier(reconcile, retry, failures, store, Box::pin(queue), config)
        .for_each(|result| async {
            if let Err(error) = result {
                debug!(%error, "not reconciled");
            }
        })
        .await;
}

/// Metadata that nobody here reads may be large: a manifest applied by kubectl stands there in full.
fn slim<K>(object: &mut PartialObjectMeta<K>) {
    object.metadata.managed_fields = None;
    if let Some(annotations) = &mut object.metadata.annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

/// What a person or another controller wants, as opposed to what we wrote into the status.
fn intent<K>(object: &PartialObjectMeta<K>) -> u64 {
    let metadata = &object.metadata;
    let mut hasher = DefaultHasher::new();
    metadata.uid.hash(&mut hasher);
    metadata.generation.hash(&mut hasher);
    metadata.labels.hash(&mut hasher);
    metadata.annotations.hash(&mut hasher);
    metadata
        .deletion_timestamp
        .as_ref()
        .map(|time| time.0)
        .hash(&mut hasher);
    hasher.finish()
}

fn logged<T>(result: Result<T, watcher::Error>) -> Option<T> {
    result
        .inspect_err(|error| debug!(%error, "watch interrupted"))
        .ok()
}

/// How often in a row each object has failed.
#[derive(Default)]
struct Failures {
    counts: Mutex<HashMap<Target, u32>>,
}

impl Failures {
    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<Target, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, target: &Target) {
        self.counts().remove(target);
    }

    fn next_pause(&self, target: &Target) -> Duration {
        let mut counts = self.counts();
        let count = counts.entry(target.clone()).or_default();
        let pause = FIRST_RETRY * 2_u32.pow((*count).min(10));
        *count += 1;
        pause.min(LONGEST_RETRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_two_minutes_and_begin_anew_after_a_success() {
        let failures = Failures::default();
        let target = Target::new(None, "a");
        let pauses: Vec<u128> = (0..10)
            .map(|_| failures.next_pause(&target).as_millis())
            .collect();
        assert_eq!(pauses[..4], [500, 1000, 2000, 4000]);
        assert_eq!(pauses[9], 120_000);
        failures.forget(&target);
        assert_eq!(failures.next_pause(&target), FIRST_RETRY);
    }
}
