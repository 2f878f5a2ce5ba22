//! Whole messages about broken charts, as people read them: Helm's words, then what helps.

use std::fmt::Write as _;

use bowline_charts::values::{Given, Layer};
use bowline_charts::{Chart, File, Release, Render, RenderError, render};

const VALUES: &str =
    "images: {tag: '1'}\nport: 80\nports: '80'\nname: ''\nempty:\nlist: [a, b]\nflag: true\ntitle: a b\n";
const HELPERS: &str = "{{ define \"web.name\" }}{{ .Values.image.tag }}{{ end }}
{{- define \"web.label\" }}{{ template \"web.name\" . }}{{ end }}";

/// Each template breaks on its own.
const BROKEN: &[(&str, &str)] = &[
    (
        "a missing parent whose name is misspelt",
        "a: 1\nimage: {{ .Values.image.tag }}",
    ),
    (
        "a missing parent with nothing like it",
        "{{ .Values.deep.er.and.deeper | quote }}",
    ),
    ("a null parent", "{{ .Values.empty.x }}"),
    (
        "a variable without the key",
        "{{ $x := .Values }}\n{{ $x.ports2.a }}",
    ),
    (
        "through include",
        "x:\n  image: {{ include \"web.name\" . | quote }}",
    ),
    ("through include and template", "{{ include \"web.label\" $ }}"),
    (
        "the wrong dot in range",
        "{{ range .Values.list }}{{ .Values.port }}{{ end }}",
    ),
    (
        "the wrong dot in with",
        "{{ with .Values.images }}{{ .Values.port.x }}{{ end }}",
    ),
    (
        "the wrong dot in a named template",
        "{{ include \"web.name\" .Values.images }}",
    ),
    ("a number where a string is wanted", "{{ trim .Values.port }}"),
    ("a string where a number is wanted", "{{ until .Values.ports }}"),
    (
        "nil where a string is wanted",
        "{{ .Values.empty | trimSuffix \"x\" }}",
    ),
    ("a field of a string", "{{ .Values.title.text }}"),
    ("a field of a list", "{{ .Values.list.name }}"),
    ("an unknown field of an object", "{{ .Chart.Nam.x }}"),
    ("a float and an int", "{{ if eq .Values.port 80 }}{{ end }}"),
    ("a string and an int", "{{ if gt .Values.ports 80 }}{{ end }}"),
    ("range over text", "{{ range .Values.title }}{{ end }}"),
    ("an unknown function", "a: {{ .Values.port | toYml }}"),
    ("the environment", "{{ env \"HOME\" }}"),
    ("an unknown template", "{{ include \"web.nam\" . }}"),
    ("a template nobody has", "{{ include \"common.everything\" . }}"),
    ("an unknown template statement", "{{ template \"web.names\" . }}"),
    (
        "a required value that is missing",
        "{{ required \"give a colour\" .Values.colour }}",
    ),
    (
        "a required value that is empty, through a pipe",
        "{{ .Values.name | required \"give a name\" }}",
    ),
    (
        "a required value with a near key",
        "{{ required \"give a tag\" .Values.image }}",
    ),
    (
        "fail",
        "{{ if .Values.flag }}{{ fail \"flag is not allowed\" }}{{ end }}",
    ),
    ("a name with a dash", "a: {{ .Values.a-b.c }}"),
    (
        "an unknown variable",
        "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}",
    ),
    ("a value that is called", "{{ (.Values.title) .Values.name }}"),
    (
        "a variable that holds the root",
        "{{ $root := . }}{{ $root.Values.nam | required \"give a name\" }}",
    ),
    ("an end too many", "{{ if .Values.flag }}{{ end }}{{ end }}"),
    ("inside tpl", "{{ tpl \"{{ .Values.image.tag }}\" . }}"),
    ("an open action", "a: 1\nb: {{ if .Values.flag }}\nc: 2\n"),
    (
        "broken output",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n data:\n  a: b\n  c: d\n",
    ),
    (
        "a colon in output",
        "apiVersion: v1\nkind: ConfigMap\ntitle: a: b\n",
    ),
    (
        "a long line",
        "a: \"a very long text that goes on and on and on and on and on and on and on and on and on and on and on\" # {{ .Values.image.tag }} and on",
    ),
];

const BROKEN_JINJA: &[(&str, &str)] = &[
    ("a misspelt value", "a: {{ values.titel }}"),
    ("a missing parent", "a: {{ values.deep.er }}"),
    ("through a partial", "a: 1\n{% include '_part.j2' %}"),
    ("an unknown filter", "a: {{ values.title | quotes }}"),
    ("a syntax error", "a: {{ values.title"),
    ("fail", "{{ fail('no') }}"),
];

fn error(file: &str, template: &str, secret: bool) -> RenderError {
    let chart = Chart::from_files(vec![
        File::new("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
        File::new("values.yaml", VALUES),
        File::new("templates/_helpers.tpl", HELPERS),
        File::new("templates/_part.j2", "x: {{ values.prot }}"),
        File::new(file, template),
    ])
    .expect("a chart");
    let mut given = Given::default();
    if secret {
        given
            .layers
            .push(Layer::yaml("a secret", "password: hunter2\n").secret());
    }
    render(&chart, &Render::new(Release::install("one", "default"), given)).expect_err(template)
}

fn whole(error: &RenderError) -> String {
    let diagnosis = error.diagnosis().map(|diagnosis| format!("\n{diagnosis}"));
    format!("{error}{}", diagnosis.unwrap_or_default())
}

#[test]
fn errors_of_helm_templates_are_explained() {
    let mut all = String::new();
    for (name, template) in BROKEN {
        let error = error("templates/a.yaml", template, false);
        let _ = writeln!(all, "## {name}\n{}\n", whole(&error));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn errors_of_minijinja_templates_are_explained() {
    let mut all = String::new();
    for (name, template) in BROKEN_JINJA {
        let error = error("templates/a.yaml.j2", template, false);
        let _ = writeln!(all, "## {name}\n{}\n", whole(&error));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn no_value_is_shown_where_some_are_secret() {
    let shown = |template: &str, secret: bool| {
        let error = error("templates/a.yaml", template, secret);
        error.diagnosis().map(ToString::to_string).unwrap_or_default()
    };
    for template in [
        "{{ .Values.title.x }}",
        "{{ range .Values.title }}{{ end }}",
        "a: {{ .Values.title }}: b\nkind: [",
    ] {
        assert!(
            shown(template, false).contains("a b"),
            "{}",
            shown(template, false)
        );
        assert!(
            !shown(template, true).contains("a b"),
            "{}",
            shown(template, true)
        );
    }
    let whole = |template: &str| whole(&error("templates/a.yaml", template, true));
    for template in [
        "a: {{ .Values.password }}\nb: [",
        "{{ range .Values.password }}{{ end }}",
        "{{ fail .Values.password }}",
        "{{ .Values.password | include }}",
        "{{ eq .Values.password 1 }}",
    ] {
        assert!(!whole(template).contains("hunter2"), "{}", whole(template));
    }
    assert!(whole("{{ fail .Values.password }}").contains("): <secret>"));
}

#[test]
fn a_value_of_a_subchart_is_named_as_its_parent_sets_it() {
    let chart = Chart::from_files(vec![
        File::new("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
        File::new(
            "charts/db/Chart.yaml",
            "{apiVersion: v2, name: db, version: 1.0.0}",
        ),
        File::new(
            "charts/db/templates/a.yaml",
            "{{ required \"give one\" .Values.password }}",
        ),
    ])
    .expect("a chart");
    let with = Render::new(Release::install("one", "default"), Given::default());
    let error = render(&chart, &with).expect_err("a value is missing");
    let hint = error.diagnosis().and_then(|diagnosis| diagnosis.hint.as_deref());
    assert_eq!(
        hint,
        Some("set db.password in the values (`--set db.password=…`)")
    );
}
