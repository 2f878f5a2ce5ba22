//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Render, check and pack charts.
#[derive(Debug, Parser)]
#[command(name = "bowline-chart", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print what a chart gives, as helm template does
    Template(Box<Template>),
    /// Check that a chart is sound and renders
    Lint(Lint),
    /// Pack a chart's directory into <name>-<version>.tgz; equal files give equal bytes
    Package(Package),
    /// Print a part of a chart
    Show(Show),
    /// Print the values that a chart's templates see
    Values(Values),
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, as in helm"
)]
pub(crate) struct Template {
    /// The release's name, then the chart: a directory or a .tgz
    #[arg(required = true, num_args = 1..=2, value_names = ["NAME", "CHART"])]
    pub(crate) name_and_chart: Vec<String>,
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
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) validate: Option<bool>,
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
    /// The release's name, then the chart: a directory or a .tgz
    #[arg(required = true, num_args = 1..=2, value_names = ["NAME", "CHART"])]
    pub(crate) name_and_chart: Vec<String>,
    #[command(flatten)]
    pub(crate) input: Input,
    /// Say for each value which layer set it
    #[arg(long)]
    pub(crate) why: bool,
    /// Taken as template takes it
    #[arg(long)]
    pub(crate) strict: bool,
}

/// The values, and the facts of release and cluster.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The namespace of the release
    #[arg(short, long, default_value = "default")]
    pub(crate) namespace: String,
    /// The version of Kubernetes to render for
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,
    /// A further API version that the cluster serves, such as monitoring.coreos.com/v1
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,
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
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    pub(crate) values: Vec<String>,
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
    /// The chart's directory
    pub(crate) chart: PathBuf,
    /// Where to put the archive
    #[arg(short, long, default_value = ".")]
    pub(crate) destination: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Which part
    pub(crate) part: Part,
    /// The chart: a directory or a .tgz
    pub(crate) chart: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Part {
    /// Chart.yaml
    Chart,
    /// values.yaml, with its comments
    Values,
    /// README.md
    Readme,
    /// The files of crds/
    Crds,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
