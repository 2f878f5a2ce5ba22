//! The operator is killed after each of its writes in turn, and the next one finishes the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use hyper::{Method, Request};
use kube::Client;
use kube::api::{DeleteParams, ListParams};
use kube::client::Body;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::charts::chart;
use super::cluster::Cluster;
use super::{Scene, block_on};
use crate::helm_chart::tests::chart_archive;
use crate::kinds::Kinds;

/// More writes than the work takes.
const MOST_WRITES: usize = 80;

fn arguments() -> crate::Arguments {
    crate::Arguments {
        manifests: None,
        namespace: bowline_crds::SYSTEM_NAMESPACE.into(),
        kubeconfig: None,
        leader_elect: false,
        node_name: "test".into(),
    }
}

/// A client for a process that is killed once `left` writes are used up: the next one is never sent.
fn mortal(inner: Client, left: usize, killed: CancellationToken) -> Client {
    let left = Arc::new(AtomicUsize::new(left));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (inner, left, killed) = (inner.clone(), Arc::clone(&left), killed.clone());
        async move {
            let is_write = request.method() != Method::GET;
            let spend = |left: usize| left.checked_sub(1);
            if is_write
                && left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend)
                    .is_err()
            {
                killed.cancel();
                std::future::pending::<()>().await;
            }
            inner.send(request).await
        }
    });
    Client::new(service, "default")
}

/// Runs an operator until it is killed or `done` is; tells whether it was killed.
async fn run_until_killed(client: &Client, writes: usize, done: impl Future<Output = ()>) -> bool {
    let killed = CancellationToken::new();
    let arguments = arguments();
    let client = mortal(client.clone(), writes, killed.clone());
    let operator = Box::pin(crate::run(client, &arguments, CancellationToken::new()));
    // Whichever ends first, the others are dropped where they stand, as a kill would.
    tokio::select! {
        _ = operator => unreachable!("nobody asked it to stop"),
        () = killed.cancelled() => true,
        () = done => false,
    }
}

fn spec(color: &str) -> Value {
    let map = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{color: {{{{ values.color }}}}}}\n"
        )
    };
    let hook = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hook, annotations: {helm.sh/hook: 'pre-install,pre-upgrade'}}\n";
    let only_blue = format!(
        "{{% if values.color == 'blue' %}}{}{{% endif %}}",
        map("only-blue")
    );
    let files = [
        ("templates/a.yaml.j2", map("a")),
        ("templates/b.yaml.j2", only_blue),
        (
            "templates/c.yaml.j2",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: c}\n".to_owned(),
        ),
        ("templates/hook.yaml.j2", hook.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let content = base64::engine::general_purpose::STANDARD.encode(chart_archive(&files));
    json!({"chartContent": content, "values": {"color": color}})
}

async fn leftovers(scene: &Scene) -> Vec<String> {
    let mut names = Vec::new();
    for kind in ["ConfigMap", "ServiceAccount", "Secret"] {
        let objects = scene
            .api("v1", kind)
            .await
            .list(&ListParams::default())
            .await
            .unwrap();
        names.extend(
            objects
                .iter()
                .map(|object| format!("{kind} {}", object.metadata.name.as_ref().unwrap())),
        );
    }
    names
}

/// One chart's life, with a kill after `writes` writes of each of its three chapters. Tells whether any came.
async fn live_through(client: &Client, writes: usize) -> bool {
    let namespace = format!("restart-{writes}");
    let scene = Scene {
        kinds: Kinds::new(client.clone()),
        client: client.clone(),
        namespace: namespace.clone(),
        manifests: std::path::PathBuf::new(),
    };
    scene
        .apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))
        .await;
    let mut was_killed = false;
    for color in ["blue", "red"] {
        scene.apply(chart(&scene, "web", &spec(color))).await;
        was_killed |= run_until_killed(client, writes, scene.until_ready("web")).await;
        run_until_killed(client, usize::MAX, scene.until_ready("web")).await;
        let map = scene.config_maps().await.get("a").await.unwrap();
        assert_eq!(map.data["data"]["color"], color, "killed after {writes} writes");
    }
    let expected = ["ConfigMap a", "ConfigMap hook", "ServiceAccount c"];
    let mut found = leftovers(&scene).await;
    found.retain(|name| !name.starts_with("Secret"));
    assert_eq!(found, expected, "killed after {writes} writes");

    scene
        .charts()
        .await
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    let charts = scene.charts().await;
    was_killed |= run_until_killed(client, writes, scene.until_gone(&charts, "web")).await;
    run_until_killed(client, usize::MAX, scene.until_gone(&charts, "web")).await;
    assert_eq!(
        leftovers(&scene).await,
        Vec::<String>::new(),
        "killed after {writes} writes"
    );
    was_killed
}

#[test]
fn killed_after_any_write_the_work_is_finished_and_nothing_is_left() {
    let Some(cluster) = Cluster::start() else { return };
    block_on(async {
        let client = cluster.client().await;
        crate::install::install_kinds(
            &crate::Context::new(client.clone(), "test"),
            &CancellationToken::new(),
        )
        .await
        .unwrap();
        for writes in 0..MOST_WRITES {
            if !live_through(&client, writes).await {
                return;
            }
        }
        panic!("the work took more than {MOST_WRITES} writes");
    });
}
