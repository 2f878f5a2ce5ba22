//! `bowline-operator`: the cluster side of Bowline.
//!
//! Every operator applies its own server's manifests folder as Addons ([`addon`]). The one that leads also installs
//! charts ([`helm_chart`]) and merges node settings ([`node_config`]). All three have the same rooms: fetch, validate,
//! build, apply, status; the middle two touch nothing.

mod addon;
mod apply;
#[cfg(test)]
mod cluster_tests;
mod context;
mod controller;
mod helm_chart;
mod identity;
mod install;
mod kinds;
mod lease;
mod node_config;
mod pod_trouble;
mod readiness;
mod release;
mod remove;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::context::Context;
use crate::helm_chart::Charts;

/// How long work under way may take when it shall stop.
const GRACE: Duration = Duration::from_secs(2);

/// Installs charts, applies add-ons, and merges node settings.
#[derive(Debug, Parser)]
#[command(name = "bowline-operator", version)]
pub(crate) struct Arguments {
    /// Folder whose manifests are applied as Addons
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Namespace of Addons and of the lease
    #[arg(long, default_value = bowline_crds::SYSTEM_NAMESPACE)]
    namespace: String,
    /// Reach the cluster from outside, with this kubeconfig
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Lead only while holding the lease
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    leader_elect: bool,
    /// Name of the node this runs on
    #[arg(long, env = "NODE_NAME", default_value = "localhost", value_name = "NAME")]
    node_name: String,
}

// One thread: the work is waiting for the API server, and memory is dear on small nodes.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    log();
    // Fails only if a provider is installed already, which would be this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    let client = connect(&arguments).await?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let ending = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("asked to stop");
        stop.cancel();
    };
    tokio::select! {
        result = run(client, &arguments, stop.clone()) => result,
        () = async { ending.await; std::future::pending().await } => Ok(()),
    }
}

fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

async fn connect(arguments: &Arguments) -> Result<Client> {
    let config = match &arguments.kubeconfig {
        Some(file) => {
            let kubeconfig =
                Kubeconfig::read_from(file).with_context(|| format!("read {}", file.display()))?;
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .with_context(|| format!("use {}", file.display()))?
        }
        None => {
            Config::incluster().context("find the cluster this pod runs in; outside one use --kubeconfig")?
        }
    };
    Client::try_from(config).context("make a client for the API server")
}

/// Runs everything until `stop`, and returns when all of it has ended.
async fn run(client: Client, arguments: &Arguments, stop: CancellationToken) -> Result<()> {
    let context = Arc::new(Context::new(client.clone(), &arguments.node_name));
    if install::install_kinds(&context, &stop).await.is_err() {
        return Ok(());
    }
    let addons = async {
        if let Some(folder) = &arguments.manifests {
            let work = addon::run(&context, &arguments.namespace, folder, stop.clone());
            within_grace(&stop, Box::pin(work)).await;
        }
    };
    let leading = async {
        let work = |lead| lead_cluster(Arc::clone(&context), lead);
        if arguments.leader_elect {
            let name = bowline_crds::OPERATOR_NAME;
            let candidate = lease::Candidate::new(client, &arguments.namespace, name, &arguments.node_name);
            candidate.run(stop.clone(), work).await;
        } else {
            work(stop.clone()).await;
        }
    };
    futures::join!(addons, leading);
    info!("stopped");
    Ok(())
}

/// What only one operator does at a time.
async fn lead_cluster(context: Arc<Context>, stop: CancellationToken) {
    let charts = Arc::new(Charts::new(Arc::clone(&context)));
    let controllers = async {
        futures::join!(
            install::install_permissions(&context, &stop),
            helm_chart::run(charts, stop.clone()),
            node_config::run(Arc::clone(&context), stop.clone()),
        )
    };
    within_grace(&stop, Box::pin(controllers)).await;
}

/// Runs `work` to its end, but after `stop` no longer than a moment: what is cut off is gone on with by the next
/// operator, and one that has lost the lease must not go on beside it.
async fn within_grace<T>(stop: &CancellationToken, work: impl Future<Output = T>) {
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        _ = work => {}
        () = deadline => warn!("work under way is cut off"),
    }
}
