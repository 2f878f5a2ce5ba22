//! The limits of a render leave public charts room.

mod collection;

use bowline_charts::values::{Given, Layer};
use bowline_charts::{Chart, Release, Render, directory, manifests};
use collection::{Collection, is_sampled};
use gotemplate::Limits;
use serde_json::Value;

/// Those that need the most, beside a sample of all; those that make keys take long.
const HUNGRIEST: [&str; 2] = ["grafana.k8s-monitoring-helm.k8s-monitoring", "istio.istio.base"];

#[test]
fn public_charts_do_with_a_quarter_of_the_limits() {
    let Some(collection) = Collection::open(|chart| HUNGRIEST.contains(&chart) || is_sampled(chart, 100))
    else {
        return;
    };
    let mut count = 0;
    let is_rendered = |case: &&Value| case["status4"] == "ok";
    for case in collection.index.iter().filter(is_rendered) {
        let (id, chart) = (case["id"].as_str().unwrap(), case["chart"].as_str().unwrap());
        let files = directory::read(&collection.chart(chart)).unwrap();
        let chart = Chart::from_files(files).unwrap();
        let values = collection.root.path().join("cases").join(id).join("values.yaml");
        let values = fs_err::read_to_string(values).unwrap_or_default();
        let given = Given {
            layers: vec![Layer::yaml("values.yaml", values)],
            ..Given::default()
        };
        let mut with = Render::new(Release::install("rel", "ns"), given);
        with.capabilities.kube_version = "v1.35.0".to_owned();
        with.limits = Limits {
            fuel: with.limits.fuel / 4,
            output: with.limits.output / 4,
            memory: with.limits.memory / 4,
            depth: with.limits.depth / 4,
        };
        let error = manifests(&chart, &with).err().map(|error| error.to_string());
        assert_eq!(error, None, "{id}");
        count += 1;
    }
    println!("{count} cases have room");
    assert!(count > 0, "nothing was rendered");
}
