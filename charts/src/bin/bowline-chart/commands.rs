//! What each subcommand prints.

mod lint;
mod name;
mod package;
mod show;
mod template;

use std::fmt::Write as _;

use anyhow::Result;
use bowline_charts::{Release, explain};

use crate::cli::{Cli, Command, Values};
use crate::source;

/// What to print, and why that is a failure all the same.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: Vec<u8>,
    pub(crate) failure: Option<anyhow::Error>,
}

impl Answer {
    fn failed(text: impl Into<Vec<u8>>, failure: anyhow::Error) -> Self {
        Self {
            text: text.into(),
            failure: Some(failure),
        }
    }
}

impl<T: Into<Vec<u8>>> From<T> for Answer {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            failure: None,
        }
    }
}

pub(crate) fn run(cli: Cli) -> Result<Answer> {
    let namespace = cli.namespace();
    Ok(match cli.command {
        Command::Template(arguments) => template::template(&arguments, &namespace)?.into(),
        Command::Lint(arguments) => lint::lint(&arguments, &namespace)?,
        Command::Package(arguments) => package::package(&arguments),
        Command::Show(arguments) => show::show(&arguments)?.into(),
        Command::Values(arguments) => values(&arguments, &namespace)?.into(),
    })
}

/// Paths that are longer push what stands behind them aside.
const WIDEST: usize = 120;

fn values(arguments: &Values, namespace: &str) -> Result<String> {
    let (name, chart) = name::name_and_chart(&arguments.subject)?;
    let path = source::located(chart)?;
    let mut with = source::render(Release::install(name, namespace), &arguments.input)?;
    let chart = source::chart(&path)?;
    with.is_strict = arguments.strict;
    if !arguments.why {
        return Ok(explain::values(&chart, &with)?);
    }
    let origins = explain::origins(&chart, &with)?;
    let paths = origins.iter().map(|origin| origin.path.len());
    let column = paths.max().unwrap_or_default().min(WIDEST);
    let mut text = String::new();
    for origin in origins {
        let _ = writeln!(
            text,
            "{:column$}  {}  # {}",
            origin.path, origin.value, origin.source
        );
    }
    Ok(text)
}
