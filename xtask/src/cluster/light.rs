//! The light machine called `bowline`, which outlives the command that makes it.

use anyhow::Result;
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::{Machine, Spec};
use bowline_tests::node::Node;

const NAME: &str = "bowline";
/// In the machine's folder: the fingerprint of the artifacts that run there.
const INSTALLED: &str = "installed";

/// The machine, if there is one.
pub(crate) fn open() -> Result<Option<Machine>> {
    Machine::open(NAME)
}

/// Makes the machine run these very artifacts, and leaves alone what does so already.
pub(crate) fn bring_up(distribution: &Distribution) -> Result<Machine> {
    let mut machine = match open()? {
        Some(machine) => machine,
        None => create()?,
    };
    if !machine.is_running() {
        machine.start()?;
    }
    let installed = machine.folder().join(INSTALLED);
    let fingerprint = distribution.fingerprint()?;
    let current = fs_err::read_to_string(&installed).is_ok_and(|known| known == fingerprint);
    let node = if current {
        Node::found_on(machine)
    } else {
        let node = Node::found_on(machine);
        if node.runs_detached() {
            node.stop_detached()?;
        }
        let node = Node::install(node.machine, distribution)?;
        fs_err::write(installed, fingerprint)?;
        node
    };
    if !node.runs_detached() {
        node.start_detached()?;
    }
    Ok(node.machine)
}

fn create() -> Result<Machine> {
    let mut spec = Spec::new(NAME);
    spec.stays = true;
    Machine::create(spec)
}
