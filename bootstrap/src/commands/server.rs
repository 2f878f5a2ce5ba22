//! `bowline server` and `bowline agent`: settings in, a running node until shutdown.

use anyhow::{Context, Result};
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

use crate::node;
use crate::settings::{self, Layer, Role, Settings};

/// Enough to import images beside all else; the node itself mostly waits.
const WORKERS: usize = 4;

/// Reads the settings and runs the node.
pub(crate) fn run(role: Role, flags: Layer) -> Result<()> {
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

/// Logs to stderr, which the unit hands to the journal; `BOWLINE_LOG` overrides what `debug` says.
fn start_log(settings: &Settings) {
    let level = if settings.debug {
        "info,bowline=debug"
    } else {
        "info"
    };
    let filter = EnvFilter::try_from_env("BOWLINE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
