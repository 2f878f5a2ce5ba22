//! Chart, values and facts to a release: each template in its language, then documents, then objects.
//!
//! [`manifests`] gives the texts, as `helm template` prints them; [`render`] gives checked objects.

mod error;
mod phase;
mod role;
mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;

use gotemplate::Limits;

use crate::capabilities::{Capabilities, Lookup, NoLookup};
use crate::chart::Chart;
use crate::helm::{self, Definition};
use crate::manifest::Event;
use crate::object::{self, Hook, Object};
use crate::values::Given;
use crate::{Generation, Pin, kind_order};

pub use error::{Place, RenderError};
pub use phase::{Phase, Watch};
pub(crate) use role::{Language, Role};

/// The stack of a render. Memory is taken only as far as it is used, which a sane chart does not: a value nested as
/// deep as the limits allow still ends well.
const STACK_BYTES: usize = 256 << 20;

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
    /// What people gave; the chart's defaults are put beneath it here.
    pub given: Given,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// What chance and the clock are taken from, if not from the system.
    pub pin: Option<Pin>,
    /// How templates read the cluster's objects.
    pub lookup: Arc<dyn Lookup>,
    /// Which Helm to follow.
    pub generation: Generation,
    /// Whether a Helm template may not read a value that is not there.
    pub is_strict: bool,
    /// Whether values are not held against `values.schema.json`.
    pub skips_schema: bool,
    /// Whether the files of `crds/` are left out.
    pub skips_crds: bool,
    /// What hears how far the render is.
    pub watch: Watch,
    /// What all Helm templates together may use.
    pub limits: Limits,
}

impl Render {
    /// A render without a cluster.
    pub fn new(release: Release, given: impl Into<Given>) -> Self {
        Self {
            release,
            given: given.into(),
            capabilities: Capabilities::default(),
            pin: None,
            lookup: Arc::new(NoLookup),
            generation: Generation::default(),
            is_strict: false,
            skips_schema: false,
            skips_crds: false,
            watch: Watch::default(),
            limits: helm::LIMITS,
        }
    }
}

/// What a chart gives, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// The files of `crds/`.
    pub crds: Vec<Manifest>,
    /// The release's documents, in the order of installing.
    pub objects: Vec<Manifest>,
    /// The hooks, by kind.
    pub hooks: Vec<HookManifest>,
    /// The text of `NOTES.txt`.
    pub notes: Option<String>,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
    /// The functions that Helm templates called and whose results may be others next time: chance, the clock, lookups.
    /// All but lookups give the same again with the same [`Pin`].
    pub volatile: Vec<&'static str>,
}

impl Manifests {
    fn with_crds(self, crds: Vec<Definition>) -> Self {
        Self {
            crds: crds.into_iter().map(Definition::into_manifest).collect(),
            ..self
        }
    }
}

/// A document, or a file of definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The file it came from: `web/templates/service.yaml`.
    pub source: String,
    /// The text, without the line that separates documents.
    pub content: String,
}

/// A document that is a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookManifest {
    /// The document.
    pub manifest: Manifest,
    /// When it runs.
    pub events: Vec<Event>,
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
    /// The text of `NOTES.txt`.
    pub notes: Option<String>,
    /// As in [`Manifests::volatile`].
    pub volatile: Vec<&'static str>,
}

/// Renders a chart to texts. The result depends on the arguments alone, but for what `lookup` finds and, without a
/// pin, for what templates make of chance and the clock.
pub fn manifests(chart: &Chart, with: &Render) -> Result<Manifests, RenderError> {
    let (manifests, crds) = rendered(chart, with)?;
    Ok(manifests.with_crds(crds))
}

/// As [`manifests`], for a chart that is rendered once: its memory is given back or handed on.
pub fn manifests_of(chart: Chart, with: &Render) -> Result<Manifests, RenderError> {
    let (manifests, crds) = rendered(&chart, with)?;
    drop(chart);
    Ok(manifests.with_crds(crds))
}

fn rendered(chart: &Chart, with: &Render) -> Result<(Manifests, Vec<Definition>), RenderError> {
    with_stack(|| helm::manifests(chart, with)).map_err(|error| secrets::redacted(error, with))
}

/// What the templates of a chart give where it is only looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    /// The texts, by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What the chart asked for in vain.
    pub(crate) told: Vec<String>,
}

/// Renders a chart to see whether it can be; none where there are no values for it.
pub(crate) fn tried(chart: &Chart, with: &Render) -> Result<Option<Tried>, RenderError> {
    with_stack(|| helm::tried(chart, with)).map_err(|error| secrets::redacted(error, with))
}

fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    gotemplate::on_stack(STACK_BYTES, work)
}

/// Renders a chart to objects.
pub fn render(chart: &Chart, with: &Render) -> Result<Rendered, RenderError> {
    objects(manifests(chart, with)?).map_err(|error| secrets::redacted(error, with))
}

fn objects(manifests: Manifests) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered {
        notes: manifests.notes,
        volatile: manifests.volatile,
        ..Rendered::default()
    };
    // Each text ends with its turn: of a large chart there are several megabytes.
    for manifest in manifests.crds {
        rendered.crds.extend(read_objects(&manifest)?);
    }
    for manifest in manifests.objects {
        rendered.objects.extend(read_objects(&manifest)?);
    }
    for hook in manifests.hooks {
        for object in read_objects(&hook.manifest)? {
            rendered.hooks.extend(Hook::new(object));
        }
    }
    order(rendered)
}

fn read_objects(manifest: &Manifest) -> Result<Vec<Object>, RenderError> {
    let file = &manifest.source;
    let objects = object::parse(&manifest.content).map_err(|error| RenderError::Yaml {
        place: Place {
            file: file.clone(),
            line: None,
            mark: None,
            text: error
                .line
                .and_then(|line| manifest.content.lines().nth(line.saturating_sub(1)))
                .map(str::to_owned),
        },
        message: error.message,
    })?;
    let objects = objects.into_iter().map(|value| Object::new(file, value));
    objects
        .collect::<Result<_, _>>()
        .map_err(|source| RenderError::Object {
            file: file.clone(),
            source,
        })
}

fn order(mut rendered: Rendered) -> Result<Rendered, RenderError> {
    // A chart and one below it may bring the same definition: Helm leaves the first one as it is.
    object::keep_first(&mut rendered.crds);
    let of_hooks = rendered.hooks.iter().map(|hook| &hook.object);
    let duplicate =
        object::find_duplicate(rendered.objects.iter()).or_else(|| object::find_duplicate(of_hooks));
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

#[cfg(test)]
mod tests;
