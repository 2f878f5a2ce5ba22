//! `bowline server` and `bowline agent`: settings in, a running node until shutdown.

use anyhow::Result;
use tracing_subscriber::EnvFilter;

use crate::settings::{self, Layer, Role, Settings};

/// Reads the settings and runs the node.
pub(crate) fn run(role: Role, flags: Layer) -> Result<()> {
    let settings = settings::load(role, flags)?;
    start_log(&settings);
    tracing::info!(node = settings.node.name, ip = %settings.node.ip, "settings are sound");
    Ok(())
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
