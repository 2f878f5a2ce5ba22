//! Promise: a start can be stopped or lose its power in any stage, and the next start is Ready with nothing lost.

use anyhow::{Context, Result, ensure};
use bowline_tests::node::Node;
use bowline_tests::node::status::{Report, State};
use nix::sys::signal::Signal;

use crate::Outcome;
use crate::shared::{self, START, WHILE};

/// The stages in which a first start can be met, in order.
const STAGES: [&str; 12] = [
    "content",
    "certificates",
    "containerd",
    "images",
    "kubelet",
    "etcd",
    "api-server",
    "controller-manager",
    "scheduler",
    "node",
    "operator",
    "addons",
];

/// How a start is interrupted: it gets this far, and no further.
type Interrupt = fn(&mut Node) -> Result<()>;

/// One start after the other, each ended one stage later than the one before; the last one is left to become Ready.
pub(crate) fn starts_stopped_in_stage_after_stage_end_in_a_ready_node() -> Outcome {
    told(stage_after_stage("sigterm", stop))
}

/// The same without power.
pub(crate) fn starts_without_power_in_stage_after_stage_end_in_a_ready_node() -> Outcome {
    told(stage_after_stage("power", cut))
}

fn stage_after_stage(name: &str, interrupt: Interrupt) -> Result<()> {
    let mut node = shared::installed(name)?;
    let mut confirmed = Vec::new();
    for stage in STAGES {
        let interrupted = reach(&mut node, stage).and_then(|()| {
            confirmed.extend(witness(&node, stage));
            interrupt(&mut node)
        });
        interrupted.with_context(|| format!("in stage {stage}"))?;
    }
    node.start()?;
    node.wait_ready(START)?;
    for name in confirmed {
        node.kubectl(&["get", "configmap", &name])?;
    }
    Ok(())
}

/// A new node for each stage, whose very first start is interrupted there, and the second one is not.
pub(crate) fn sigterm_in_each_stage_of_a_first_start_ends_it_cleanly() -> Outcome {
    told(each_stage("sigterm", stop))
}

/// The same without power.
pub(crate) fn a_power_cut_in_each_stage_of_a_first_start_loses_nothing() -> Outcome {
    told(each_stage("power", cut))
}

fn each_stage(name: &str, interrupt: Interrupt) -> Result<()> {
    for stage in STAGES {
        first_start(&format!("{name}-{stage}"), stage, interrupt)
            .with_context(|| format!("in stage {stage}"))?;
    }
    Ok(())
}

fn first_start(name: &str, stage: &str, interrupt: Interrupt) -> Result<()> {
    let mut node = shared::installed(name)?;
    reach(&mut node, stage)?;
    let confirmed = witness(&node, stage);
    interrupt(&mut node)?;
    node.start()?;
    node.wait_ready(START)?;
    if let Some(name) = confirmed {
        node.kubectl(&["get", "configmap", &name])?;
    }
    Ok(())
}

/// With all its causes.
fn told(result: Result<()>) -> Outcome {
    Ok(result.map_err(|error| format!("{error:#}"))?)
}

/// Something that must be there afterwards, if the API server has confirmed it.
fn witness(node: &Node, stage: &str) -> Option<String> {
    let name = format!("witness-{stage}");
    let made = node.kubectl(&["create", "configmap", &name, "--request-timeout=5s"]);
    made.is_ok().then_some(name)
}

fn stop(node: &mut Node) -> Result<()> {
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
    Ok(())
}

fn cut(node: &mut Node) -> Result<()> {
    node.server = None;
    node.machine.power_cut()?;
    node.machine.start()
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
