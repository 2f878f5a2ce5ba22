//! Helm's rules: which subcharts and values a render has, and what its templates see, call and give.
//!
//! In comes a chart, out come documents. The way is Helm's: [`dependencies`] switches subcharts on and off, [`coalesce`]
//! lays values over one another, the schemas are asked, [`engine`] runs the templates of all charts, and what they
//! gave is parted into documents and ordered.

pub(crate) mod coalesce;
pub(crate) mod dependencies;
mod diagnose;
mod durations;
mod engine;
mod fault;
mod files;
mod functions;
pub(crate) mod glob;
mod objects;
mod release_name;
pub(crate) mod tree;
pub(crate) mod values;
pub(crate) mod version;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gotemplate::{Map, Str, Value};

use crate::chart::{Chart, File};
use crate::json::to_json;
use crate::manifest::ManifestError;
use crate::render::{HookManifest, Manifest, Manifests, Phase, Render, RenderError, Role, Tried};
use crate::{Generation, jinja, manifest, schema};
use coalesce::Layering;
pub(crate) use engine::LIMITS;
use tree::Node;

/// What templates gave.
#[derive(Default)]
pub(crate) struct Texts {
    /// The texts, by path.
    pub(crate) files: BTreeMap<String, Str>,
    /// What a chart asks for in vain, and what it says when it fails. Where there is none, either ends the render.
    pub(crate) told: Option<Vec<String>>,
    /// The functions called whose results may be others next time.
    pub(crate) volatile: Vec<&'static str>,
}

/// The charts that take part, and the values of all of them.
pub(crate) fn prepared<'a>(chart: &'a Chart, with: &Render) -> Result<(Node<'a>, Map), RenderError> {
    Preparation::default().run(chart, with)
}

#[derive(Default)]
struct Preparation {
    warnings: Vec<String>,
}

impl Preparation {
    fn run<'a>(&mut self, chart: &'a Chart, with: &Render) -> Result<(Node<'a>, Map), RenderError> {
        let given = with.given.merged(with.generation).map_err(RenderError::Values)?;
        if !matches!(chart.metadata().kind.as_str(), "" | "application") {
            let kind = &chart.metadata().kind;
            return Err(RenderError::helm(format!("{kind} charts are not installable")));
        }
        check_presence(chart, with.generation)?;
        release_name::check(&with.release.name, with.generation)?;
        let mut tree = Node::new(chart, with.generation)?;
        dependencies::process(&mut tree, &given, with.generation, &mut self.warnings)?;
        let mut layering = Layering::coalescing(with.generation);
        let values = layering.all(&tree, &given);
        self.warnings.append(&mut layering.warnings);
        let values = values.map_err(|error| RenderError::helm(error.to_string()))?;
        if !with.skips_schema {
            check_schemas(&tree, &values)?;
        }
        Ok((tree, values))
    }
}

/// Every chart that is asked for has to be there.
fn check_presence(chart: &Chart, generation: Generation) -> Result<(), RenderError> {
    let missing = chart.missing_dependencies();
    if missing.is_empty() {
        return Ok(());
    }
    let (start, command) = match generation {
        Generation::Helm3 => ("An", "`helm dependency build`"),
        Generation::Helm4 => ("an", "'helm dependency build'"),
    };
    Err(RenderError::helm(format!(
        "{start} error occurred while checking for chart dependencies. You may need to run {command} to fetch \
         missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    )))
}

fn check_schemas(tree: &Node<'_>, values: &Map) -> Result<(), RenderError> {
    let mut faults = String::new();
    collect_faults(tree, values, &mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    Err(RenderError::helm(format!(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n{faults}"
    )))
}

fn collect_faults(node: &Node<'_>, values: &Map, faults: &mut String) {
    if let Some(text) = node.chart.schema()
        && let Err(error) = schema::validate(text, &to_json(&Value::Map(values.clone())))
    {
        let _ = writeln!(faults, "{}:\n{error}", node.name());
    }
    for subchart in &node.dependencies {
        match values.get(subchart.name()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect_faults(subchart, &values, faults),
            Some(other) => {
                let _ = writeln!(
                    faults,
                    "{}:\ninvalid type for values: expected object (map), got {}",
                    subchart.name(),
                    other.type_name()
                );
            }
        }
    }
}

/// A file of `crds/`, whose text is taken last: it may be large, and the chart be done with by then.
pub(crate) struct Definition {
    source: String,
    file: File,
}

impl Definition {
    pub(crate) fn into_manifest(self) -> Manifest {
        Manifest {
            source: self.source,
            content: values::into_text(self.file.into_content()),
        }
    }
}

/// Renders a chart on this stack, which has to be a large one. The definitions are told apart from the rest.
pub(crate) fn manifests(chart: &Chart, with: &Render) -> Result<(Manifests, Vec<Definition>), RenderError> {
    let mut preparation = Preparation::default();
    let (tree, values) = preparation.run(chart, with)?;
    with.watch.passed(Phase::Values);
    check_cluster(chart, with)?;
    let mut texts = Texts::default();
    texts_of(&tree, &values, with, &mut texts)?;
    with.watch.passed(Phase::Execute);
    let mut files = texts.files;
    let notes = take_notes(chart, &mut files);
    let mut manifests = sorted(&files, with)?;
    manifests.notes = notes;
    manifests.warnings = preparation.warnings;
    manifests.volatile = texts.volatile;
    let mut crds = Vec::new();
    if !with.skips_crds {
        definitions(&tree, "", &mut crds);
    }
    Ok((manifests, crds))
}

/// What all templates give when a chart is only looked at: it need not be one that is installed, and what it asks for
/// in vain is told. None where its values cannot be put together.
pub(crate) fn tried(chart: &Chart, with: &Render) -> Result<Option<Tried>, RenderError> {
    let given = with.given.merged(with.generation).map_err(RenderError::Values)?;
    let mut tree = Node::new(chart, with.generation)?;
    if dependencies::process(&mut tree, &given, with.generation, &mut Vec::new()).is_err() {
        return Ok(None);
    }
    let Ok(values) = Layering::coalescing(with.generation).all(&tree, &given) else {
        return Ok(None);
    };
    if !with.skips_schema {
        check_schemas(&tree, &values)?;
    }
    let mut texts = Texts {
        told: Some(Vec::new()),
        ..Texts::default()
    };
    texts_of(&tree, &values, with, &mut texts)?;
    let files = texts.files.into_iter();
    Ok(Some(Tried {
        files: files.map(|(path, text)| (path, text.to_vec())).collect(),
        told: texts.told.unwrap_or_default(),
    }))
}

/// Helm's templates change the values, for themselves alone: the others come before them.
fn texts_of(tree: &Node<'_>, values: &Map, with: &Render, texts: &mut Texts) -> Result<(), RenderError> {
    jinja::render(tree, values, with, texts)?;
    engine::render(tree, values, with, texts)
}

fn check_cluster(chart: &Chart, with: &Render) -> Result<(), RenderError> {
    let wanted = &chart.metadata().kube_version;
    if wanted.is_empty() || version::is_compatible(wanted, with.capabilities.version_for(with.generation)) {
        return Ok(());
    }
    Err(RenderError::helm(format!(
        "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
        with.capabilities.kube_version
    )))
}

fn sorted(files: &BTreeMap<String, Str>, with: &Render) -> Result<Manifests, RenderError> {
    let owned = |manifest: &manifest::Manifest<'_>| Manifest {
        source: manifest.path.to_owned(),
        content: values::text(manifest.text),
    };
    let sorted = manifest::sort(files, with.generation).map_err(|error| refusal(&error, with))?;
    let hooks = sorted.hooks.iter().map(|hook| HookManifest {
        manifest: owned(&hook.manifest),
        events: hook.events.clone(),
    });
    Ok(Manifests {
        objects: sorted.manifests.iter().map(owned).collect(),
        hooks: hooks.collect(),
        ..Manifests::default()
    })
}

fn refusal(error: &ManifestError, with: &Render) -> RenderError {
    RenderError::Helm {
        message: error.to_string(),
        diagnosis: Some(Box::new(error.diagnosis(with.given.has_secrets()))),
    }
}

/// The notes of the chart itself; those of its subcharts are dropped, as Helm does.
fn take_notes(chart: &Chart, files: &mut BTreeMap<String, Str>) -> Option<String> {
    let own = |ending: &str| format!("{}/templates/NOTES.txt{ending}", chart.name());
    let notes = files.get(&own(".j2")).or_else(|| files.get(&own("")));
    let notes = notes.map(|text| text.to_text().into_owned());
    files.retain(|path, _| !Role::of(path).is_notes);
    notes
}

/// The files of `crds/` of all charts, the outermost first.
fn definitions(node: &Node<'_>, directory: &str, crds: &mut Vec<Definition>) {
    for file in node.chart.crds() {
        crds.push(Definition {
            source: format!("{directory}{}/{}", node.name(), file.path),
            file: file.clone(),
        });
    }
    let below = format!("{directory}{}/charts/", node.name_below());
    for subchart in &node.dependencies {
        definitions(subchart, &below, crds);
    }
}

#[cfg(test)]
mod tests;
