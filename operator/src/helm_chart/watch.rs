//! What makes a HelmChart be looked at again: itself, its config, the Secrets it reads, and its workloads.
//!
//! Every watch is on metadata alone and keeps no objects but the HelmCharts' own metadata.

use std::sync::Arc;

use bowline_crds::{HelmChart, HelmChartConfig};
use futures::stream::{BoxStream, StreamExt as _};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::api::Api;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Resource, ResourceExt as _};
use tokio_util::sync::CancellationToken;

use super::build::{MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE};
use super::{Charts, Key, reconcile};
use crate::controller::{self, Sources, Target, touched};

/// Charts that are reconciled at the same time.
const CONCURRENCY: u16 = 16;

/// Reconciles HelmCharts until `stop`.
pub(crate) async fn run(charts: Arc<Charts>, stop: CancellationToken) {
    let client = &charts.context.client;
    let config: Api<PartialObjectMeta<HelmChartConfig>> = Api::all(client.clone());
    let configs = touched(config, watcher::Config::default())
        .map(|config| vec![Target::new(config.namespace(), config.name_any())]);
    let secrets: Api<PartialObjectMeta<Secret>> = Api::all(client.clone());
    // Release records are Secrets too, large ones, and nothing here follows from them.
    let but_records = watcher::Config::default().fields("type!=helm.sh/release.v1");
    let index = Arc::clone(&charts);
    let secrets = touched(secrets, but_records).map(move |secret| index.read_from(&secret));
    let others: Vec<BoxStream<'static, Vec<Target>>> = vec![
        configs.boxed(),
        secrets.boxed(),
        workloads::<Deployment>(&charts),
        workloads::<DaemonSet>(&charts),
        workloads::<StatefulSet>(&charts),
        workloads::<Job>(&charts),
        workloads::<APIService>(&charts),
    ];
    let own: Api<PartialObjectMeta<HelmChart>> = Api::all(client.clone());
    let work = move |target: Target| {
        let charts = Arc::clone(&charts);
        async move {
            let key = Key {
                namespace: target.namespace.unwrap_or_default(),
                name: target.name,
            };
            reconcile(&key, &charts).await
        }
    };
    controller::run(Sources { own, others }, CONCURRENCY, work, stop).await;
}

/// Workloads that bear Helm's mark, by the release that their annotations name.
fn workloads<K>(charts: &Arc<Charts>) -> BoxStream<'static, Vec<Target>>
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Send + Sync + 'static,
{
    let api: Api<PartialObjectMeta<K>> = Api::all(charts.context.client.clone());
    let marked = watcher::Config::default().labels(&format!("{MANAGED_BY}=Helm"));
    let index = Arc::clone(charts);
    touched(api, marked)
        .map(move |object| index.release_of(&object))
        .boxed()
}

impl Charts {
    fn release_of<K>(&self, object: &PartialObjectMeta<K>) -> Vec<Target> {
        let annotation = |key| {
            let annotations = object.metadata.annotations.as_ref()?;
            annotations.get(key).cloned()
        };
        let (Some(namespace), Some(name)) = (annotation(RELEASE_NAMESPACE), annotation(RELEASE_NAME)) else {
            return Vec::new();
        };
        let index = self.index();
        index
            .releases
            .get(&(namespace, name))
            .map(target)
            .into_iter()
            .collect()
    }

    fn read_from(&self, secret: &PartialObjectMeta<Secret>) -> Vec<Target> {
        let key = (secret.namespace().unwrap_or_default(), secret.name_any());
        let index = self.index();
        index
            .secrets
            .get(&key)
            .into_iter()
            .flatten()
            .map(target)
            .collect()
    }
}

fn target(key: &Key) -> Target {
    Target::new(Some(key.namespace.clone()), key.name.clone())
}
