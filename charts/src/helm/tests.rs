//! What both generations of Helm do where they differ.

use super::*;
use crate::{Capabilities, File, Release};

const ROOT: &str =
    "{apiVersion: v2, name: app, version: 1.0.0, dependencies: [{name: db, version: 1.x, alias: one}]}";

fn rendered(files: &[(&str, &str)], generation: Generation) -> Result<Manifests, String> {
    let files = files.iter().map(|(path, text)| File::new(*path, *text));
    let chart = Chart::from_files(files.collect()).map_err(|error| error.to_string())?;
    let mut with = Render::new(Release::install("rel", "ns"), serde_json::Value::Null);
    with.generation = generation;
    with.capabilities = Capabilities {
        kube_version: "v1.35.2-gke.3".to_owned(),
        ..Capabilities::default()
    };
    crate::manifests(&chart, &with).map_err(|error| error.to_string())
}

#[test]
fn charts_below_an_alias_keep_the_path_of_the_original_in_helm_3() {
    let files = [
        ("Chart.yaml", ROOT),
        (
            "charts/db/Chart.yaml",
            "{apiVersion: v2, name: db, version: 1.0.0}",
        ),
        (
            "charts/db/charts/web/Chart.yaml",
            "{apiVersion: v2, name: web, version: 1.0.0}",
        ),
        ("charts/db/charts/web/templates/a.yaml", "kind: A"),
    ];
    let source = |generation| rendered(&files, generation).unwrap().objects[0].source.clone();
    assert_eq!(
        source(Generation::Helm4),
        "app/charts/one/charts/web/templates/a.yaml"
    );
    assert_eq!(
        source(Generation::Helm3),
        "app/charts/db/charts/web/templates/a.yaml"
    );
}

#[test]
fn broken_defaults_of_a_subchart_name_its_place() {
    let files = [
        ("Chart.yaml", ROOT),
        (
            "charts/db/Chart.yaml",
            "{apiVersion: v2, name: db, version: 1.0.0}",
        ),
        ("charts/db/values.yaml", "[1]"),
    ];
    let error = rendered(&files, Generation::Helm3).unwrap_err();
    assert!(
        error.starts_with("error unpacking subchart db in app: cannot load values.yaml: "),
        "{error}"
    );
}

#[test]
fn a_missing_chart_is_told_in_each_generations_words() {
    let told = |generation| rendered(&[("Chart.yaml", ROOT)], generation).unwrap_err();
    assert!(told(Generation::Helm3).starts_with("An error occurred while"));
    assert!(
        told(Generation::Helm3).contains("`helm dependency build` to fetch missing dependencies: found in")
    );
    assert!(told(Generation::Helm4).starts_with("an error occurred while"));
    assert!(
        told(Generation::Helm4).contains("'helm dependency build' to fetch missing dependencies: found in")
    );
}

#[test]
fn helm_3_prints_the_clusters_version_in_full() {
    let files = [
        ("Chart.yaml", "{apiVersion: v2, name: app, version: 1.0.0}"),
        ("templates/a.yaml", "v: {{ .Capabilities.KubeVersion }}"),
    ];
    let content = |generation| rendered(&files, generation).unwrap().objects[0].content.clone();
    assert_eq!(content(Generation::Helm3), "v: v1.35.2-gke.3");
    assert_eq!(content(Generation::Helm4), "v: v1.35.2");
}

#[test]
fn helm_3_takes_a_providers_version_for_one_before_the_release() {
    let chart = "{apiVersion: v2, name: app, version: 1.0.0, kubeVersion: '>=1.18'}";
    let result = |generation| rendered(&[("Chart.yaml", chart)], generation).map(|_| ());
    let refused = "chart requires kubeVersion: >=1.18 which is incompatible with Kubernetes v1.35.2-gke.3";
    assert_eq!(result(Generation::Helm3), Err(refused.to_owned()));
    assert_eq!(result(Generation::Helm4), Ok(()));
}

#[test]
fn an_empty_table_that_is_imported_stays_empty() {
    let import = "import-values: [{child: exports, parent: imported}]";
    let root = format!(
        "{{apiVersion: v2, name: app, version: 1.0.0, dependencies: [{{name: a, version: 1.x, {import}}}, \
         {{name: b, version: 1.x, {import}}}]}}"
    );
    let files = [
        ("Chart.yaml", &*root),
        ("templates/v.yaml", "v: {{ .Values | toJson | quote }}"),
        ("charts/a/Chart.yaml", "{apiVersion: v2, name: a, version: 1.0.0}"),
        ("charts/a/values.yaml", "exports: {}"),
        ("charts/b/Chart.yaml", "{apiVersion: v2, name: b, version: 1.0.0}"),
        ("charts/b/values.yaml", "exports: {x: 1}"),
    ];
    let content = rendered(&files, Generation::Helm4).unwrap().objects[0]
        .content
        .clone();
    assert!(content.contains(r#"\"a\":{\"exports\":{},"#), "{content}");
    assert!(content.contains(r#"\"imported\":{\"x\":1}"#), "{content}");
}

#[test]
fn a_null_that_is_imported_reaches_the_table_of_the_other_subchart() {
    let import = "import-values: [{child: exports, parent: imported}]";
    let root = format!(
        "{{apiVersion: v2, name: app, version: 1.0.0, dependencies: [{{name: a, version: 1.x, {import}}}, \
         {{name: b, version: 1.x, {import}}}]}}"
    );
    let files = [
        ("Chart.yaml", &*root),
        ("charts/a/Chart.yaml", "{apiVersion: v2, name: a, version: 1.0.0}"),
        ("charts/a/values.yaml", "exports: {a: 1, b: null}"),
        ("charts/b/Chart.yaml", "{apiVersion: v2, name: b, version: 1.0.0}"),
        ("charts/b/values.yaml", "exports: {c: 2}"),
        (
            "charts/b/templates/v.yaml",
            "v: {{ .Values.exports | toJson | quote }}",
        ),
    ];
    let content = rendered(&files, Generation::Helm3).unwrap().objects[0]
        .content
        .clone();
    assert_eq!(content, r#"v: "{\"b\":null,\"c\":2}""#);
}

#[test]
fn what_is_no_mapping_is_shown_as_a_wrong_boolean() {
    let told = |given: serde_json::Value| {
        let files = [
            ("Chart.yaml", "{apiVersion: v2, name: app, version: 1.0.0}"),
            (
                "charts/db/Chart.yaml",
                "{apiVersion: v2, name: db, version: 1.0.0}",
            ),
        ];
        let files = files.map(|(path, text)| File::new(path, text));
        let chart = Chart::from_files(files.to_vec()).unwrap();
        let with = Render::new(Release::install("rel", "ns"), serde_json::json!({"db": given}));
        crate::manifests(&chart, &with).unwrap_err().to_string()
    };
    assert_eq!(told(serde_json::json!([])), "type mismatch on db: []");
    assert_eq!(
        told(serde_json::json!(["a"])),
        "type mismatch on db: [%!t(string=a)]"
    );
    assert_eq!(told(serde_json::json!(1)), "type mismatch on db: %!t(float64=1)");
}
