//! Templates in minijinja: what they see and may call, and the limits they work in.
//!
//! In comes a chart's `*.j2`, values and facts; out comes the text of one template. A template sees `values`,
//! `release`, `chart`, `capabilities` and `files`; [`functions`] lists what it may call. Nothing is escaped, and a
//! name that does not exist is an error, not an empty text.

mod context;
mod functions;
pub(crate) mod limits;

use std::error::Error as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use crate::chart::{self, Chart};
use crate::render::{Language, Place, Render, RenderError, Role};

/// A chart's templates, compiled.
pub(crate) struct Engine<'chart> {
    environment: Environment<'chart>,
    chart: &'chart Chart,
    fuel: u64,
}

impl<'chart> Engine<'chart> {
    pub(crate) fn new(
        chart: &'chart Chart,
        with: &Render,
        values: &serde_json::Value,
    ) -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Error messages name the line and the value; without this they would not show the source.
        environment.set_debug(true);
        environment.set_syntax(syntax());
        environment.set_formatter(write_value);
        functions::add(&mut environment, &with.lookup);
        context::add(&mut environment, chart, with, values);
        let mut engine = Self {
            environment,
            chart,
            fuel: limits::FUEL,
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
    pub(crate) fn render(&mut self, path: &str) -> Result<String, RenderError> {
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
        while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref()) {
            innermost = inner;
        }
        let name = innermost.name().unwrap_or_else(|| short_name(path));
        let place = Place {
            file: format!("{}/templates/{name}", self.chart.name()),
            line: innermost.line(),
            text: innermost.line().and_then(|line| self.line_of(name, line)),
        };
        RenderError::Template {
            place,
            message: message(innermost),
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
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the default delimiters are valid")
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
