//! `bowline server` and `bowline agent`: settings in, a running node until shutdown.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

use crate::node;
use crate::settings::{self, Layer, Role, Settings};

/// Enough to import images beside all else; the node itself mostly waits.
const WORKERS: usize = 4;

/// Makes glibc use one heap for all threads, and none for what is large. What the import of images takes for a moment
/// would otherwise stay with us for good: 60 MiB instead of 20.
const SMALL_HEAP: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Reads the settings and runs the node.
pub(crate) fn run(role: Role, flags: Layer) -> Result<()> {
    use_small_heap();
    let settings = settings::load(role, flags)?;
    start_log(&settings);
    tracing::info!(node = settings.node.name, ip = %settings.node.ip, "settings are sound");
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .context("start the runtime")?;
    let outcome = runtime.block_on(node::run(settings));
    // A thread that still unpacks must not hold up the end: its work is taken up by the next start.
    runtime.shutdown_background();
    outcome
}

/// Starts this program anew, in the same process, when glibc was not told about the heap: it listens at start alone.
fn use_small_heap() {
    if SMALL_HEAP
        .iter()
        .all(|(name, _)| std::env::var_os(name).is_some())
    {
        return;
    }
    // A program that was replaced meanwhile has no path any more: then memory is all that is lost.
    if let Ok(program) = std::env::current_exe() {
        let mut arguments = std::env::args_os();
        let mut command = std::process::Command::new(program);
        if let Some(own_name) = arguments.next() {
            command.arg0(own_name);
        }
        let _ = command.args(arguments).envs(SMALL_HEAP).exec();
    }
}

/// Logs to stderr, which the unit hands to the journal; `BOWLINE_LOG` overrides what `debug` says.
fn start_log(settings: &Settings) {
    let level = if settings.debug {
        "info,bowline=debug"
    } else {
        // The client reports each failed request as an error by itself; whoever asked tells it better.
        "info,kube_client=off"
    };
    let filter = EnvFilter::try_from_env("BOWLINE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
