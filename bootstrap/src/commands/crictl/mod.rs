//! `crictl`'s everyday commands over the CRI socket, with its flags and its output.
//!
//! Comes in: `bowline crictl …`, or the program called by the name `crictl`. Goes out: text, JSON or YAML.

mod change;
mod client;
mod exec;
mod filters;
mod images;
mod inspect;
mod log_line;
mod logs;
mod output;
mod pods;
mod protojson;
mod ps;
mod pull;
mod remove_images;
mod stats;
mod table;
mod units;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use client::Runtime;

use super::location;

/// Talk to the container runtime of this node.
#[derive(Debug, Parser)]
#[command(name = "crictl", version)]
struct Program {
    #[command(flatten)]
    crictl: Crictl,
}

/// What stands before and after the name of the command.
#[derive(Args, Debug)]
pub(crate) struct Crictl {
    /// Socket of the container runtime [default: bowline's own]
    #[arg(short, long, env = "CONTAINER_RUNTIME_ENDPOINT")]
    runtime_endpoint: Option<String>,
    /// Socket of the image service [default: the runtime's]
    #[arg(short, long, env = "IMAGE_SERVICE_ENDPOINT")]
    image_endpoint: Option<String>,
    /// How long to wait for a connection: 2s, 1m, or seconds
    #[arg(short, long, default_value = "2s", value_parser = duration)]
    timeout: Duration,
    #[command(subcommand)]
    command: Command,
}

/// The commands, by crictl's names.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run a command in a running container
    Exec(exec::Exec),
    /// List images
    #[command(visible_aliases = ["image", "img"])]
    Images(images::Images),
    /// Show the state of the runtime
    Info(inspect::Info),
    /// Show containers in full
    Inspect(inspect::Inspect),
    /// Show images in full
    Inspecti(inspect::Inspect),
    /// Show pods in full
    Inspectp(inspect::Inspect),
    /// Show the log of a container
    Logs(logs::Logs),
    /// List pods
    Pods(pods::Pods),
    /// List containers
    Ps(ps::Ps),
    /// Pull an image
    Pull(pull::Pull),
    /// Remove containers
    Rm(change::Remove),
    /// Remove images
    Rmi(remove_images::RemoveImages),
    /// Remove pods
    Rmp(change::Remove),
    /// Show what containers use
    Stats(stats::Stats),
    /// Show what pods use
    Statsp(stats::Stats),
    /// Stop containers
    Stop(change::Stop),
    /// Stop pods
    Stopp(change::StopPods),
    /// Show the versions of the runtime and its API
    Version,
}

/// Whether the program was called by the name of `crictl`.
pub(crate) fn is_called(program: Option<&std::ffi::OsStr>) -> bool {
    program
        .and_then(|program| Path::new(program).file_name())
        .is_some_and(|name| name == "crictl")
}

/// Reads the command line of a program that is called `crictl`.
pub(crate) fn parse() -> Crictl {
    Program::parse().crictl
}

/// Runs one command.
pub(crate) fn run(crictl: Crictl) -> Result<ExitCode> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start")?;
    executor.block_on(dispatch(crictl))
}

async fn dispatch(crictl: Crictl) -> Result<ExitCode> {
    let layout = location::find(None).layout;
    let endpoint = crictl
        .runtime_endpoint
        .unwrap_or_else(|| layout.containerd_socket().display().to_string());
    let runtime = Runtime::connect(&endpoint, crictl.image_endpoint.as_deref(), crictl.timeout).await?;
    match crictl.command {
        Command::Exec(exec) => {
            let ctr = layout.program("ctr");
            let (endpoint, ctr) = (endpoint.as_str(), ctr.as_path());
            return exec::run(exec, runtime, exec::Streams { endpoint, ctr }).await;
        }
        Command::Images(images) => images::run(images, runtime).await,
        Command::Info(info) => inspect::info(info, runtime).await,
        Command::Inspect(inspect) => inspect::containers(inspect, runtime).await,
        Command::Inspecti(inspect) => inspect::images(inspect, runtime).await,
        Command::Inspectp(inspect) => inspect::pods(inspect, runtime).await,
        Command::Logs(logs) => logs::run(logs, runtime).await,
        Command::Pods(pods) => pods::run(pods, runtime).await,
        Command::Ps(ps) => ps::run(ps, runtime).await,
        Command::Pull(pull) => pull::run(pull, runtime).await,
        Command::Rm(remove) => change::remove_containers(remove, runtime).await,
        Command::Rmi(remove) => remove_images::run(remove, runtime).await,
        Command::Rmp(remove) => change::remove_pods(remove, runtime).await,
        Command::Stats(stats) => stats::containers(stats, runtime).await,
        Command::Statsp(stats) => stats::pods(stats, runtime).await,
        Command::Stop(stop) => change::stop_containers(stop, runtime).await,
        Command::Stopp(stop) => change::stop_pods(stop, runtime).await,
        Command::Version => inspect::version(runtime).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Seconds, or Go's way to write a duration.
fn duration(text: &str) -> Result<Duration> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let duration: jiff::SignedDuration = text
        .parse()
        .context("expected seconds, or a duration such as 2s")?;
    Duration::try_from(duration).context("a duration is not negative")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Program::command().debug_assert();
    }

    #[test]
    fn the_name_of_the_program_decides() {
        let called = |name: &str| is_called(Some(name.as_ref()));
        assert!(called("/var/lib/bowline/bin/crictl"));
        assert!(!called("/usr/local/bin/bowline"));
        assert!(!is_called(None));
    }

    #[test]
    fn flags_of_exec_end_where_the_command_begins() {
        let program =
            Program::try_parse_from(["crictl", "-t", "5", "exec", "-s", "4f0d", "ls", "-l", "-t"]).unwrap();
        assert_eq!(program.crictl.timeout, Duration::from_secs(5));
        let Command::Exec(exec) = program.crictl.command else {
            panic!("expected exec");
        };
        assert!(format!("{exec:?}").contains(r#"command: ["ls", "-l", "-t"]"#));
    }

    #[test]
    fn durations_are_seconds_or_gos() {
        assert_eq!(duration("2s").unwrap(), Duration::from_secs(2));
        assert_eq!(duration("7").unwrap(), Duration::from_secs(7));
        assert!(duration("-2s").is_err());
    }
}
