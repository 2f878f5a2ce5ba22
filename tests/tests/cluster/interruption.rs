//! Promise: a start can be stopped or lose its power in any stage, and the next start is Ready with nothing lost.

use anyhow::{Context, Result, ensure};
use bowline_tests::node::Node;
use bowline_tests::node::status::{Report, State};
use nix::sys::signal::Signal;

use crate::Outcome;
use crate::shared::{self, START, WHILE};

/// The stages in which a first start can be met, in order.
const STAGES: [&str; 10] = [
    "content",
    "containerd",
    "images",
    "kubelet",
    "etcd",
    "api-server",
    "controller-manager",
    "scheduler",
    "operator",
    "addons",
];

pub(crate) fn sigterm_in_each_stage_ends_a_start_cleanly() -> Outcome {
    for stage in STAGES {
        sigterm_in(stage)
            .with_context(|| format!("SIGTERM in stage {stage}"))
            .map_err(|error| format!("{error:#}"))?;
    }
    Ok(())
}

fn sigterm_in(stage: &str) -> Result<()> {
    let mut node = shared::installed(&format!("sigterm-{stage}"))?;
    reach(&mut node, stage)?;
    let status = node.end(Signal::SIGTERM, WHILE)?;
    ensure!(status.success(), "bowline ended with {status}\n{}", node.state());
    for process in ["containerd", "kubelet"] {
        let left: Vec<_> = node
            .machine
            .processes(process)?
            .into_iter()
            .filter(|pid| !is_shim(*pid))
            .collect();
        ensure!(left.is_empty(), "{process} was left running: {left:?}");
    }
    node.start()?;
    node.wait_ready(START)
}

pub(crate) fn a_power_cut_in_each_stage_loses_nothing() -> Outcome {
    for stage in STAGES {
        power_cut_in(stage)
            .with_context(|| format!("a power cut in stage {stage}"))
            .map_err(|error| format!("{error:#}"))?;
    }
    Ok(())
}

fn power_cut_in(stage: &str) -> Result<()> {
    let mut node = shared::installed(&format!("power-{stage}"))?;
    reach(&mut node, stage)?;
    // What the API server has confirmed must be there afterwards.
    let confirmed = node.kubectl(&["create", "configmap", "witness"]).is_ok();
    node.server = None;
    node.machine.power_cut()?;
    node.machine.start()?;
    node.start()?;
    node.wait_ready(START)?;
    if confirmed {
        node.kubectl(&["get", "configmap", "witness"])?;
    }
    Ok(())
}

/// Starts the node and waits until the stage is under way.
fn reach(node: &mut Node, stage: &str) -> Result<()> {
    node.start()?;
    node.wait_for(&format!("stage {stage}"), START, |node| {
        // The file itself: a program that asks would be too slow for short stages.
        let report = fs_err::read(node.machine.path("/run/bowline/status.json"))?;
        let report: Report = serde_json::from_slice(&report)?;
        Ok(report
            .stage(stage)
            .filter(|stage| stage.state != State::Waiting)
            .map(drop))
    })
}

fn is_shim(pid: nix::unistd::Pid) -> bool {
    fs_err::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("containerd-shim"))
}
