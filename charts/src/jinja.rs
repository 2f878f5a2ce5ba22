//! Templates in minijinja: what they see and may call, and the limits they work in.
//!
//! In comes a chart's `*.j2`, values and facts; out comes the text of one template. A template sees `values`,
//! `release`, `chart`, `capabilities` and `files`; [`functions`] lists what it may call. Nothing is escaped, and a
//! name that does not exist is an error, not an empty text.

mod context;
mod functions;
mod limits;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex};

use functions::Told;
use gotemplate::{Map, Str};
use minijinja::syntax::SyntaxConfig;
use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use crate::chart::{self, Chart};
use crate::diagnosis::{self, Advice, Diagnosis};
use crate::helm::Texts;
use crate::helm::tree::Node;
use crate::json::to_json;
use crate::render::{Language, Place, Render, RenderError, Role};
use crate::yaml;

/// Renders the `*.j2` of all charts; each sees its own values. The output goes to `texts` by path.
pub(crate) fn render(
    tree: &Node<'_>,
    values: &Map,
    with: &Render,
    texts: &mut Texts,
) -> Result<(), RenderError> {
    let told = texts.told.take().map(|told| Arc::new(Mutex::new(told)));
    let mut work = Work {
        with,
        files: &mut texts.files,
        told: told.clone(),
        left: yaml::MAX_BYTES,
        fuel: limits::FUEL,
    };
    work.chart(tree, values, tree.name())?;
    texts.told = told.map(|told| functions::taken(&told));
    Ok(())
}

/// What all charts of a render share.
struct Work<'w> {
    with: &'w Render,
    files: &'w mut BTreeMap<String, Str>,
    /// What charts say where they must not fail.
    told: Option<Told>,
    /// Bytes of output.
    left: usize,
    fuel: u64,
}

impl Work<'_> {
    fn chart(&mut self, node: &Node<'_>, values: &Map, path: &str) -> Result<(), RenderError> {
        let is_jinja = |file: &&chart::File| Role::of(&file.path).language == Language::Jinja;
        if !node.is_library() && node.chart.templates().iter().any(|file| is_jinja(&file)) {
            self.templates(node, values, path)?;
        }
        for subchart in &node.dependencies {
            let inner = match values.get(subchart.name()) {
                Some(gotemplate::Value::Map(inner)) => inner,
                _ => Map::new(),
            };
            self.chart(subchart, &inner, &format!("{path}/charts/{}", subchart.name()))?;
        }
        Ok(())
    }

    fn templates(&mut self, node: &Node<'_>, values: &Map, path: &str) -> Result<(), RenderError> {
        let json = to_json(&gotemplate::Value::Map(values.clone()));
        let mut engine = Engine::new(node, self.with, &json, path)?;
        engine.values = values.clone();
        if let Some(told) = &self.told {
            functions::tell(&mut engine.environment, told);
        }
        engine.fuel = self.fuel;
        let mut templates: Vec<&chart::File> = node.chart.templates().iter().collect();
        templates.sort_by(|a, b| a.path.cmp(&b.path));
        for template in templates {
            let role = Role::of(&template.path);
            if role.language != Language::Jinja || role.is_partial {
                continue;
            }
            let mut text = engine.render(&template.path)?;
            if !role.is_notes && !text.is_empty() {
                // minijinja drops the last line break, but a block of text at the end of a document needs it.
                text.push('\n');
            }
            let name = format!("{path}/{}", template.path);
            self.left = self.left.checked_sub(text.len()).ok_or_else(|| {
                RenderError::helm(format!(
                    "{name}: the chart's templates give more than {} MiB",
                    yaml::MAX_BYTES >> 20
                ))
            })?;
            self.files.insert(name, text.into());
        }
        self.fuel = engine.fuel;
        Ok(())
    }
}

/// A chart's templates, compiled.
struct Engine<'chart> {
    environment: Environment<'chart>,
    chart: &'chart Chart,
    /// The chart's place among its parents: `web/charts/db`.
    path: &'chart str,
    fuel: u64,
    /// What the templates see as `values`.
    values: Map,
}

impl<'chart> Engine<'chart> {
    fn new(
        node: &Node<'chart>,
        with: &Render,
        values: &serde_json::Value,
        path: &'chart str,
    ) -> Result<Self, RenderError> {
        let chart = node.chart;
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Error messages name the line and the value; without this they would not show the source.
        environment.set_debug(true);
        environment.set_syntax(syntax()?);
        environment.set_formatter(write_value);
        functions::add(&mut environment, &with.lookup);
        context::add(&mut environment, node, with, values);
        let mut engine = Self {
            environment,
            chart,
            path,
            fuel: limits::FUEL,
            values: Map::new(),
        };
        for template in chart.templates() {
            if Role::of(&template.path).language != Language::Jinja {
                continue;
            }
            let text = chart::text(template).map_err(|source| RenderError::File {
                chart: chart.name().to_owned(),
                source,
            })?;
            limits::check_source(text)
                .and_then(|()| engine.environment.add_template(short_name(&template.path), text))
                .map_err(|error| engine.error(&template.path, &error))?;
        }
        Ok(engine)
    }

    /// Renders the template at `path`, on the fuel that those before it left.
    fn render(&mut self, path: &str) -> Result<String, RenderError> {
        self.environment.set_fuel(Some(self.fuel));
        let captured = self
            .environment
            .get_template(short_name(path))
            .and_then(|template| template.render_captured(()))
            .map_err(|error| self.error(path, &error))?;
        let left = captured.state().fuel_levels().map_or(0, |(_, left)| left);
        let text = captured.into_output();
        self.fuel = left;
        Ok(text)
    }

    /// The innermost place and the outermost sense: what failed is said where it stands, in a partial too.
    fn error(&self, path: &str, error: &minijinja::Error) -> RenderError {
        let mut innermost = error;
        let mut outer = Vec::new();
        while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref()) {
            outer.push(std::mem::replace(&mut innermost, inner));
        }
        let message = message(innermost);
        let place = self.place(path, innermost);
        let advice = match innermost.kind() {
            ErrorKind::UndefinedError => diagnosis::undefined(&message, &self.values),
            _ => Advice::default(),
        };
        let calls = outer.iter().rev().filter(|error| error.line().is_some());
        RenderError::Template {
            diagnosis: Box::new(Diagnosis {
                calls: calls.map(|error| self.place(path, error)).collect(),
                place,
                notes: advice.notes,
                hint: advice.hint,
                ..Diagnosis::default()
            }),
            message,
        }
    }

    fn place(&self, path: &str, error: &minijinja::Error) -> Place {
        let name = error.name().unwrap_or_else(|| short_name(path));
        let text = error.line().and_then(|line| self.line_of(name, line));
        // The range is one of the whole text; here it is wanted in the line.
        let mark = error
            .template_source()
            .zip(error.range())
            .and_then(|(source, range)| {
                let start = source
                    .get(..range.start)?
                    .rfind('\n')
                    .map_or(0, |newline| newline + 1);
                let length = text.as_ref()?.len();
                let mark = range.start - start..(range.end.saturating_sub(start)).min(length);
                (mark.start < mark.end).then_some(mark)
            });
        Place {
            file: format!("{}/templates/{name}", self.path),
            line: error.line(),
            text,
            mark,
        }
    }

    fn line_of(&self, name: &str, line: usize) -> Option<String> {
        let file = self
            .chart
            .templates()
            .iter()
            .find(|file| short_name(&file.path) == name)?;
        let text = chart::text(file).ok()?;
        text.lines().nth(line.checked_sub(1)?).map(str::to_owned)
    }
}

/// A tag alone on its line leaves no line behind, so that templates can be laid out for the eye.
fn syntax() -> Result<SyntaxConfig, RenderError> {
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    syntax.map_err(|error| RenderError::helm(error.to_string()))
}

/// Booleans and null as YAML and flags have them, where Jinja would write `True` and `None`.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    if value.is_none() {
        return Ok(());
    }
    if let Ok(value) = bool::try_from(value.clone()) {
        return Ok(write!(out, "{value}")?);
    }
    limits::weigh(state, value)?;
    escape_formatter(out, state, value)
}

fn message(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "the chart's templates do more work than a chart may".to_owned(),
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// Templates call each other by their path under `templates/`.
fn short_name(path: &str) -> &str {
    path.strip_prefix("templates/").unwrap_or(path)
}
