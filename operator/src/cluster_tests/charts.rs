//! HelmCharts become objects, follow their values, and leave nothing behind.

use base64::Engine as _;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::{Scene, condition, scene};
use crate::helm_chart::tests::chart_archive;

const PAGE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page}\ndata:\n  color: {{ values.color }}\n\
                    ---\n{% if values.extra %}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n{% endif %}\n";

pub(super) fn content(files: &[(&str, &str)]) -> String {
    base64::engine::general_purpose::STANDARD.encode(chart_archive(files))
}

pub(super) fn chart(scene: &Scene, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "helm.cattle.io/v1", "kind": "HelmChart",
        "metadata": {"name": name, "namespace": scene.namespace}, "spec": spec
    })
}

pub(super) fn page(values: &Value) -> Value {
    let files = [
        ("values.yaml", "{color: blue, extra: false}"),
        ("templates/page.yaml.j2", PAGE),
    ];
    json!({"chartContent": content(&files), "values": values})
}

pub(super) async fn revisions(scene: &Scene, release: &str) -> Vec<String> {
    let list = ListParams::default().labels(&format!("owner=helm,name={release}"));
    let secrets = scene.api("v1", "Secret").await.list(&list).await.unwrap();
    let label =
        |secret: &kube::api::DynamicObject, key: &str| secret.metadata.labels.as_ref().unwrap()[key].clone();
    let said = |secret| format!("{} {}", label(secret, "version"), label(secret, "status"));
    secrets.iter().map(said).collect()
}

#[test]
fn a_chart_is_applied_follows_its_values_and_leaves_nothing() {
    scene("values", async |scene| {
        let maps = scene.config_maps().await;
        scene
            .apply(chart(&scene, "web", &page(&json!({"extra": true}))))
            .await;
        scene.until_ready("web").await;
        assert_eq!(maps.get("page").await.unwrap().data["data"]["color"], "blue");
        assert_eq!(
            maps.get("extra").await.unwrap().metadata.labels.unwrap()["app.kubernetes.io/managed-by"],
            "Helm"
        );
        assert_eq!(revisions(&scene, "web").await, ["1 deployed"]);

        scene
            .apply(chart(&scene, "web", &page(&json!({"color": "red"}))))
            .await;
        scene.until_ready("web").await;
        assert_eq!(maps.get("page").await.unwrap().data["data"]["color"], "red");
        scene.until_gone(&maps, "extra").await;
        assert_eq!(revisions(&scene, "web").await, ["1 superseded", "2 deployed"]);
        let live = scene.charts().await.get("web").await.unwrap();
        assert_eq!(live.data["status"]["revision"], 2);
        assert_eq!(live.data["status"]["version"], "1.0.0");

        scene
            .charts()
            .await
            .delete("web", &DeleteParams::default())
            .await
            .unwrap();
        scene.until_gone(&scene.charts().await, "web").await;
        assert!(maps.get_opt("page").await.unwrap().is_none());
        assert!(revisions(&scene, "web").await.is_empty());
    });
}

#[test]
fn a_config_changes_the_values_and_is_told_so() {
    scene("config", async |scene| {
        scene
            .apply(chart(&scene, "web", &page(&json!({"color": "red"}))))
            .await;
        scene.until_ready("web").await;
        scene
            .apply(json!({
                "apiVersion": "helm.cattle.io/v1", "kind": "HelmChartConfig",
                "metadata": {"name": "web"}, "spec": {"valuesContent": "color: green"}
            }))
            .await;
        let green = |live: Option<&Value>| live.is_some_and(|live| live["data"]["color"] == "green");
        scene.until(&scene.config_maps().await, "page", green).await;
        let configs = scene.api("helm.cattle.io/v1", "HelmChartConfig").await;
        scene
            .until(&configs, "web", |live| live.is_some_and(super::is_ready))
            .await;

        configs.delete("web", &DeleteParams::default()).await.unwrap();
        let red = |live: Option<&Value>| live.is_some_and(|live| live["data"]["color"] == "red");
        scene.until(&scene.config_maps().await, "page", red).await;
    });
}

#[test]
fn a_secret_with_values_is_waited_for_and_followed() {
    scene("secret", async |scene| {
        let mut spec = page(&json!({}));
        spec["valuesSecrets"] = json!([{"name": "colors", "keys": ["values.yaml"]}]);
        scene.apply(chart(&scene, "web", &spec)).await;
        let missing = |live: Option<&Value>| {
            let stalled = live.and_then(|live| condition(live, "Stalled"));
            stalled.is_some_and(|stalled| stalled["reason"] == "SecretMissing")
        };
        scene.until(&scene.charts().await, "web", missing).await;
        for color in ["pink", "teal"] {
            scene
                .apply(json!({
                    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "colors"},
                    "stringData": {"values.yaml": format!("color: {color}")}
                }))
                .await;
            let colored = |live: Option<&Value>| live.is_some_and(|live| live["data"]["color"] == color);
            scene.until(&scene.config_maps().await, "page", colored).await;
        }
    });
}

#[test]
fn ready_waits_for_the_workload_and_says_what_it_waits_for() {
    scene("workload", async |scene| {
        let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n  \
                        template: {metadata: {labels: {a: b}}, spec: {containers: [{name: web, image: web}]}}\n";
        let spec = json!({"chartContent": content(&[("templates/web.yaml.j2", template)])});
        scene.apply(chart(&scene, "web", &spec)).await;
        let waiting = |live: Option<&Value>| {
            let ready = live.and_then(|live| condition(live, "Ready"));
            ready.is_some_and(|ready| {
                ready["message"] == "Deployment workload/web: its controller has not seen it yet"
            })
        };
        scene.until(&scene.charts().await, "web", waiting).await;
        // What kube-controller-manager would write.
        let status = json!({"status": {
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1
        }});
        let deployments = scene.api("apps/v1", "Deployment").await;
        deployments
            .patch_status("web", &PatchParams::default(), &Patch::Merge(status))
            .await
            .unwrap();
        scene.until_ready("web").await;

        deployments.delete("web", &DeleteParams::default()).await.unwrap();
        scene.until(&deployments, "web", |live| live.is_some()).await;
        assert_eq!(
            revisions(&scene, "web").await,
            ["1 deployed"],
            "putting back makes no revision"
        );
    });
}

#[test]
fn nothing_is_written_when_nothing_has_changed() {
    scene("idle", async |scene| {
        scene.apply(chart(&scene, "web", &page(&json!({})))).await;
        scene.until_ready("web").await;
        let versions = async || {
            let chart = scene
                .charts()
                .await
                .get("web")
                .await
                .unwrap()
                .metadata
                .resource_version;
            let map = scene
                .config_maps()
                .await
                .get("page")
                .await
                .unwrap()
                .metadata
                .resource_version;
            (chart, map, revisions(&scene, "web").await)
        };
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let before = versions().await;
        // Makes the operator look again, and changes nothing that matters.
        let touch = json!({"metadata": {"annotations": {"touched": "yes"}}});
        let touched = scene
            .charts()
            .await
            .patch("web", &PatchParams::default(), &Patch::Merge(touch))
            .await
            .unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let after = versions().await;
        assert_eq!(after.0, touched.metadata.resource_version);
        assert_eq!((after.1, after.2), (before.1, before.2));
    });
}

#[test]
fn a_failed_upgrade_is_taken_back_when_the_policy_says_so() {
    scene("rollback", async |scene| {
        let broken = "{% if values.color == 'red' %}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: zz, labels: {a: 'not a label'}}\n{% endif %}\n";
        let files = [
            ("values.yaml", "{color: blue, extra: false}"),
            ("templates/page.yaml.j2", PAGE),
            ("templates/broken.yaml.j2", broken),
        ];
        let spec = |color: &str| {
            let values = json!({"color": color, "extra": color == "red"});
            json!({"chartContent": content(&files), "values": values, "failurePolicy": "rollback"})
        };
        scene.apply(chart(&scene, "web", &spec("blue"))).await;
        scene.until_ready("web").await;
        scene.apply(chart(&scene, "web", &spec("red"))).await;
        let taken_back = |live: Option<&Value>| {
            let stalled = live.and_then(|live| condition(live, "Stalled"));
            let message = stalled
                .and_then(|stalled| stalled["message"].as_str())
                .unwrap_or_default();
            message.starts_with("revision 2 failed and was taken back: ConfigMap rollback/zz: ")
        };
        scene.until(&scene.charts().await, "web", taken_back).await;
        let maps = scene.config_maps().await;
        assert_eq!(maps.get("page").await.unwrap().data["data"]["color"], "blue");
        assert!(maps.get_opt("extra").await.unwrap().is_none());
        let history = ["1 superseded", "2 failed", "3 deployed"];
        assert_eq!(revisions(&scene, "web").await, history);

        scene.apply(chart(&scene, "web", &spec("green"))).await;
        scene.until_ready("web").await;
        assert_eq!(maps.get("page").await.unwrap().data["data"]["color"], "green");
    });
}

#[test]
fn definitions_come_before_their_objects_and_a_target_namespace_is_made() {
    scene("definitions", async |scene| {
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
            metadata: {name: knots.test.bowline.dev}\nspec:\n  group: test.bowline.dev\n  scope: Namespaced\n  \
            names: {kind: Knot, plural: knots, singular: knot}\n  \
            versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]\n";
        let knot = "apiVersion: test.bowline.dev/v1\nkind: Knot\nmetadata: {name: reef}\n";
        let spec = json!({
            "chartContent": content(&[("crds/knots.yaml", definition), ("templates/reef.yaml.j2", knot)]),
            "targetNamespace": "definitions-target", "createNamespace": true
        });
        scene.apply(chart(&scene, "knots", &spec)).await;
        scene.until_ready("knots").await;
        let knots = scene
            .api_in("definitions-target", "test.bowline.dev/v1", "Knot")
            .await;
        assert!(knots.get_opt("reef").await.unwrap().is_some());
        scene
            .charts()
            .await
            .delete("knots", &DeleteParams::default())
            .await
            .unwrap();
        scene.until_gone(&scene.charts().await, "knots").await;
        assert!(knots.get_opt("reef").await.unwrap().is_none());
    });
}

#[test]
fn hooks_run_before_the_objects_and_a_failed_one_stops_the_upgrade() {
    scene("hooks", async |scene| {
        let hook = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: before\n  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n\
                    spec: {containers: [{name: a, image: a}]}\n";
        let files = [
            ("values.yaml", "{color: blue, extra: false}"),
            ("templates/page.yaml.j2", PAGE),
            ("templates/hook.yaml.j2", hook),
        ];
        let spec = |color: &str| json!({"chartContent": content(&files), "values": {"color": color}});
        let pods = scene.api("v1", "Pod").await;
        let end = async |phase: &str| {
            scene
                .until(&pods, "before", |live| {
                    live.is_some_and(|live| live["status"]["phase"] == "Pending")
                })
                .await;
            assert_ne!(
                scene
                    .config_maps()
                    .await
                    .get_opt("page")
                    .await
                    .unwrap()
                    .map(|map| map.data["data"]["color"].clone()),
                Some("red".into())
            );
            let status = Patch::Merge(json!({"status": {"phase": phase}}));
            pods.patch_status("before", &PatchParams::default(), &status)
                .await
                .unwrap();
        };
        scene.apply(chart(&scene, "web", &spec("blue"))).await;
        end("Succeeded").await;
        scene.until_ready("web").await;

        scene.apply(chart(&scene, "web", &spec("red"))).await;
        end("Failed").await;
        let failed = |live: Option<&Value>| {
            let failed = live.and_then(|live| condition(live, "Failed"));
            failed
                .is_some_and(|failed| failed["message"] == "hook Pod hooks/before failed: the Pod has failed")
        };
        scene.until(&scene.charts().await, "web", failed).await;
        assert_eq!(
            scene.config_maps().await.get("page").await.unwrap().data["data"]["color"],
            "blue"
        );

        scene
            .charts()
            .await
            .delete("web", &DeleteParams::default())
            .await
            .unwrap();
        scene.until_gone(&scene.charts().await, "web").await;
        assert!(pods.get_opt("before").await.unwrap().is_none(), "hooks go too");
    });
}

#[test]
fn a_chart_from_a_repository_is_stalled_with_what_to_do_instead() {
    scene("repository", async |scene| {
        scene
            .apply(chart(
                &scene,
                "web",
                &json!({"chart": "web", "repo": "https://example.org"}),
            ))
            .await;
        let stalled = |live: Option<&Value>| {
            let stalled = live.and_then(|live| condition(live, "Stalled"));
            let message = stalled
                .and_then(|stalled| stalled["message"].as_str())
                .unwrap_or_default();
            message.contains("spec.chartContent")
        };
        scene.until(&scene.charts().await, "web", stalled).await;
    });
}
