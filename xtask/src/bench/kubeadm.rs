//! B: containerd, then the archives one after the other, then `kubeadm init`, as an administrator does it.

use anyhow::{Context, Result};
use bowline_tests::machine::Machine;

use super::addons::Addons;
use super::administrator::{self, CONTAINERD_SOCKET, FUNCTIONS, KUBEADM_CONFIG, KUBECONFIG};
use super::cluster::{self, NODES};
use super::figures::{Run, Subject, millis};
use super::kit::Kit;
use super::script::Script;
use super::watch::Watch;
use crate::bill::Bill;

const ADDONS: &str = "/opt/bench/addons.yaml";

/// One cold start.
pub(crate) fn run(kit: &Kit, bill: &Bill) -> Result<Run> {
    let machine = administrator::prepare(Subject::Kubeadm, kit, bill)?;
    let addons = Addons::render(&kit.charts, machine.address())?;
    administrator::write(&machine, ADDONS, &addons.manifest)?;

    let script = Script::begin(&machine, &start())?;
    let alive = || script.check();
    let mut watch = Watch::begin(machine.path(KUBECONFIG), machine.address(), &alive);
    let api_server = watch.api_server()?;
    let apply = apply(&machine)?;
    let node = watch.until("the node", |api| Ok(cluster::node_is_ready(&api.get(NODES)?)))?;
    let ready = watch.until("the add-ons", |api| addons.are_ready(api));
    let addons = ready.with_context(|| {
        apply
            .check()
            .err()
            .map(|error| format!("{error:#}"))
            .unwrap_or_default()
    })?;
    Ok(Run {
        api_server_ms: millis(api_server),
        node_ms: millis(node),
        addons_ms: Some(millis(addons)),
        stages: script.stages(node),
        ..Run::of(Subject::Kubeadm)
    })
}

fn start() -> String {
    format!(
        "set -e
{FUNCTIONS}
echo '[containerd]'
start_containerd
until [ -S {CONTAINERD_SOCKET} ]; do sleep 0.02; done
for archive in /opt/bench/images/*.tar.zst; do
  echo \"[import] $archive\"
  ctr --address {CONTAINERD_SOCKET} --namespace k8s.io images import \"$archive\" >&2
done
start_kubelet
kubeadm init --config {KUBEADM_CONFIG} --skip-phases preflight,addon
echo '[finished]'
"
    )
}

/// Applies the add-ons; the API server may be ready a moment before its namespaces are there.
fn apply(machine: &Machine) -> Result<Script> {
    let apply = format!("kubectl --kubeconfig {KUBECONFIG} apply --server-side -f {ADDONS} >&2");
    Script::begin(machine, &format!("until {apply}; do sleep 0.1; done"))
}
