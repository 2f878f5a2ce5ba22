//! The chart is rendered: its objects, hooks and definitions, and the record that will tell of them.
//!
//! Nothing is written here. A chart's `lookup` reads the cluster; apart from that the result follows from the
//! arguments.

use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_charts::capabilities::LookupQuery;
use bowline_charts::{Capabilities, Chart, Diagnosis, Lookup, Object, Pin, Render, RenderError, Rendered};
use kube::api::ListParams;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::step::Step;
use super::validate::Release;
use super::{Charts, Error};
use crate::context::Context;
use crate::release::record::{self, Hook, Record};

/// What an upgrade by `helm` looks for before it touches an object.
pub(crate) const RELEASE_NAME: &str = "meta.helm.sh/release-name";
pub(crate) const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// A release, ready to be applied.
pub(crate) struct Planned {
    pub(crate) record: Record,
    /// The objects, marked as Helm marks them.
    pub(crate) objects: Vec<Value>,
    /// What lies under the chart's `crds/`.
    pub(crate) definitions: Vec<Value>,
}

/// Renders the chart of `release`; `pin` gives what its templates take of chance and the clock.
pub(crate) async fn build(
    release: &Release<'_>,
    step: Step,
    pin: Pin,
    charts: &Charts,
) -> Result<Planned, Error> {
    let chart = read_chart(release.content).map_err(|error| Error::stalled("InvalidChart", error))?;
    let rendered_release = bowline_charts::Release {
        name: release.name.to_owned(),
        namespace: release.namespace.to_owned(),
        revision: u32::try_from(step.revision).unwrap_or(u32::MAX),
        is_upgrade: step.is_upgrade,
    };
    let with = Render {
        pin: Some(pin.clone()),
        capabilities: Capabilities {
            kube_version: release.kube_version.to_owned(),
            api_versions: charts.context.kinds.api_versions().await?,
        },
        lookup: Arc::new(ClusterLookup {
            context: Arc::clone(&charts.context),
            runtime: Handle::current(),
        }),
        ..Render::new(rendered_release, release.given.clone())
    };
    // On a thread of its own: a lookup blocks it, and a long render must not hold up the lease.
    let rendered = tokio::task::spawn_blocking(move || {
        let rendered = bowline_charts::render(&chart, &with);
        (chart, rendered)
    });
    let (chart, rendered) = rendered
        .await
        .map_err(|error| Error::stalled("RenderFailed", error))?;
    let rendered = rendered.map_err(|error| Error::stalled("RenderFailed", explained(error)))?;
    let is_pinned = !rendered.volatile.is_empty();
    let mut planned = plan(release, step, &chart, rendered)?;
    if is_pinned {
        planned.record.pin = pin.to_string();
    }
    Ok(planned)
}

/// The error in full, with what is known of its cause in brackets. No value of a Secret is in that.
fn explained(error: RenderError) -> anyhow::Error {
    let known = error.diagnosis().and_then(Diagnosis::in_short);
    let error = anyhow::Error::new(error);
    match known {
        Some(known) => anyhow::anyhow!("{} ({known})", crate::report::chain(&error)),
        None => error,
    }
}

fn read_chart(content: &str) -> anyhow::Result<Chart> {
    let packed: String = content.split_ascii_whitespace().collect();
    let archive = STANDARD
        .decode(packed)
        .context("spec.chartContent is not base64")?;
    Chart::from_archive(&archive).context("spec.chartContent is not a chart")
}

/// Turns what was rendered into objects to apply and a record to write.
fn plan(release: &Release<'_>, step: Step, chart: &Chart, rendered: Rendered) -> Result<Planned, Error> {
    let Rendered {
        objects,
        hooks,
        crds,
        notes,
        volatile: _,
    } = rendered;
    let unwritable = |error| Error::stalled("RenderFailed", error);
    let mut manifest = String::new();
    for object in &objects {
        manifest.push_str(&document(object).map_err(unwritable)?);
    }
    let hooks = hooks.iter().map(|hook| {
        let manifest = bowline_charts::yaml::write(hook.object.value());
        manifest
            .map(|manifest| Hook::of(hook, manifest))
            .map_err(|error| unwritable(error.into()))
    });
    let mut record = Record {
        name: release.name.to_owned(),
        namespace: release.namespace.to_owned(),
        version: step.revision,
        chart: record::Chart::of(chart).map_err(unwritable)?,
        config: Some(release.values.clone()),
        hooks: hooks.collect::<Result<_, _>>()?,
        manifest,
        apply_method: "ssa".into(),
        ..Record::default()
    };
    record.info.notes = notes.unwrap_or_default();
    Ok(Planned {
        record,
        objects: objects
            .into_iter()
            .map(|object| mark(object.into_value(), release))
            .collect(),
        definitions: crds.into_iter().map(Object::into_value).collect(),
    })
}

/// As Helm writes manifests, so that `helm get manifest` shows what people know.
fn document(object: &Object) -> anyhow::Result<String> {
    let yaml = bowline_charts::yaml::write(object.value())?;
    Ok(format!("---\n# Source: {}\n{yaml}", object.source()))
}

/// The label and annotations by which Helm knows its objects.
pub(super) fn mark(mut object: Value, release: &Release<'_>) -> Value {
    let metadata = &mut object["metadata"];
    for field in ["labels", "annotations"] {
        if metadata[field].is_null() {
            metadata[field] = json!({});
        }
    }
    metadata["labels"][MANAGED_BY] = "Helm".into();
    metadata["annotations"][RELEASE_NAME] = release.name.into();
    metadata["annotations"][RELEASE_NAMESPACE] = release.namespace.into();
    object
}

/// Lets templates read the cluster, from a thread that may block.
struct ClusterLookup {
    context: Arc<Context>,
    runtime: Handle,
}

impl Lookup for ClusterLookup {
    fn lookup(&self, query: &LookupQuery<'_>) -> Result<Value, String> {
        let LookupQuery {
            api_version,
            kind,
            namespace,
            name,
        } = *query;
        let read = async {
            let kind = self.context.kinds.resolve(api_version, kind).await?;
            let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
            let api = kind.api(self.context.client.clone(), namespace);
            anyhow::Ok(if name.is_empty() {
                serde_json::to_value(api.list(&ListParams::default()).await?)?
            } else {
                serde_json::to_value(api.get_opt(name).await?)?
            })
        };
        self.runtime
            .block_on(read)
            .map_err(|error| crate::report::chain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_chart::tests::{chart_archive, release};

    #[test]
    fn an_error_says_what_is_known_but_no_secret() {
        let archive = chart_archive(&[(
            "templates/page.yaml",
            "{{ .Values.pasword.x }}{{ .Values.password.x }}",
        )]);
        let chart = Chart::from_archive(&archive).unwrap();
        let told = |values: &str| {
            let mut given = bowline_charts::values::Given::default();
            let secret = bowline_charts::values::Layer::yaml("a Secret", values).secret();
            given.layers.push(secret);
            let with = Render::new(bowline_charts::Release::install("web", "shop"), given);
            explained(bowline_charts::render(&chart, &with).unwrap_err()).to_string()
        };
        let misspelt = told("password: hunter2");
        assert!(
            misspelt.ends_with(
                "(`.Values.pasword` is nil: no layer gives it a value; did you mean `.Values.password`?)"
            ),
            "{misspelt}"
        );
        let wrong = told("{pasword: {x: 1}, password: hunter2}");
        assert!(wrong.contains("(`.Values.password` is a string; "), "{wrong}");
        assert!(!wrong.contains("hunter2"), "{wrong}");
    }

    #[test]
    fn objects_bear_helms_marks_and_the_manifest_does_not() {
        let archive = chart_archive(&[(
            "templates/page.yaml.j2",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: page}, data: {color: {{ values.color }}}}",
        )]);
        let content = STANDARD.encode(archive);
        let release = release(&content, json!({"color": "red"}));
        let chart = read_chart(&content).unwrap();
        let with = Render::new(
            bowline_charts::Release::install("web", "shop"),
            release.given.clone(),
        );
        let rendered = bowline_charts::render(&chart, &with).unwrap();
        let planned = plan(&release, Step::install(), &chart, rendered).unwrap();
        let metadata = &planned.objects[0]["metadata"];
        assert_eq!(metadata["labels"][MANAGED_BY], "Helm");
        assert_eq!(metadata["annotations"][RELEASE_NAMESPACE], "shop");
        assert!(
            planned
                .record
                .manifest
                .starts_with("---\n# Source: web/templates/page.yaml.j2\n")
        );
        assert!(!planned.record.manifest.contains("managed-by"));
        assert!(planned.record.manifest.contains("color: red"));
    }

    #[test]
    fn content_that_is_no_chart_is_told_from_content_that_is_no_base64() {
        let said = |content| crate::report::chain(&read_chart(content).unwrap_err());
        assert!(said("???").starts_with("spec.chartContent is not base64"));
        assert!(said("eA==").starts_with("spec.chartContent is not a chart"));
    }
}
