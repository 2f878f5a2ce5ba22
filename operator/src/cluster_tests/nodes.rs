//! NodeConfigs reach the nodes they select, and a node speaks for itself only.

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::{PATIENCE, Scene, condition, is_ready, scene};

async fn states_as_node(node: &str) -> Api<DynamicObject> {
    let mut config = Cluster::shared().unwrap().config();
    config.auth_info.impersonate = Some(format!("system:node:{node}"));
    config.auth_info.impersonate_groups = Some(vec!["system:nodes".into(), "system:authenticated".into()]);
    let client = kube::Client::try_from(config).unwrap();
    let kinds = crate::kinds::Kinds::new(Cluster::shared().unwrap().client().await);
    kinds
        .resolve("bowline.dev/v1alpha1", "NodeState")
        .await
        .unwrap()
        .api(client, None)
}

/// What a node's bootstrap reports once it has done what its state says.
fn report(state: &DynamicObject) -> Patch<Value> {
    let generation = state.metadata.generation;
    Patch::Merge(json!({"status": {
        "observedGeneration": generation,
        "applied": state.data["spec"],
        "conditions": [{"type": "Ready", "status": "True", "observedGeneration": generation, "reason": "Applied"}]
    }}))
}

async fn node(scene: &Scene, name: &str) {
    let labels = json!({"scene": scene.namespace});
    scene
        .apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}))
        .await;
}

#[test]
fn a_config_reaches_its_nodes_and_is_ready_when_they_say_so() {
    scene("nodes", async |scene| {
        node(&scene, "nodes-a").await;
        let config = json!({
            "apiVersion": "bowline.dev/v1alpha1", "kind": "NodeConfig", "metadata": {"name": "nodes"},
            "spec": {
                "nodeSelector": {"matchLabels": {"scene": "nodes"}},
                "labels": {"pool": "gpu"},
                "taints": [{"key": "gpu", "effect": "NoSchedule"}],
                "sysctls": {"vm.swappiness": 10},
                "kubelet": {"maxPods": 50}
            }
        });
        let configs = scene.api("bowline.dev/v1alpha1", "NodeConfig").await;
        scene.apply(config).await;
        let states = scene.api("bowline.dev/v1alpha1", "NodeState").await;
        scene
            .until(&states, "nodes-a", |live| {
                live.is_some_and(|live| live["spec"]["kubelet"]["maxPods"] == 50)
            })
            .await;
        let nodes = scene.api("v1", "Node").await;
        let marked = |live: Option<&Value>| {
            live.is_some_and(|live| {
                live["metadata"]["labels"]["pool"] == "gpu"
                    && live["spec"]["taints"].to_string().contains("gpu")
            })
        };
        scene.until(&nodes, "nodes-a", marked).await;
        let waits = |live: Option<&Value>| {
            let ready = live.and_then(|live| condition(live, "Ready"));
            ready.is_some_and(|ready| ready["message"] == "waiting for nodes-a")
        };
        scene.until(&configs, "nodes", waits).await;

        let own = states_as_node("nodes-a").await;
        let state = own.get("nodes-a").await.unwrap();
        own.patch_status("nodes-a", &PatchParams::default(), &report(&state))
            .await
            .unwrap();
        scene
            .until(&configs, "nodes", |live| live.is_some_and(is_ready))
            .await;

        configs.delete("nodes", &DeleteParams::default()).await.unwrap();
        scene.until_gone(&states, "nodes-a").await;
        let bare = |live: Option<&Value>| {
            live.is_some_and(|live| {
                live["metadata"]["labels"].get("pool").is_none()
                    && !live["spec"]["taints"].to_string().contains("gpu")
            })
        };
        scene.until(&nodes, "nodes-a", bare).await;
    });
}

#[test]
fn a_node_writes_the_status_of_its_own_state_and_of_no_other() {
    scene("node-rights", async |scene| {
        node(&scene, "rights-a").await;
        node(&scene, "rights-b").await;
        scene
            .apply(json!({
                "apiVersion": "bowline.dev/v1alpha1", "kind": "NodeConfig", "metadata": {"name": "node-rights"},
                "spec": {"nodeSelector": {"matchLabels": {"scene": "node-rights"}}, "kubelet": {"maxPods": 60}}
            }))
            .await;
        let states = scene.api("bowline.dev/v1alpha1", "NodeState").await;
        scene.until(&states, "rights-b", |live| live.is_some()).await;
        let own = states_as_node("rights-a").await;
        let state = own.get("rights-b").await.unwrap();
        let begun = std::time::Instant::now();
        // The API server takes a moment to heed a new policy.
        let refusal = loop {
            match own
                .patch_status("rights-b", &PatchParams::default(), &report(&state))
                .await
            {
                Err(kube::Error::Api(answer)) => break answer.message,
                other => assert!(begun.elapsed() < PATIENCE, "{other:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        };
        assert!(
            refusal.contains("may write the status of its own NodeState only"),
            "{refusal}"
        );
        let spec = Patch::Merge(json!({"spec": {"kubelet": {}}}));
        assert!(
            own.patch("rights-a", &PatchParams::default(), &spec)
                .await
                .is_err()
        );
        own.patch_status("rights-a", &PatchParams::default(), &report(&state))
            .await
            .unwrap();
    });
}
