//! Runs the Helm templates of all charts.
//!
//! All files are parsed into one set, the deepest first, and executed in the same order; each chart has one mapping
//! that all its templates see and may change.

use std::rc::Rc;

use gotemplate::{Context, Environment, Functions, Limits, Map, MissingKey, Str, System, Templates, Value};

use super::diagnose::{Surroundings, diagnose};
use super::files::Files;
use super::objects::{self, Values};
use super::tree::{Node, table};
use super::{Texts, fault, functions};
use crate::Generation;
use crate::chart::File;
use crate::render::{Language, Phase, Render, RenderError, Role};

/// What a render's templates may use together, unless told otherwise: at least four times what the hungriest of 2,000
/// public charts needs.
pub(crate) const LIMITS: Limits = Limits {
    fuel: 400_000_000,
    output: 64 << 20,
    memory: 256 << 20,
    depth: 5_000,
};

/// One file, and what it sees.
pub(super) struct Template<'a> {
    /// `web/charts/db/templates/service.yaml`
    pub(super) path: String,
    pub(super) file: &'a File,
    base: Rc<str>,
    pub(super) data: Map,
}

/// Adds the texts that the templates of all charts give.
pub(super) fn render(
    tree: &Node<'_>,
    values: &Map,
    with: &Render,
    texts: &mut Texts,
) -> Result<(), RenderError> {
    let mut collection = Collection {
        templates: Vec::new(),
        release: objects::release(&with.release),
        capabilities: objects::capabilities(&with.capabilities, with.generation),
        generation: with.generation,
        values,
    };
    collection.chart(tree, "", None);
    let templates = collection.sorted();
    let set = parsed(&templates, with)?;
    with.watch.passed(Phase::Parse);
    executed(&set, &templates, with, texts)
}

struct Collection<'a> {
    templates: Vec<Template<'a>>,
    release: Value,
    capabilities: Value,
    generation: Generation,
    values: &'a Map,
}

impl<'a> Collection<'a> {
    /// Adds the templates of a chart and of those below it; gives what its templates see.
    fn chart(&mut self, node: &Node<'a>, directory: &str, parent: Option<&Map>) -> Map {
        let path = format!("{directory}{}", node.name());
        let own = match parent {
            None => self.values.clone(),
            Some(parent) => table(parent, node.name()).unwrap_or_default(),
        };
        let subcharts = Map::new();
        let data = Map::from([
            (
                "Chart",
                objects::chart(&node.metadata, parent.is_none(), self.generation),
            ),
            ("Files", Value::object(Files::new(node.chart.files()))),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::object(Values::new(own.clone(), self.generation))),
            ("Subcharts", subcharts.clone().into()),
        ]);
        let below = format!("{directory}{}/charts/", node.name_below());
        for subchart in &node.dependencies {
            let inner = self.chart(subchart, &below, Some(&own));
            subcharts.insert(subchart.name(), inner);
        }
        let base: Rc<str> = format!("{path}/templates").into();
        for file in node.chart.templates().iter().filter(|file| is_part(node, file)) {
            self.templates.push(Template {
                path: format!("{path}/{}", file.path),
                file,
                base: Rc::clone(&base),
                data: data.clone(),
            });
        }
        data
    }

    /// The deepest first, and of one depth the last first.
    fn sorted(self) -> Vec<Template<'a>> {
        let mut templates = self.templates;
        templates.sort_by_cached_key(|template| {
            let depth = template.path.matches('/').count();
            std::cmp::Reverse((depth, template.path.clone()))
        });
        templates
    }
}

/// Of a library chart only partials count.
fn is_part(node: &Node<'_>, file: &File) -> bool {
    let role = Role::of(&file.path);
    role.language == Language::Helm && (role.is_partial || !node.is_library())
}

fn parsed(templates: &[Template<'_>], with: &Render) -> Result<Templates, RenderError> {
    let rule = if with.is_strict {
        MissingKey::Error
    } else {
        MissingKey::Zero
    };
    let mut set =
        Templates::new(functions::SET, Functions::of(functions::catalog(with.generation))).missing_key(rule);
    for template in templates {
        let parsed = match template.file.shared_content() {
            Some(text) => set.parse_shared(template.path.as_str(), text),
            None => set.parse(template.path.as_str(), template.file.content()),
        };
        parsed.map_err(|error| {
            let message = fault::parsing(&template.path, &error);
            let around = Surroundings {
                templates,
                set: &set,
                with,
            };
            refusal(message, &error, &around)
        })?;
    }
    Ok(set)
}

fn executed(
    set: &Templates,
    templates: &[Template<'_>],
    with: &Render,
    texts: &mut Texts,
) -> Result<(), RenderError> {
    let mut host = functions::Host {
        lookup: with.lookup.clone(),
        included: Vec::new(),
        told: texts.told.take(),
    };
    let mut environment: Box<dyn Environment> = match &with.pin {
        Some(pin) => Box::new(pin.environment()),
        None => Box::new(System),
    };
    let mut context = set.context(with.limits, &mut host, &mut *environment);
    for template in templates {
        if Role::of(&template.path).is_partial {
            continue;
        }
        let text = execute(&mut context, template, with.generation).map_err(|error| {
            let message = fault::executing(&error, with.generation);
            let around = Surroundings { templates, set, with };
            refusal(message, &error, &around)
        })?;
        texts.files.insert(template.path.clone(), text);
    }
    texts.volatile = context.volatile().collect();
    drop(context);
    texts.told = host.told;
    Ok(())
}

fn execute(
    context: &mut Context<'_>,
    template: &Template<'_>,
    generation: Generation,
) -> Result<Str, gotemplate::Error> {
    let about = Map::from([
        ("Name", Value::string(template.path.as_str())),
        ("BasePath", Value::string(&*template.base)),
    ]);
    let about = Value::object(Values::new(about, generation));
    template.data.insert("Template", about);
    let data = Value::object(Values::new(template.data.clone(), generation));
    let text = context.execute(&template.path, data)?;
    Ok(functions::without_no_value(text))
}

/// An error in Helm's words, with what is known beside them.
fn refusal(message: String, error: &gotemplate::Error, around: &Surroundings<'_>) -> RenderError {
    RenderError::Helm {
        message,
        diagnosis: diagnose(error, around),
    }
}
