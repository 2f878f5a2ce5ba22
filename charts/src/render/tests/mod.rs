//! What charts give, and how they fail.

mod hostile;
mod outside;

use serde_json::json;

use super::*;
use crate::chart::File;
use serde_json::Value;

fn chart(files: &[(&str, &str)]) -> Chart {
    let mut all = vec![
        File::new(
            "Chart.yaml",
            "{apiVersion: v2, name: web, version: 1.0.0, appVersion: '2'}",
        ),
        File::new("values.yaml", "message: hello\nmany: {a: 1, b: 2}\n"),
    ];
    all.extend(files.iter().map(|(path, text)| File::new(*path, *text)));
    Chart::from_files(all).unwrap()
}

fn with(values: Value) -> Render {
    Render::new(Release::install("one", "apps"), values)
}

fn rendered(files: &[(&str, &str)]) -> Result<Rendered, RenderError> {
    render(&chart(files), &with(Value::Null))
}

fn object(kind: &str, name: &str) -> String {
    format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}}}}}")
}

/// The `data.x` of a `ConfigMap` that holds the given expression.
fn data(expression: &str, files: &[(&str, &str)], values: Value) -> Result<Value, RenderError> {
    let template =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  x: {expression}\n");
    let mut all = vec![("templates/a.yaml.j2", template.as_str())];
    all.extend(files);
    render(&chart(&all), &with(values)).map(|rendered| rendered.objects[0].value()["data"]["x"].clone())
}

fn failure(expression: &str) -> String {
    data(expression, &[], Value::Null).unwrap_err().to_string()
}

#[test]
fn documents_become_objects_in_kind_order_with_their_source() {
    let b = format!(
        "---\n{}\n---\n# nothing\n---\n{}\n",
        object("Deployment", "a"),
        object("Secret", "s")
    );
    let rendered = rendered(&[
        ("templates/a.yaml.j2", &object("Service", "a")),
        ("templates/b.yaml.j2", &b),
    ])
    .unwrap();
    let names: Vec<_> = rendered
        .objects
        .iter()
        .map(|o| (o.display(), o.source().to_owned()))
        .collect();
    assert_eq!(
        names,
        [
            ("Secret s".to_owned(), "web/templates/b.yaml.j2".to_owned()),
            ("Service a".to_owned(), "web/templates/a.yaml.j2".to_owned()),
            ("Deployment a".to_owned(), "web/templates/b.yaml.j2".to_owned()),
        ]
    );
}

#[test]
fn hooks_crds_and_notes_stand_apart() {
    let hook = |name: &str, weight: i32| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: {name}, annotations: {{helm.sh/hook: pre-install, helm.sh/hook-weight: '{weight}'}}}}}}"
        )
    };
    let rendered = rendered(&[
        ("templates/late.yaml.j2", &hook("a", 5)),
        ("templates/early.yaml.j2", &hook("b", -5)),
        (
            "templates/NOTES.txt.j2",
            "{{ values.message }}, {{ release.name }}",
        ),
        ("templates/NOTES.txt", "{{ .Values.ignored }}"),
        ("templates/_helpers.tpl", "{{ define \"ignored\" }}{{ end }}"),
        ("crds/x.yaml", &object("CustomResourceDefinition", "x")),
    ])
    .unwrap();
    assert_eq!(rendered.notes.as_deref(), Some("hello, one"));
    assert_eq!(
        rendered
            .hooks
            .iter()
            .map(|hook| hook.object.name())
            .collect::<Vec<_>>(),
        ["b", "a"]
    );
    assert_eq!(rendered.crds[0].source(), "web/crds/x.yaml");
    assert_eq!(rendered.objects, []);
}

#[test]
fn both_languages_live_in_one_chart_with_the_same_values() {
    let helm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include \"name\" . }}}\ndata: {x: {{ .Values.message | quote }}}\n";
    let rendered = rendered(&[
        (
            "templates/_names.tpl",
            "{{ define \"name\" }}{{ .Release.Name }}-a{{ end }}",
        ),
        ("templates/a.yaml", helm),
        (
            "templates/b.yaml.j2",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: {{ values.message }}}}",
        ),
    ])
    .unwrap();
    let shown: Vec<_> = rendered
        .objects
        .iter()
        .map(|object| (object.name(), object.value()["data"]["x"].clone()))
        .collect();
    assert_eq!(shown, [("one-a", json!("hello")), ("b", json!("hello"))]);
}

#[test]
fn a_helm_templates_error_is_told_in_helms_words_with_its_line() {
    let error = rendered(&[(
        "templates/a.yaml",
        "a: 1\nb: {{ required \"say who\" .Values.who }}\n",
    )])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "execution error at (web/templates/a.yaml:2:6): say who"
    );
    let place = error.place().unwrap();
    assert_eq!(place.line, Some(2));
    assert_eq!(
        place.text.as_deref(),
        Some("b: {{ required \"say who\" .Values.who }}")
    );
    let error = rendered(&[("templates/a.yaml", "{{ .Values.a.b }}")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "web/templates/a.yaml:1:10\n  executing \"web/templates/a.yaml\" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b"
    );
    let error = rendered(&[("templates/a.yaml", "\n{{ $x }}")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parse error at (web/templates/a.yaml:2): undefined variable \"$x\""
    );
}

#[test]
fn what_helm_applies_is_taken() {
    let rendered = rendered(&[
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, name: b}\n",
        ),
        ("crds/x.yaml", &object("CustomResourceDefinition", "x")),
        ("crds/y.yaml", &object("CustomResourceDefinition", "x")),
    ])
    .unwrap();
    assert_eq!(rendered.objects[0].name(), "b");
    let sources: Vec<_> = rendered.crds.iter().map(Object::source).collect();
    assert_eq!(sources, ["web/crds/x.yaml"]);
}

#[test]
fn one_object_twice_is_refused() {
    let text = object("Secret", "a");
    let error = rendered(&[("templates/a.yaml.j2", &text), ("templates/b.yaml.j2", &text)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "web/templates/b.yaml.j2: Secret a is there twice in this chart"
    );
}

#[test]
fn broken_yaml_shows_the_line_that_was_given() {
    let error = rendered(&[("templates/a.yaml.j2", "a: 1\n{{ 'b: [' }}\n")]).unwrap_err();
    let place = error.place().unwrap();
    assert!(
        error.to_string().starts_with(
            "YAML parse error on web/templates/a.yaml.j2: error converting YAML to JSON: yaml: "
        ),
        "{error}"
    );
    assert_eq!(place.text.as_deref(), Some("b: ["));
}

#[test]
fn templates_see_values_release_chart_and_capabilities() {
    let check = |expression: &str, expected: &str| {
        let given = data(
            &format!("{{{{ ({expression}) | quote }}}}"),
            &[],
            json!({"message": "hi"}),
        )
        .unwrap();
        assert_eq!(given, expected, "{expression}");
    };
    check("values.message", "hi");
    check("values.many.a", "1");
    check("release.name ~ release.namespace ~ release.revision", "oneapps1");
    check("release.is_install", "true");
    check("release.is_upgrade", "false");
    check("release.service", "Helm");
    check("chart.name ~ chart.version ~ chart.app_version", "web1.0.02");
    check("capabilities.kube_version.minor", "37");
    check("capabilities.has('apps/v1')", "true");
    check("capabilities.has('no/v1')", "false");
    check("'apps/v1' in capabilities.api_versions", "true");
    check("lookup('v1', 'Secret', 'apps', 'x') is none", "true");
}

#[test]
fn the_helpers_do_what_helms_do() {
    let check = |expression: &str, expected: Value| {
        assert_eq!(
            data(expression, &[], Value::Null).unwrap(),
            expected,
            "{expression}"
        );
    };
    check(
        "{{ values.many | to_yaml | nindent(4) }}",
        json!({"a": 1, "b": 2}),
    );
    check("{{ values.many | to_json }}", json!({"a": 1, "b": 2}));
    check("{{ ('{a: [1]}' | from_yaml).a[0] }}", json!(1));
    check("{{ 'yes' | quote }}", json!("yes"));
    check("{{ 1.0 | quote }}", json!("1.0"));
    check("{{ none | quote }}", json!(""));
    check("{{ none }}", Value::Null);
    check("--on={{ true }}", json!("--on=true"));
    check("{{ '<a href=\"x\">' | quote }}", json!("<a href=\"x\">"));
    check("{{ 'hello' | b64encode }}", json!("aGVsbG8="));
    check("{{ 'aGVsbG8=' | b64decode }}", json!("hello"));
    check(
        "{{ 'hello' | sha256 }}",
        json!("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    );
    check("{{ values.message | required('no message') }}", json!("hello"));
}

#[test]
fn files_of_the_chart_can_be_read() {
    let files = [("conf/a.toml", "a"), ("conf/b.toml", "b"), ("conf/c.txt", "c")];
    let read = |expression: &str| data(expression, &files, Value::Null).unwrap();
    assert_eq!(read("{{ files.get('conf/a.toml') | quote }}"), json!("a"));
    assert_eq!(read("{{ files.base64('conf/a.toml') }}"), json!("YQ=="));
    assert_eq!(
        read("{{ files.glob('conf/*.toml') | to_json }}"),
        json!({"conf/a.toml": "a", "conf/b.toml": "b"})
    );
    assert!(failure("{{ files.get('no') }}").ends_with("the chart has no file \"no\" outside templates/"));
}

#[test]
fn partials_are_included_and_imported_with_the_globals_in_sight() {
    let partials = [
        (
            "templates/_names.j2",
            "{% macro full(suffix) %}{{ release.name }}-{{ values.message }}-{{ suffix }}{% endmacro %}",
        ),
        (
            "templates/_labels.j2",
            "app: {{ chart.name }}\nrelease: {{ release.name }}\n",
        ),
    ];
    let macro_call = "{% import '_names.j2' as names %}{{ names.full('x') }}";
    assert_eq!(
        data(macro_call, &partials, Value::Null).unwrap(),
        json!("one-hello-x")
    );
    let include = "\n    {% filter indent(4, true) %}{% include '_labels.j2' %}{% endfilter %}";
    assert_eq!(
        data(include, &partials, Value::Null).unwrap(),
        json!({"app": "web", "release": "one"})
    );
}

#[test]
fn errors_name_the_place_in_the_template() {
    let error = data("{{ values.missing.key }}", &[], Value::Null).unwrap_err();
    assert_eq!(
        error.to_string(),
        "web/templates/a.yaml.j2:5: undefined value: `values.missing` is undefined"
    );
    assert_eq!(
        error.place().unwrap().text.as_deref(),
        Some("  x: {{ values.missing.key }}")
    );
    assert_eq!(
        failure("{{ fail('give a message') }}"),
        "web/templates/a.yaml.j2:5: give a message"
    );
    assert_eq!(
        failure("{{ '' | required('give a message') }}"),
        "web/templates/a.yaml.j2:5: give a message"
    );
    assert!(failure("{{ values.message").contains("web/templates/a.yaml.j2:5: syntax error"));
}

#[test]
fn an_error_in_a_partial_names_the_partial() {
    let partials = [("templates/_a.j2", "fine\n{{ fail('inside') }}")];
    let error = data("{% include '_a.j2' %}", &partials, Value::Null).unwrap_err();
    assert_eq!(error.to_string(), "web/templates/_a.j2:2: inside");
    assert_eq!(
        error.place().unwrap().text.as_deref(),
        Some("{{ fail('inside') }}")
    );
    let partials = [(
        "templates/_a.j2",
        "{% macro m() %}\n\n{{ fail('inside') }}{% endmacro %}",
    )];
    let error = data("{% from '_a.j2' import m %}{{ m() }}", &partials, Value::Null).unwrap_err();
    assert_eq!(error.to_string(), "web/templates/_a.j2:3: inside");
}

#[test]
fn a_lookup_error_is_the_templates_error() {
    struct Broken;
    impl Lookup for Broken {
        fn lookup(&self, query: &crate::capabilities::LookupQuery<'_>) -> Result<Value, String> {
            Err(format!("{} {} is forbidden", query.kind, query.name))
        }
    }
    let chart = chart(&[("templates/a.yaml.j2", "{{ lookup('v1', 'Secret', 'a', 'b') }}")]);
    let render_with = Render {
        lookup: Arc::new(Broken),
        ..with(Value::Null)
    };
    let error = render(&chart, &render_with).unwrap_err();
    assert_eq!(
        error.to_string(),
        "web/templates/a.yaml.j2:1: lookup: Secret b is forbidden"
    );
}

#[test]
fn the_same_arguments_give_the_same_result() {
    let files = [(
        "templates/a.yaml.j2",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {{ values.many | to_json }}}",
    )];
    assert_eq!(rendered(&files).unwrap(), rendered(&files).unwrap());
}
