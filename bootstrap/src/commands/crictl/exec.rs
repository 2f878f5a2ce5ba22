//! `crictl exec`: a command in a running container.
//!
//! Whole output at the end comes over the CRI (`--sync`). Streams and terminals go through containerd's own `ctr`, which
//! lies in the runtime image: the CRI's streaming servers would need a websocket client for the same thing.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use k8s_cri::v1::ExecSyncRequest;

use super::client::{Answer as _, Runtime, socket_path};
use super::filters::ContainerState;

/// Flags of `exec`.
#[derive(Args, Debug)]
pub(super) struct Exec {
    /// Hand standard input on
    #[arg(short, long)]
    interactive: bool,
    /// Give the command a terminal
    #[arg(short, long)]
    tty: bool,
    /// Wait for the command's end and print its whole output then
    #[arg(short, long, conflicts_with_all = ["interactive", "tty"])]
    sync: bool,
    /// With --sync: seconds until the command is ended; 0 is never
    #[arg(long, default_value_t = 0)]
    timeout: i64,
    id: String,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Where streams go through.
#[derive(Debug)]
pub(super) struct Streams<'a> {
    /// The runtime's socket, as it was given.
    pub(super) endpoint: &'a str,
    /// containerd's own client.
    pub(super) ctr: &'a Path,
}

/// Runs the command; its exit code is ours.
pub(super) async fn run(exec: Exec, mut runtime: Runtime, streams: Streams<'_>) -> Result<ExitCode> {
    let id = running_container(&mut runtime, &exec.id).await?;
    if exec.sync {
        return run_sync(exec, id, runtime).await;
    }
    if !streams.ctr.exists() {
        bail!(
            "{} is not there, and streams need it: `exec --sync` does without",
            streams.ctr.display()
        );
    }
    let stdin = if exec.interactive {
        Stdio::inherit()
    } else {
        Stdio::null()
    };
    let exec_id = format!(
        "crictl-{}-{}",
        std::process::id(),
        jiff::Timestamp::now().as_nanosecond()
    );
    let status = Command::new(streams.ctr)
        .args(arguments(&exec, &id, &exec_id, &socket_path(streams.endpoint)?))
        .env("CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS", "1")
        .stdin(stdin)
        .status()
        .with_context(|| format!("run {}", streams.ctr.display()))?;
    Ok(exit_code(status.code().unwrap_or(-1)))
}

/// The whole id of a container that can run commands.
async fn running_container(runtime: &mut Runtime, id: &str) -> Result<String> {
    let status = runtime.container(id).await?;
    if status.state != ContainerState::Running.number() {
        bail!(
            "container {id} is not running: its state is {}",
            ContainerState::word(status.state)
        );
    }
    Ok(status.id)
}

fn arguments(exec: &Exec, id: &str, exec_id: &str, socket: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["--address".into(), socket.into()];
    arguments.extend(["--namespace", "k8s.io", "tasks", "exec", "--exec-id", exec_id].map(OsString::from));
    arguments.extend(exec.tty.then(|| "--tty".into()));
    arguments.push(id.into());
    arguments.extend(exec.command.iter().map(OsString::from));
    arguments
}

async fn run_sync(exec: Exec, container_id: String, mut runtime: Runtime) -> Result<ExitCode> {
    let request = ExecSyncRequest {
        container_id,
        cmd: exec.command,
        timeout: exec.timeout,
    };
    let answer = runtime.containers.exec_sync(request).await;
    let answer = answer.answer(format_args!("run a command in container {}", exec.id))?;
    std::io::stdout()
        .write_all(&answer.stdout)
        .context("write to standard output")?;
    std::io::stderr()
        .write_all(&answer.stderr)
        .context("write to standard error")?;
    Ok(exit_code(answer.exit_code))
}

/// A code beyond a byte is a failure all the same.
fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_goes_through_ctr_in_the_namespace_of_kubernetes() {
        let exec = Exec {
            interactive: true,
            tty: true,
            sync: false,
            timeout: 0,
            id: "4f".into(),
            command: vec!["sh".into(), "-c".into(), "ls -l".into()],
        };
        let line = arguments(&exec, "4f0d", "crictl-1", Path::new("/run/c.sock"));
        assert_eq!(
            line,
            [
                "--address",
                "/run/c.sock",
                "--namespace",
                "k8s.io",
                "tasks",
                "exec",
                "--exec-id",
                "crictl-1",
                "--tty",
                "4f0d",
                "sh",
                "-c",
                "ls -l"
            ]
        );
    }
}
