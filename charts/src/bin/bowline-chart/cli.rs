//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Render, check and pack charts.
#[derive(Debug, Parser)]
#[command(name = "bowline-chart", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the objects of a chart
    Template(Template),
    /// Check that a chart is sound and renders
    Lint(Lint),
    /// Pack a chart's directory into <name>-<version>.tgz; equal files give equal bytes
    Package(Package),
    /// Print a part of a chart
    Show(Show),
}

#[derive(Debug, Args)]
pub(crate) struct Template {
    /// The release's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) input: Input,
    /// The namespace of the release
    #[arg(short, long, default_value = "default")]
    pub(crate) namespace: String,
    /// The version of Kubernetes to render for
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,
    /// A further API version that the cluster serves, such as monitoring.coreos.com/v1
    #[arg(short, long, value_name = "VERSION")]
    pub(crate) api_versions: Vec<String>,
    /// Render an upgrade instead of an install
    #[arg(long)]
    pub(crate) is_upgrade: bool,
    /// Print the objects of crds/ too, first
    #[arg(long)]
    pub(crate) include_crds: bool,
    /// Print only what these templates give, such as templates/service.yaml.j2
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) show_only: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Lint {
    #[command(flatten)]
    pub(crate) input: Input,
}

/// A chart and the values that it is given.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The chart: a directory or a .tgz
    pub(crate) chart: PathBuf,
    /// A file of values; later ones win
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub(crate) values: Vec<PathBuf>,
    /// A value by its path, as in a.b[0]=c; wins over files
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The same, but the value is always text
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set_string: Vec<String>,
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
