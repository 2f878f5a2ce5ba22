//! A chart keeps off what others own, down to single fields, until it is told to take it.

use serde_json::{Value, json};

use super::charts::{chart, page, revisions};
use super::{condition, scene};

#[test]
fn an_object_of_somebody_else_is_not_touched_unless_asked() {
    scene("foreign", async |scene| {
        let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page"}, "data": {"color": "own"}});
        scene.apply(foreign).await;
        scene.apply(chart(&scene, "web", &page(&json!({})))).await;
        let refused = |live: Option<&Value>| {
            let stalled = live.and_then(|live| condition(live, "Stalled"));
            stalled.is_some_and(|stalled| stalled["reason"] == "NotOurObject")
        };
        scene.until(&scene.charts().await, "web", refused).await;
        assert_eq!(
            scene.config_maps().await.get("page").await.unwrap().data["data"]["color"],
            "own"
        );
        assert!(revisions(&scene, "web").await.is_empty());

        let mut spec = page(&json!({}));
        spec["takeOwnership"] = true.into();
        spec["forceConflicts"] = true.into();
        scene.apply(chart(&scene, "web", &spec)).await;
        scene.until_ready("web").await;
        assert_eq!(
            scene.config_maps().await.get("page").await.unwrap().data["data"]["color"],
            "blue"
        );
    });
}

#[test]
fn a_conflict_names_field_and_manager_and_force_takes_the_field() {
    scene("conflict", async |scene| {
        scene.apply(chart(&scene, "web", &page(&json!({})))).await;
        scene.until_ready("web").await;
        let edit = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page"}, "data": {"color": "mine"}});
        scene.apply(edit).await;
        scene
            .apply(chart(&scene, "web", &page(&json!({"color": "red"}))))
            .await;
        let conflict = |live: Option<&Value>| {
            let ready = live.and_then(|live| condition(live, "Ready"));
            let message = ready
                .and_then(|ready| ready["message"].as_str())
                .unwrap_or_default();
            message.contains("ConfigMap conflict/page: .data.color belong to kubectl")
        };
        scene.until(&scene.charts().await, "web", conflict).await;
        assert_eq!(revisions(&scene, "web").await, ["1 deployed", "2 failed"]);
        let mut spec = page(&json!({"color": "red"}));
        spec["forceConflicts"] = true.into();
        scene.apply(chart(&scene, "web", &spec)).await;
        scene.until_ready("web").await;
        assert_eq!(
            scene.config_maps().await.get("page").await.unwrap().data["data"]["color"],
            "red"
        );
        assert_eq!(
            revisions(&scene, "web").await,
            ["1 superseded", "2 deployed"],
            "a retry makes no revision"
        );
    });
}
