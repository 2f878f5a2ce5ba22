//! The start of the children, and with them of images and static pods.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::warn;

use super::images::Content;
use super::sandboxes::Runtime;
use super::{Node, Tls, static_pods};
use crate::commands::check;
use crate::plan::{Gate, NodePlan};
use crate::processes::{Process, log};
use crate::status::{Cause, Stage};

/// How often a socket that is not there yet is tried.
const SOON: Duration = Duration::from_millis(10);
/// The start has the processors for itself for so long.
const UNDISTURBED: Duration = Duration::from_secs(8);
/// containerd that does not answer by then gets a cause on the board.
const PATIENCE: Duration = Duration::from_secs(5);

impl Node {
    /// Starts what does not run yet, and follows all of it.
    pub(super) async fn start(&self, plan: &NodePlan, content: &Content, tls: &Tls) -> Result<()> {
        let [containerd, kubelet] = &plan.processes[..] else {
            bail!("a plan has two processes: containerd and the kubelet");
        };
        if self.children.are_started() {
            // Static pods may be others now, and a kubelet cannot replace etcd while it needs its API server.
            self.children.end(&kubelet.name).await;
        } else {
            self.board.running(Stage::Containerd);
            self.children.start(containerd.clone());
        }
        let mut runtime = self.containerd(&containerd.log).await?;
        self.board.done(Stage::Containerd);
        let pods = async {
            self.start_kubelet(kubelet, plan, &mut runtime).await?;
            tokio::try_join!(self.follow_kubelet(&kubelet.log), self.control_plane(plan, tls))
        };
        tokio::try_join!(self.import(content), pods)?;
        Ok(())
    }

    /// Tells what is not well with the machine; beside the start, which shall not wait for it.
    pub(super) async fn look_at_machine(&self) -> Result<()> {
        let _ = timeout(UNDISTURBED, self.gates.passed(Gate::ApiServer)).await;
        let (role, layout) = (self.settings.role, self.layout.clone());
        let looked = spawn_blocking(move || check::shortcomings(role, &layout)).await;
        match looked.context("look at the machine")? {
            Ok(found) => found
                .into_iter()
                .for_each(|shortcoming| self.board.warn(shortcoming)),
            Err(error) => warn!(error = format!("{error:#}"), "the machine could not be checked"),
        }
        Ok(())
    }

    async fn start_kubelet(&self, kubelet: &Process, plan: &NodePlan, runtime: &mut Runtime) -> Result<()> {
        static_pods::prepare(&self.layout, runtime, &self.settings.node.name, &plan.static_pods).await?;
        self.children.start(kubelet.clone());
        self.gates.event(Gate::Kubelet).set();
        Ok(())
    }

    /// Waits until containerd answers.
    async fn containerd(&self, output: &Path) -> Result<Runtime> {
        let begun = Instant::now();
        loop {
            let error = match Runtime::connect(&self.layout.containerd_socket()).await {
                Ok(mut runtime) => match runtime.version().await {
                    Ok(()) => return Ok(runtime),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if begun.elapsed() > PATIENCE {
                let said = log::last_words(output).unwrap_or_else(|| format!("{error:#}"));
                let cause = Cause {
                    cause: format!("containerd does not answer yet: {said}"),
                    remedy: Some(format!("see {}", output.display())),
                };
                self.board.stuck(Stage::Containerd, cause);
            }
            tokio::time::sleep(SOON).await;
        }
    }
}
