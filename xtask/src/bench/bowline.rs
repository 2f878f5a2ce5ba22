//! A: `bowline server` with the bundle's archives. Its stages come from its own board; then it is started again twice,
//! after SIGTERM and after a power cut, and what it holds in memory is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::{Machine, Process, Spec};
use bowline_tests::node::Node;
use bowline_tests::node::status::{Report, State};
use nix::sys::signal::Signal;

use super::addons::Addons;
use super::api::Client;
use super::cluster::{self, NODES, PODS};
use super::figures::{Restart, Run, Stage, Subject, millis};
use super::kit::Kit;
use super::memory;
use super::watch::Watch;

const KUBECONFIG: &str = "/etc/bowline/bowline.yaml";
const BOARD: &str = "/run/bowline/status.json";
const BOARD_POLL: Duration = Duration::from_millis(10);
/// How long a node is left alone before its memory is read.
const REST: Duration = Duration::from_mins(1);
const END: Duration = Duration::from_mins(1);

/// One cold start and two warm ones; at rest between them if `with_memory`.
pub(crate) fn run(kit: &Kit, distribution: &Distribution, with_memory: bool) -> Result<Run> {
    let mut machine = Machine::create(Spec::new(Subject::Bowline.machine()))?;
    machine.start()?;
    let mut node = Node::install(machine, distribution)?;
    let addons = Addons::render(&kit.charts, node.machine.address())?;
    let mut run = cold(&mut node, &addons)?;
    if with_memory {
        std::thread::sleep(REST);
        run.memory = memory::at_rest(&node.machine)?;
    }
    run.restart = Some(again(&mut node, |node| node.end(Signal::SIGTERM, END).map(drop))?);
    run.power_cut = Some(again(&mut node, |node| {
        node.server = None;
        node.machine.power_cut()?;
        node.machine.start()
    })?);
    Ok(run)
}

fn cold(node: &mut Node, addons: &Addons) -> Result<Run> {
    node.start()?;
    let (board, over) = (node.machine.path(BOARD), AtomicBool::new(false));
    let node = &*node;
    std::thread::scope(|scope| {
        let seen = scope.spawn(|| follow(&board, &over));
        let measured = measure(node, addons);
        over.store(true, Ordering::Relaxed);
        let seen = seen.join().unwrap_or_default();
        let run = measured?;
        let end_ms = run.addons_ms.unwrap_or(run.node_ms);
        Ok(Run {
            stages: stages(seen, end_ms),
            ..run
        })
    })
}

fn measure(node: &Node, addons: &Addons) -> Result<Run> {
    let alive = || alive(node);
    let mut watch = Watch::begin(node.machine.path(KUBECONFIG), node.machine.address(), &alive);
    let api_server = watch.api_server()?;
    let ready = watch.until("the node", |api| Ok(cluster::node_is_ready(&api.get(NODES)?)))?;
    let addons = watch.until("the add-ons", |api| addons.are_ready(api))?;
    Ok(Run {
        api_server_ms: millis(api_server),
        node_ms: millis(ready),
        addons_ms: Some(millis(addons)),
        ..Run::of(Subject::Bowline)
    })
}

/// Ends the server by `end` and times the next start, which is over when the kubelet has reported itself anew.
fn again(node: &mut Node, end: impl FnOnce(&mut Node) -> Result<()>) -> Result<Restart> {
    let client = client(node)?;
    let pods = cluster::containers(&client.get(PODS)?);
    let before = cluster::heartbeat(&client.get(NODES)?);
    end(node)?;
    // After SIGTERM the API server still answers, and the kubelet may have reported once more.
    let before = client
        .get(NODES)
        .map_or(before, |nodes| cluster::heartbeat(&nodes));
    node.start()?;
    let node = &*node;
    let alive = || alive(node);
    let mut watch = Watch::begin(node.machine.path(KUBECONFIG), node.machine.address(), &alive);
    let ready = watch.until("the node", |api| {
        let nodes = api.get(NODES)?;
        Ok(cluster::node_is_ready(&nodes) && cluster::heartbeat(&nodes) != before)
    })?;
    Ok(Restart {
        node_ms: millis(ready),
        pods: pods.len(),
        survivors: cluster::survivors(&pods, &control_groups(&node.machine)?),
    })
}

/// The control groups of all processes on the machine. The API would still tell what was before a power cut.
fn control_groups(machine: &Machine) -> Result<String> {
    let read = |process| fs_err::read_to_string(format!("/proc/{process}/cgroup"));
    // Processes come and go meanwhile.
    let groups = machine
        .processes("")?
        .into_iter()
        .filter_map(|process| read(process).ok());
    Ok(groups.collect())
}

fn client(node: &Node) -> Result<Client> {
    Client::new(&node.machine.path(KUBECONFIG), node.machine.address())
}

fn alive(node: &Node) -> Result<()> {
    match node.server.as_ref().map(Process::ended).transpose()?.flatten() {
        Some(status) => bail!("bowline ended with {status}\n{}", node.state()),
        None => Ok(()),
    }
}

/// Notes when each stage begins and ends, until the start is over.
fn follow(board: &Path, over: &AtomicBool) -> BTreeMap<String, Seen> {
    let mut seen = BTreeMap::new();
    while !over.load(Ordering::Relaxed) {
        // It is replaced now and then, and not there at first.
        let report = fs_err::read(board)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(report) = report {
            note(&mut seen, &report);
        }
        std::thread::sleep(BOARD_POLL);
    }
    seen
}

/// When a stage was first under way, and when it was done.
#[derive(Debug, Default)]
struct Seen {
    order: usize,
    begin_ms: Option<u64>,
    end_ms: Option<u64>,
}

fn note(seen: &mut BTreeMap<String, Seen>, report: &Report) {
    for (order, stage) in report.stages.iter().enumerate() {
        let entry = seen.entry(stage.stage.clone()).or_default();
        entry.order = order;
        match stage.state {
            State::Waiting => {}
            State::Running | State::Failed => {
                entry.begin_ms.get_or_insert(stage.at_ms);
            }
            State::Done => {
                entry.end_ms.get_or_insert(stage.at_ms);
            }
        }
    }
}

/// The stages that were begun, in the board's order; what is still under way lasts until `end_ms`.
fn stages(seen: BTreeMap<String, Seen>, end_ms: u64) -> Vec<Stage> {
    let mut seen: Vec<_> = seen.into_iter().collect();
    seen.sort_by_key(|(_, seen)| seen.order);
    seen.into_iter()
        .filter_map(|(name, seen)| {
            // One that was never seen under way was quicker than we looked.
            let begin_ms = seen.begin_ms.or(seen.end_ms)?;
            let end_ms = seen.end_ms.unwrap_or(end_ms);
            Some(Stage {
                name,
                begin_ms,
                end_ms,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stages_are_put_together_from_what_the_board_said_meanwhile() {
        let board = |etcd: &str, at_ms: u64| -> Report {
            let stage = |stage: &str, state: &str, at_ms: u64| json!({"stage": stage, "state": state, "at_ms": at_ms});
            let stages = [
                stage("kubelet", "done", 50),
                stage("etcd", etcd, at_ms),
                stage("addons", "running", 40),
            ];
            serde_json::from_value(json!({
                "pid": 1, "version": "v1", "role": "server", "node": "n", "stages": stages,
            }))
            .unwrap()
        };
        let mut seen = BTreeMap::new();
        for report in [
            board("waiting", 0),
            board("running", 60),
            board("running", 70),
            board("done", 90),
        ] {
            note(&mut seen, &report);
        }
        let stage = |name: &str, begin_ms, end_ms| Stage {
            name: name.into(),
            begin_ms,
            end_ms,
        };
        assert_eq!(
            stages(seen, 100),
            [
                stage("kubelet", 50, 50),
                stage("etcd", 60, 90),
                stage("addons", 40, 100)
            ]
        );
    }
}
