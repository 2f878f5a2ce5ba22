//! `crictl exec`: a command in a running container.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use k8s_cri::v1::ExecSyncRequest;

use super::client::Runtime;

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

/// Runs the command; its exit code is ours.
pub(super) async fn run(exec: Exec, mut runtime: Runtime) -> Result<ExitCode> {
    if exec.interactive || exec.tty {
        bail!("-i and -t are not understood");
    }
    let request = ExecSyncRequest {
        container_id: exec.id.clone(),
        cmd: exec.command,
        timeout: exec.timeout,
    };
    let answer = runtime.containers.exec_sync(request).await;
    let answer = answer
        .with_context(|| format!("run a command in container {}", exec.id))?
        .into_inner();
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
