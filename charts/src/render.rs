//! Chart, values and facts to a release's objects: each template in its language, then documents, then objects.

use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use crate::capabilities::{Capabilities, Lookup, NoLookup};
use crate::chart::{self, Chart, File};
use crate::object::{self, Hook, Object, ObjectError};
use crate::{jinja, kind_order, values, yaml};

/// Which release is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// 1 for the first install, one more with each upgrade and rollback.
    pub revision: u32,
    /// Whether this replaces an earlier revision.
    pub is_upgrade: bool,
}

impl Release {
    /// The first revision of a release.
    pub fn install(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            revision: 1,
            is_upgrade: false,
        }
    }
}

/// Everything a render depends on beside the chart.
#[derive(Clone)]
pub struct Render {
    /// Which release.
    pub release: Release,
    /// What people gave, merged; the chart's defaults are put beneath it here.
    pub values: Value,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// How templates read the cluster's objects.
    pub lookup: Arc<dyn Lookup>,
}

impl Render {
    /// A render without a cluster.
    pub fn new(release: Release, values: Value) -> Self {
        Self {
            release,
            values,
            capabilities: Capabilities::default(),
            lookup: Arc::new(NoLookup),
        }
    }
}

/// What a chart gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The release's objects, in the order of installing.
    pub objects: Vec<Object>,
    /// The hooks, by weight, then name, then kind.
    pub hooks: Vec<Hook>,
    /// The objects of `crds/`, in the order of their files.
    pub crds: Vec<Object>,
    /// The text of `NOTES.txt.j2`.
    pub notes: Option<String>,
}

/// Why a chart could not be rendered with these values.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template failed; its own words and place.
    #[error("{place}: {message}")]
    Template {
        /// Where.
        place: Place,
        /// The template's or the engine's words.
        message: String,
    },
    /// A template gave text that is no YAML.
    #[error("{place}: the template gave invalid YAML: {message}")]
    Yaml {
        /// The template, with the line of the text that it gave.
        place: Place,
        /// The parser's words.
        message: String,
    },
    /// A template gave something that is no Kubernetes object.
    #[error("{file}")]
    Object {
        /// The template.
        file: String,
        /// What is wrong with it.
        #[source]
        source: ObjectError,
    },
    /// Two templates gave the same object.
    #[error("{file}: {object} is there twice in this chart")]
    Duplicate {
        /// The template of the second one.
        file: String,
        /// Kind and name.
        object: String,
    },
    /// A file is not text.
    #[error("{chart}")]
    File {
        /// The chart.
        chart: String,
        /// Which file.
        #[source]
        source: chart::ChartError,
    },
    /// A template in a language that this version does not speak.
    #[error(
        "{file} is a Helm template; Helm templates are not in this version, only minijinja ones that end in .j2"
    )]
    HelmTemplate {
        /// The template.
        file: String,
    },
    /// A library chart gives no objects of its own.
    #[error("chart {chart} is a library chart and cannot be installed")]
    Library {
        /// The chart.
        chart: String,
    },
    /// No thread for the render.
    #[error("start a thread to render the chart")]
    Thread(#[source] std::io::Error),
    /// The templates' output together is too long.
    #[error("{file}: the chart's templates give more than {} MiB", yaml::MAX_BYTES >> 20)]
    TooLarge {
        /// The template at which the limit was met.
        file: String,
    },
}

/// A line of a file, for errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, under the chart's name.
    pub file: String,
    /// From 1; unknown for whole files.
    pub line: Option<usize>,
    /// The line's text.
    pub text: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

impl RenderError {
    /// The line that the error speaks of, where there is one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Template { place, .. } | Self::Yaml { place, .. } => Some(place),
            _ => None,
        }
    }
}

/// The language of a template, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Jinja,
    Helm,
}

/// What a file under `templates/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) language: Language,
    /// Partials (`_…`) give nothing by themselves.
    pub(crate) is_partial: bool,
    pub(crate) is_notes: bool,
}

impl Role {
    pub(crate) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, language) = match name.strip_suffix(".j2") {
            Some(stem) => (stem, Language::Jinja),
            None => (name, Language::Helm),
        };
        Self {
            language,
            is_partial: name.starts_with('_'),
            is_notes: stem == "NOTES.txt",
        }
    }
}

/// Renders a chart. The result depends on the arguments alone, but for what `lookup` finds.
pub fn render(chart: &Chart, with: &Render) -> Result<Rendered, RenderError> {
    std::thread::scope(|scope| {
        let stack = std::thread::Builder::new().stack_size(jinja::limits::STACK_BYTES);
        let thread = stack
            .spawn_scoped(scope, || render_here(chart, with))
            .map_err(RenderError::Thread)?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The render itself, on a stack that a hostile template cannot exhaust.
fn render_here(chart: &Chart, with: &Render) -> Result<Rendered, RenderError> {
    if chart.metadata().kind == "library" {
        return Err(RenderError::Library {
            chart: chart.name().to_owned(),
        });
    }
    let values = values::coalesce(chart.values(), &with.values);
    let mut engine = jinja::Engine::new(chart, with, &values)?;
    let mut rendered = Rendered {
        crds: read_crds(chart)?,
        ..Rendered::default()
    };
    let mut left = yaml::MAX_BYTES;
    for template in chart.templates() {
        let role = Role::of(&template.path);
        match role.language {
            Language::Helm if role.is_notes || role.is_partial => continue,
            Language::Helm => {
                return Err(RenderError::HelmTemplate {
                    file: full_name(chart, template),
                });
            }
            Language::Jinja if role.is_partial => continue,
            Language::Jinja => {}
        }
        let text = engine.render(&template.path)?;
        left = left
            .checked_sub(text.len())
            .ok_or_else(|| RenderError::TooLarge {
                file: full_name(chart, template),
            })?;
        if role.is_notes {
            rendered.notes = Some(text);
        } else {
            add_objects(&mut rendered, &full_name(chart, template), &text)?;
        }
    }
    order(rendered)
}

/// Reads a template's output and parts hooks from objects.
fn add_objects(rendered: &mut Rendered, file: &str, text: &str) -> Result<(), RenderError> {
    let wrong = |source| RenderError::Object {
        file: file.to_owned(),
        source,
    };
    for object in read_objects(file, text)? {
        if !Hook::is_hook(&object) {
            rendered.objects.push(object);
        } else if let Some(hook) = Hook::new(object).map_err(wrong)? {
            rendered.hooks.push(hook);
        }
    }
    Ok(())
}

fn read_crds(chart: &Chart) -> Result<Vec<Object>, RenderError> {
    let mut crds = Vec::new();
    for file in chart.crds() {
        let text = chart::text(file).map_err(|source| RenderError::File {
            chart: chart.name().to_owned(),
            source,
        })?;
        crds.extend(read_objects(&full_name(chart, file), text)?);
    }
    Ok(crds)
}

fn read_objects(file: &str, text: &str) -> Result<Vec<Object>, RenderError> {
    let documents = yaml::read_documents(text).map_err(|error| RenderError::Yaml {
        place: Place {
            file: file.to_owned(),
            line: error.line,
            text: error
                .line
                .and_then(|line| text.lines().nth(line.saturating_sub(1)))
                .map(str::to_owned),
        },
        message: error.message,
    })?;
    object::collect(file, documents).map_err(|source| RenderError::Object {
        file: file.to_owned(),
        source,
    })
}

fn order(mut rendered: Rendered) -> Result<Rendered, RenderError> {
    let of_hooks = rendered.hooks.iter().map(|hook| &hook.object);
    let duplicate = object::find_duplicate(rendered.objects.iter())
        .or_else(|| object::find_duplicate(rendered.crds.iter()))
        .or_else(|| object::find_duplicate(of_hooks));
    if let Some(object) = duplicate {
        return Err(RenderError::Duplicate {
            file: object.source().to_owned(),
            object: object.display(),
        });
    }
    kind_order::sort_for_install(&mut rendered.objects);
    rendered.hooks.sort_by(|a, b| {
        let key = |hook: &Hook| (hook.weight, hook.object.name().to_owned());
        key(a).cmp(&key(b)).then_with(|| {
            kind_order::install_rank(a.object.kind()).cmp(&kind_order::install_rank(b.object.kind()))
        })
    });
    Ok(rendered)
}

pub(crate) fn full_name(chart: &Chart, file: &File) -> String {
    format!("{}/{}", chart.name(), file.path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn a_helm_template_is_refused_by_name() {
        let error = rendered(&[("templates/a.yaml", "{{ .Values.x }}")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "web/templates/a.yaml is a Helm template; Helm templates are not in this version, only minijinja ones that end in .j2"
        );
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
            error
                .to_string()
                .starts_with("web/templates/a.yaml.j2:2: the template gave invalid YAML"),
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
        assert!(
            failure("{{ files.get('no') }}").ends_with("the chart has no file \"no\" outside templates/")
        );
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
    fn hostile_templates_end_in_an_error() {
        let loops = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(failure(loops).contains("more work than a chart may"));
        assert!(failure("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").contains("recursion limit"));
        assert!(failure("{% set a = 'x' * 999999999 %}").contains("a.yaml.j2:5"));
        let recursive = [("templates/_a.j2", "{% include '_a.j2' %}")];
        assert!(data("{% include '_a.j2' %}", &recursive, Value::Null).is_err());
        let many = "{% for a in range(5000) %}{{ 'x' * 5000 }}{% endfor %}";
        assert!(matches!(
            rendered(&[("templates/a.yaml.j2", many)]).unwrap_err(),
            RenderError::TooLarge { .. } | RenderError::Template { .. }
        ));
    }

    /// What a template with the given text ends in.
    fn end_of(template: &str) -> String {
        rendered(&[("templates/a.yaml.j2", template)])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn deep_values_end_in_an_error_and_leave_the_stack_whole() {
        let deep = "{% set ns = namespace(x=[]) %}{% for a in range(9) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{% endfor %}";
        for end in [
            "",
            "| to_json ",
            "| to_yaml ",
            "| quote ",
            "| string ",
            "| sha256 ",
            "| b64encode ",
        ] {
            let error = end_of(&format!("{deep}{{{{ ns.x {end}}}}}"));
            assert!(
                error.contains("a value is nested more than 64 deep"),
                "{end}: {error}"
            );
        }
    }

    #[test]
    fn values_that_share_their_parts_are_counted_part_by_part() {
        let wide = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
        for end in [
            "",
            "| to_json ",
            "| to_yaml ",
            "| quote ",
            "| string ",
            "| sha256 ",
            "| b64encode ",
        ] {
            let error = end_of(&format!("{wide}{{{{ ns.x {end}}}}}"));
            assert!(error.contains("more work than a chart may"), "{end}: {error}");
        }
    }

    #[test]
    fn long_chains_do_not_exhaust_the_stack() {
        for chain in [
            format!("1{}", "+1".repeat(8000)),
            format!("{}1", "-".repeat(16_000)),
        ] {
            let template = format!("{{{{ {chain} }}}}");
            let error = rendered(&[("templates/a.yaml.j2", &template)]).unwrap_err();
            assert!(matches!(error, RenderError::Object { .. }), "{error}");
        }
        let error = end_of(&format!("{{{{ 1{} }}}}", "+1".repeat(9000)));
        assert!(error.contains("a tag may have at most 16 KiB"), "{error}");
        let error = end_of(&"x".repeat((1 << 20) + 1));
        assert!(error.contains("a template may have at most 1024 KiB"), "{error}");
    }

    #[test]
    fn the_work_of_all_templates_is_counted_together() {
        let busy = format!(
            "{{% for a in range(999) %}}{{% for b in range(30) %}}{{{{ '' }}}}{{% endfor %}}{{% endfor %}}\n{}",
            object("Secret", "{{ self_name }}")
        );
        let files: Vec<(String, String)> = (0..4)
            .map(|n| {
                (
                    format!("templates/{n}.yaml.j2"),
                    busy.replace("{{ self_name }}", &format!("s{n}")),
                )
            })
            .collect();
        let borrowed: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        assert!(rendered(&borrowed[..1]).is_ok());
        assert!(
            rendered(&borrowed)
                .unwrap_err()
                .to_string()
                .contains("more work than a chart may")
        );
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
}
