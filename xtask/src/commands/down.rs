//! `cargo xtask down`: takes away what `up` made, and what tests may have left.

use anyhow::Result;
use bowline_tests::machine::Machine;

use crate::cluster::{host, light};

pub(crate) fn run() -> Result<()> {
    let mut found = false;
    if let Some(machine) = light::open()? {
        machine.remove()?;
        println!("The machine of the cluster is gone.");
        found = true;
    }
    if host::is_installed() {
        host::take_down()?;
        println!("This machine is no longer a node.");
        found = true;
    }
    Machine::remove_stale()?;
    if !found {
        println!("There is no cluster here.");
    }
    Ok(())
}
