//! C, the floor: the programs of a node and its control plane, started bare and all at once. Certificates and
//! configuration files are kubeadm's and made before the clock runs, and each program has the arguments that
//! kubeadm's static pod gives it.

use anyhow::{Context, Result};
use bowline_tests::machine::Machine;
use serde_json::Value;

use super::administrator::{self, FUNCTIONS, KUBEADM_CONFIG, KUBECONFIG};
use super::cluster::{self, NODES};
use super::figures::{Run, Subject, millis};
use super::kit::{HOME, Kit};
use super::script::Script;
use super::watch::Watch;
use crate::bill::Bill;

const MANIFESTS: &str = "/etc/kubernetes/manifests";
const PODS: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// One cold start.
pub(crate) fn run(kit: &Kit, bill: &Bill) -> Result<Run> {
    let machine = administrator::prepare(Subject::Bare, kit, bill)?;
    for phase in [
        "certs all",
        "kubeconfig all",
        "control-plane all",
        "etcd local",
        "kubelet-start",
    ] {
        machine.shell(&format!(
            "{HOME}/bin/kubeadm init phase {phase} --config {KUBEADM_CONFIG}"
        ))?;
    }
    let start = start(&take_commands(&machine)?);

    let script = Script::begin(&machine, &start)?;
    let alive = || script.check();
    let mut watch = Watch::begin(machine.path(KUBECONFIG), machine.address(), &alive);
    let api_server = watch.api_server()?;
    let node = watch.until("the node", |api| Ok(cluster::node_is_ready(&api.get(NODES)?)))?;
    Ok(Run {
        api_server_ms: millis(api_server),
        node_ms: millis(node),
        stages: script.stages(node),
        ..Run::of(Subject::Bare)
    })
}

/// What the static pods would run; the kubelet is not to find them.
fn take_commands(machine: &Machine) -> Result<Vec<Vec<String>>> {
    PODS.iter()
        .map(|pod| {
            let file = machine.path(format!("{MANIFESTS}/{pod}.yaml"));
            let text = fs_err::read_to_string(&file)?;
            fs_err::remove_file(&file)?;
            command(&text).with_context(|| format!("read the command of {pod}"))
        })
        .collect()
}

fn command(pod: &str) -> Result<Vec<String>> {
    let pod: Value = serde_saphyr::from_str(pod)?;
    let command = pod
        .pointer("/spec/containers/0/command")
        .context("the pod has no command")?;
    Ok(serde_json::from_value(command.clone())?)
}

/// Some end when another is not there yet, and are started again at once.
fn start(commands: &[Vec<String>]) -> String {
    let keep = "keep() { (while :; do \"$@\" >>\"/var/log/$1.log\" 2>&1; sleep 0.1; done) & }";
    let lines: Vec<_> = commands
        .iter()
        .map(|command| format!("keep {}", quoted(command)))
        .collect();
    format!(
        "{FUNCTIONS}\n{keep}\necho '[start]'\nstart_containerd\nstart_kubelet\n{}\nwait\n",
        lines.join("\n")
    )
}

fn quoted(words: &[String]) -> String {
    let quoted = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pods_command_is_kept_alive_bare() {
        let pod = "spec: {containers: [{command: [etcd, \"--name=it's\"]}]}";
        let script = start(&[command(pod).unwrap()]);
        assert!(script.contains("\nkeep 'etcd' '--name=it'\\''s'\n"), "{script}");
    }
}
