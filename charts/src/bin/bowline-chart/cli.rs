//! The command line.

mod habits;
mod list;
mod unused;

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub(crate) use list::Items;

/// Render, check and pack charts.
#[derive(Debug, Parser)]
#[command(name = "bowline-chart", version, args_override_self = true)]
pub(crate) struct Cli {
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAMESPACE",
        help = "The namespace of the release; otherwise that of HELM_NAMESPACE, or default"
    )]
    namespace: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the arguments of this process.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let mut command = habits::taken(unused::added(Self::command()));
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        unused::check(&matches)
            .map_err(|refusal| command.error(clap::error::ErrorKind::ArgumentConflict, refusal))?;
        Self::from_arg_matches(&matches)
    }

    /// The namespace, where an empty one is the default.
    pub(crate) fn namespace(&self) -> String {
        let named = self
            .namespace
            .clone()
            .or_else(|| std::env::var("HELM_NAMESPACE").ok());
        named
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "default".to_owned())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print what a chart gives, as helm template does
    #[command(override_usage = "bowline-chart template [OPTIONS] [NAME] CHART")]
    Template(Box<Template>),
    /// Check that a chart is sound and renders
    Lint(Lint),
    /// Pack a chart's directory into <name>-<version>.tgz; equal files give equal bytes
    Package(Package),
    /// Print a part of a chart
    #[command(alias = "inspect")]
    Show(Show),
    /// Print the values that a chart's templates see
    #[command(override_usage = "bowline-chart values [OPTIONS] [NAME] CHART")]
    Values(Values),
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, as in helm"
)]
pub(crate) struct Template {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Refuse templates that read a value that is not there
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print the definitions of crds/ too, first
    #[arg(long)]
    pub(crate) include_crds: bool,
    /// Print only what these templates give, such as templates/service.yaml; patterns may be used
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) show_only: Vec<String>,
    /// Leave out tests
    #[arg(long)]
    pub(crate) skip_tests: bool,
    /// Leave out hooks
    #[arg(long)]
    pub(crate) no_hooks: bool,
    /// Write each template's objects to a file below this directory
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Name a directory within it after the release
    #[arg(long)]
    pub(crate) release_name: bool,
    /// Print the text of NOTES.txt too, at the end
    #[arg(long)]
    pub(crate) notes: bool,
    /// Taken as helm takes it; there is no cluster here to ask, so only false is possible
    #[arg(long)]
    pub(crate) validate: bool,
    /// Taken as helm takes it; there is no cluster here to ask
    #[arg(long, hide = true, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_missing_value = "unset")]
    pub(crate) dry_run: Option<String>,
    /// Taken as helm takes it where nothing is missing
    #[arg(long, hide = true)]
    pub(crate) dependency_update: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// The charts: directories or .tgz; without any the present directory
    #[arg(value_name = "CHART")]
    pub(crate) charts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Fail on warnings
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print only warnings and errors
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Check the charts below charts/ by themselves too
    #[arg(long)]
    pub(crate) with_subcharts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Values {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Say for each value which layer set it
    #[arg(long)]
    pub(crate) why: bool,
    /// Taken as template takes it
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Which release of which chart.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// The release's name, then the chart: a directory or a .tgz
    #[arg(required = true, num_args = 1.., value_name = "[NAME] CHART")]
    pub(crate) name_and_chart: Vec<String>,
    /// A Go template that gives the release's name
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    pub(crate) name_template: String,
    /// Make a name up: release-name, as without any
    #[arg(short, long)]
    pub(crate) generate_name: bool,
}

/// The values, and the facts of release and cluster.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The version of Kubernetes to render for; otherwise v1.37.0
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,
    /// A further API version that the cluster serves, such as monitoring.coreos.com/v1
    #[arg(short, long, value_name = "VERSION", value_parser = list::parse)]
    pub(crate) api_versions: Vec<Items>,
    /// Render an upgrade instead of an install
    #[arg(long)]
    pub(crate) is_upgrade: bool,
    /// Which Helm to follow where they differ: 3 or 4
    #[arg(long, value_name = "GENERATION", default_value = "4")]
    pub(crate) helm: Generation,
    #[arg(
        long,
        value_name = "TEXT",
        help = "Let random functions give the same at each run with this text; who knows it knows the secrets they make. The clock shows SOURCE_DATE_EPOCH, if set"
    )]
    pub(crate) seed: Option<String>,
    /// Do not hold values against values.schema.json
    #[arg(long)]
    pub(crate) skip_schema_validation: bool,
    /// A file of values, - for standard input; later ones win
    #[arg(short = 'f', long = "values", value_name = "FILE", value_parser = list::parse)]
    pub(crate) values: Vec<Items>,
    /// A value by its path, as in a.b[0]=c; wins over files
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The same, but the value is always text
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set_string: Vec<String>,
    /// The same, but the value is JSON
    #[arg(long, value_name = "KEY=JSON")]
    pub(crate) set_json: Vec<String>,
    /// The same, but the value is what the named file holds
    #[arg(long, value_name = "KEY=FILE")]
    pub(crate) set_file: Vec<String>,
    /// The same, but the value is text in which nothing has a meaning
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set_literal: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generation {
    /// Helm 3.22
    #[value(name = "3")]
    Helm3,
    /// Helm 4.3
    #[value(name = "4")]
    Helm4,
}

#[derive(Debug, Args)]
pub(crate) struct Package {
    /// The charts' directories
    #[arg(required = true, value_name = "CHART")]
    pub(crate) charts: Vec<PathBuf>,
    /// Where to put the archives; it is made if it is not there
    #[arg(short, long, default_value = ".")]
    pub(crate) destination: PathBuf,
    /// The version to give the charts
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub(crate) version: String,
    /// The version of what they install to name in them
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub(crate) app_version: String,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Which part
    pub(crate) part: Part,
    /// The chart: a directory or a .tgz
    pub(crate) chart: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// All of it
    All,
    /// Chart.yaml
    Chart,
    /// values.yaml, with its comments
    Values,
    /// README.md, README.txt or README
    Readme,
    /// The files of crds/, of the charts below too
    Crds,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        habits::taken(unused::added(Cli::command())).debug_assert();
    }
}
