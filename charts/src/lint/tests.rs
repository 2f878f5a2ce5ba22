use super::*;
use crate::{Release, Render};

fn remarks(files: &[(&str, &str)]) -> Vec<Remark> {
    let files: Vec<File> = files.iter().map(|(path, text)| File::new(*path, *text)).collect();
    lint(
        &files,
        &Render::new(
            Release::install("test-release", "default"),
            serde_json::Value::Null,
        ),
    )
}

fn told(files: &[(&str, &str)]) -> Vec<String> {
    remarks(files).iter().map(ToString::to_string).collect()
}

const SOUND: &str = "{apiVersion: v2, name: web, version: 1.0.0, icon: 'https://example.org/i.png'}";
const VALUES: (&str, &str) = ("values.yaml", "a: 1");

/// What is told of a chart with this template.
fn of_template(path: &str, text: &str) -> Vec<String> {
    told(&[("Chart.yaml", SOUND), VALUES, (path, text)])
}

/// What is told of a chart with this `Chart.yaml`, but for what the rest of the chart lacks.
fn of_chart_file(text: &str) -> Vec<String> {
    let all = told(&[("Chart.yaml", text), VALUES, ("templates/a.txt", "")]);
    all.into_iter()
        .filter(|remark| remark.contains("] Chart.yaml: "))
        .collect()
}

#[test]
fn a_sound_chart_gets_no_remark() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    assert_eq!(of_template("templates/a.yaml", text), [""; 0]);
    assert_eq!(of_template("templates/a.yaml.j2", text), [""; 0]);
}

#[test]
fn the_chart_file_is_checked_field_by_field() {
    assert_eq!(
        of_chart_file("{apiVersion: v3, name: Web, version: 1, appVersion: 2.5, sources: [x], colour: red}"),
        [
            "[WARNING] Chart.yaml: failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field \"colour\"",
            "[ERROR] Chart.yaml: apiVersion 'v3' is not valid. The value must be either \"v1\" or \"v2\"",
            "[ERROR] Chart.yaml: version should be of type string but it's of type float64",
            "[ERROR] Chart.yaml: appVersion should be of type string but it's of type float64",
            "[ERROR] Chart.yaml: invalid source URL 'x'",
            "[INFO] Chart.yaml: icon is recommended",
            "[WARNING] Chart.yaml: version '1' is not a valid SemVerV2",
        ]
    );
    assert_eq!(
        of_chart_file(
            "{apiVersion: v1, name: web, version: 1.0.0, type: application, icon: x, maintainers: [{name: a, email: b}]}"
        ),
        [
            "[ERROR] Chart.yaml: invalid email 'b' for maintainer 'a'",
            "[ERROR] Chart.yaml: invalid icon URL 'x'",
            "[ERROR] Chart.yaml: chart type is not valid in apiVersion 'v1'. It is valid in apiVersion 'v2'",
        ]
    );
    assert!(of_chart_file("a: [")[0].starts_with("[ERROR] Chart.yaml: unable to parse YAML\n\t"));
    assert_eq!(
        of_chart_file("{}")[..3],
        [
            "[ERROR] Chart.yaml: name is required",
            "[ERROR] Chart.yaml: apiVersion is required. The value must be either \"v1\" or \"v2\"",
            "[ERROR] Chart.yaml: version is required",
        ]
    );
}

#[test]
fn files_that_are_missing_are_named() {
    assert_eq!(
        told(&[("Chart.yaml", SOUND)]),
        [
            "[INFO] values.yaml: file does not exist",
            "[WARNING] templates/: directory does not exist",
        ]
    );
    assert_eq!(told(&[VALUES])[0], "[ERROR] Chart.yaml: file does not exist");
}

#[test]
fn values_are_held_against_the_schema() {
    let schema = r#"{"properties": {"a": {"type": "string"}}}"#;
    let remarks = told(&[("Chart.yaml", SOUND), VALUES, ("values.schema.json", schema)]);
    assert!(remarks[0].starts_with("[ERROR] values.yaml: "), "{remarks:?}");
    assert!(remarks[0].contains("got number, want string"), "{remarks:?}");
}

#[test]
fn a_template_that_fails_is_explained() {
    let files = [
        ("Chart.yaml", SOUND),
        VALUES,
        ("templates/a.yaml", "{{ .Values.b.c }}"),
    ];
    let remarks = remarks(&files);
    assert_eq!(
        (remarks[0].severity, remarks[0].path.as_str()),
        (Severity::Error, "templates/")
    );
    assert!(remarks[0].text.contains("nil pointer evaluating interface {}.c"));
    let diagnosis = remarks[0].diagnosis.as_ref().expect("it is explained");
    assert_eq!(diagnosis.place.line, Some(1));
}

#[test]
fn what_a_chart_asks_for_is_told_and_no_error() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ required \"give b\" .Values.b | quote }}}\n{{ fail \"never\" }}";
    assert_eq!(
        of_template("templates/a.yaml", text),
        [
            "[INFO] templates/: Missing required value: give b",
            "[INFO] templates/: Fail: never",
        ]
    );
    let jinja = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ '' | required('give b') | quote }}}\n{{ fail('never') }}";
    assert_eq!(
        of_template("templates/a.yaml.j2", jinja),
        [
            "[INFO] templates/: Missing required value: give b",
            "[INFO] templates/: Fail: never",
        ]
    );
}

#[test]
fn objects_are_checked() {
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";
    assert_eq!(
        of_template("templates/a.yaml", workload)[0],
        "[ERROR] templates/a.yaml: a Deployment must contain matchLabels or matchExpressions, and \"a\" does not"
    );
    let old = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\n";
    assert_eq!(
        of_template("templates/a.yaml", old),
        [
            "[WARNING] templates/a.yaml: batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob"
        ]
    );
    let indented = "\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n";
    assert_eq!(
        of_template("templates/a.yaml", indented)[0],
        "[WARNING] templates/a.yaml: document starts with an illegal indent: \"  apiVersion: v1\", which may cause parsing problems"
    );
    let list = "apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: b, annotations: {helm.sh/resource-policy: keep}}}]\n";
    assert!(
        of_template("templates/a.yaml", list).contains(
            &"[ERROR] templates/a.yaml: annotation 'helm.sh/resource-policy' within List objects are ignored"
                .to_owned()
        )
    );
    assert_eq!(of_template("templates/a.yaml", "# nothing\n"), [""; 0]);
}

#[test]
fn output_that_is_no_yaml_is_shown() {
    let files = [
        ("Chart.yaml", SOUND),
        VALUES,
        ("templates/a.yaml", "a: {{ .Values.a }}\nb: [\n"),
    ];
    let remarks = remarks(&files);
    assert!(
        remarks[0].to_string().starts_with(
            "[ERROR] templates/a.yaml: unable to parse YAML: error converting YAML to JSON: yaml: "
        ),
        "{}",
        remarks[0]
    );
    let shown = remarks[0]
        .diagnosis
        .as_ref()
        .expect("it is explained")
        .to_string();
    assert!(shown.contains("> b: ["), "{shown}");
}

#[test]
fn endings_are_those_that_helm_knows() {
    assert_eq!(
        of_template("templates/a.json", "{}"),
        [
            "[ERROR] templates/a.json: file extension '.json' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
        ]
    );
}

#[test]
fn charts_below_are_named_and_there() {
    let parent = "{apiVersion: v2, name: web, version: 1.0.0, icon: 'https://example.org/i.png', dependencies: [{name: cache, version: '1'}]}";
    let files = [
        ("Chart.yaml", parent),
        VALUES,
        ("templates/a.txt", ""),
        (
            "charts/db/Chart.yaml",
            "{apiVersion: v2, name: db, version: 1.0.0}",
        ),
    ];
    assert_eq!(
        told(&files),
        [
            "[ERROR] charts/: chart metadata is missing these dependencies: db",
            "[WARNING] charts/: chart directory is missing these dependencies: cache",
        ]
    );
}

#[test]
fn definitions_are_definitions() {
    let files = [
        ("Chart.yaml", SOUND),
        VALUES,
        ("templates/a.txt", ""),
        (
            "crds/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
    ];
    assert_eq!(
        told(&files),
        [
            "[ERROR] crds/a.yaml: apiVersion is not in 'apiextensions.k8s.io'",
            "[ERROR] crds/a.yaml: object kind is not 'CustomResourceDefinition'",
        ]
    );
}

#[test]
fn a_library_is_checked_like_any_other_chart() {
    let library =
        "{apiVersion: v2, name: web, version: 1.0.0, type: library, icon: 'https://example.org/i.png'}";
    assert_eq!(
        told(&[
            ("Chart.yaml", library),
            VALUES,
            ("templates/_a.tpl", "{{ define \"a\" }}{{ end }}")
        ]),
        [""; 0]
    );
}

#[test]
fn what_is_left_out_without_a_word_is_told() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {a: b, a: c}\n  annotations:\n    \
                helm.sh/hook: test\n    helm.sh/hook-weight: x\n    helm.sh/hook-delete-policy: post-delete\n";
    assert_eq!(
        of_template("templates/a.yaml", text),
        [
            "[WARNING] templates/a.yaml: line 5: key \"a\" already set in map: the last one counts",
            "[WARNING] templates/a.yaml: hook \"a\": annotation 'helm.sh/hook-weight' is \"x\": what is no integer counts as 0",
            "[WARNING] templates/a.yaml: hook \"a\": annotation 'helm.sh/hook-delete-policy' is \"post-delete\": only these count: before-hook-creation, hook-succeeded, hook-failed",
        ]
    );
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: \"test,\"}}\n";
    assert_eq!(
        of_template("templates/a.yaml", text),
        [
            "[WARNING] templates/a.yaml: hook \"a\": annotation 'helm.sh/hook' is \"test,\": a hook of an event that nobody knows is left out"
        ]
    );
}
