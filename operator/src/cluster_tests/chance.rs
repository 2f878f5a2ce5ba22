//! What templates made of chance stays as it was for as long as the revision does.

use kube::api::DeleteParams;
use serde_json::{Value, json};

use super::charts::{chart, content, revisions};
use super::scene;

/// Two words, each in a map of its own; the first is made only where it is not there yet, as many charts do it.
const WORDS: &str = "
{{- if not (lookup `v1` `ConfigMap` .Release.Namespace `first`) }}
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data: {word: {{ randAlphaNum 20 | quote }}}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: second}
data: {word: {{ randAlphaNum 20 | quote }}, when: {{ now | quote }}, install: {{ .Release.IsInstall | quote }}}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: third}
";

fn words(values: &Value) -> Value {
    let content = content(&[("templates/words.yaml", WORDS)]);
    json!({"chartContent": content, "values": values})
}

#[test]
fn an_object_that_is_put_back_is_the_one_that_was_there() {
    scene("chance", async |scene| {
        let maps = scene.config_maps().await;
        let data = async |name: &str| maps.get(name).await.unwrap().data["data"].clone();
        scene.apply(chart(&scene, "web", &words(&json!({})))).await;
        scene.until_ready("web").await;
        let before = (data("first").await, data("second").await);
        assert_eq!(before.1["install"], "true");

        let leases = scene.api("coordination.k8s.io/v1", "Lease").await;
        leases.delete("third", &DeleteParams::default()).await.unwrap();
        // What is missing is seen when the chart is looked at again, for which this is a reason and no new revision.
        let mut spec = words(&json!({}));
        spec["timeout"] = "6m0s".into();
        scene.apply(chart(&scene, "web", &spec)).await;
        scene.until(&leases, "third", |live| live.is_some()).await;
        scene.until_ready("web").await;
        assert_eq!((data("first").await, data("second").await), before);
        assert_eq!(revisions(&scene, "web").await, ["1 deployed"]);

        // A new revision makes them anew, as Helm does.
        scene.apply(chart(&scene, "web", &words(&json!({"a": 1})))).await;
        scene.until_ready("web").await;
        assert_ne!(data("second").await["word"], before.1["word"]);
    });
}
