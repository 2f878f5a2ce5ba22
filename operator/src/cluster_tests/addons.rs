//! Files become objects within a second, and go when they are disabled.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{condition, scene};

fn map(namespace: &str, name: &str, color: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{color: {color}}}\n---\n"
    )
}

#[test]
fn a_file_becomes_objects_within_a_second_and_is_pruned_and_disabled() {
    scene("addon-files", async |scene| {
        let file = scene.manifests.join("files.yaml");
        let write = |maps: &[(&str, &str)]| {
            let text: String = maps
                .iter()
                .map(|(name, color)| map("addon-files", name, color))
                .collect();
            fs_err::write(&file, text).unwrap();
        };
        let maps = scene.config_maps().await;
        let colored = |color: &'static str| {
            move |live: Option<&Value>| live.is_some_and(|live| live["data"]["color"] == color)
        };
        // The operator may still be starting; from then on the clock counts.
        write(&[("a", "red"), ("b", "red")]);
        scene.until(&maps, "b", colored("red")).await;
        let begun = Instant::now();
        write(&[("a", "blue")]);
        scene.until(&maps, "a", colored("blue")).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        scene.until_gone(&maps, "b").await;
        let addons = scene.system_addons().await;
        scene
            .until(&addons, "files", |live| live.is_some_and(super::is_ready))
            .await;

        let marker = scene.manifests.join("files.yaml.disabled");
        fs_err::write(&marker, "").unwrap();
        scene.until_gone(&maps, "a").await;
        scene.until_gone(&addons, "files").await;
        fs_err::remove_file(&marker).unwrap();
        scene.until(&maps, "a", colored("blue")).await;
    });
}

#[test]
fn a_broken_file_is_stalled_and_takes_nothing_away() {
    scene("addon-broken", async |scene| {
        let file = scene.manifests.join("broken.yaml");
        let maps = scene.config_maps().await;
        fs_err::write(&file, map("addon-broken", "kept", "red")).unwrap();
        scene.until(&maps, "kept", |live| live.is_some()).await;
        fs_err::write(&file, "a: [").unwrap();
        let addons = scene.system_addons().await;
        let stalled = |live: Option<&Value>| live.is_some_and(|live| condition(live, "Stalled").is_some());
        scene.until(&addons, "broken", stalled).await;
        assert!(maps.get_opt("kept").await.unwrap().is_some());
    });
}
