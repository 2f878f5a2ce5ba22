//! The operator against a real API server.
//!
//! `BOWLINE_TEST_BIN` names folders (as `PATH` does) with `etcd` and `kube-apiserver`; without it these tests say so and
//! pass. There is no kubelet and no controller manager: what those would do, a test does by hand.

mod addons;
mod chance;
mod charts;
mod cluster;
mod leader;
mod nodes;
mod ownership;
mod restart;

use std::time::{Duration, Instant};

use cluster::Cluster;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::Value;

use crate::kinds::Kinds;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one test works with: the shared cluster, with the operator running in it, and a namespace of its own.
struct Scene {
    client: kube::Client,
    kinds: Kinds,
    namespace: String,
    manifests: std::path::PathBuf,
}

/// Runs a test in a namespace called `name`, or says why not.
fn scene<F: Future<Output = ()>>(name: &str, test: impl FnOnce(Scene) -> F) {
    let Some(cluster) = Cluster::shared() else { return };
    block_on(async {
        let client = cluster.client().await;
        let scene = Scene {
            kinds: Kinds::new(client.clone()),
            client,
            namespace: name.to_owned(),
            manifests: cluster.manifests(),
        };
        let namespace =
            serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        scene.apply(namespace).await;
        test(scene).await;
    });
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

impl Scene {
    async fn api(&self, api_version: &str, kind: &str) -> Api<DynamicObject> {
        self.api_in(&self.namespace, api_version, kind).await
    }

    async fn api_in(&self, namespace: &str, api_version: &str, kind: &str) -> Api<DynamicObject> {
        let begun = Instant::now();
        // Kinds are listed some time after they can be used.
        let kind = loop {
            match self.kinds.resolve(api_version, kind).await {
                Ok(kind) => break kind,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        kind.api(self.client.clone(), Some(namespace))
    }

    async fn config_maps(&self) -> Api<DynamicObject> {
        self.api("v1", "ConfigMap").await
    }

    async fn charts(&self) -> Api<DynamicObject> {
        self.api("helm.cattle.io/v1", "HelmChart").await
    }

    async fn system_addons(&self) -> Api<DynamicObject> {
        self.api_in(bowline_crds::SYSTEM_NAMESPACE, "k3s.cattle.io/v1", "Addon")
            .await
    }

    /// Applies as a person would with `kubectl apply --server-side`.
    async fn apply(&self, object: Value) -> DynamicObject {
        let api = self
            .api(
                object["apiVersion"].as_str().unwrap(),
                object["kind"].as_str().unwrap(),
            )
            .await;
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let parameters = PatchParams::apply("kubectl").force();
        api.patch(&name, &parameters, &Patch::Apply(object))
            .await
            .unwrap()
    }

    /// Waits until `name` looks as `wanted` says.
    async fn until(&self, api: &Api<DynamicObject>, name: &str, wanted: impl Fn(Option<&Value>) -> bool) {
        let begun = Instant::now();
        loop {
            let live = api
                .get_opt(name)
                .await
                .unwrap()
                .map(|live| serde_json::to_value(live).unwrap());
            if wanted(live.as_ref()) {
                return;
            }
            let seen = serde_json::to_string_pretty(&live).unwrap();
            assert!(
                begun.elapsed() < PATIENCE,
                "{name} never came to look as wanted; last seen: {seen}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_gone(&self, api: &Api<DynamicObject>, name: &str) {
        self.until(api, name, |live| live.is_none()).await;
    }

    async fn until_ready(&self, chart: &str) {
        self.until(&self.charts().await, chart, |live| live.is_some_and(is_ready))
            .await;
    }
}

/// As `kubectl wait --for=condition=Ready` sees it.
fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(|ready| {
        ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
    })
}

fn condition<'a>(object: &'a Value, type_: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == type_)
}
