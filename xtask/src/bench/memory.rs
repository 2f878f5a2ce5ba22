//! What Bowline's two programs hold in memory, as the kernel counts it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use bowline_tests::machine::Machine;

use super::figures::Memory;

/// Reads the memory of the node program and of the operator on `machine`.
pub(crate) fn at_rest(machine: &Machine) -> Result<BTreeMap<String, Memory>> {
    let mut found = BTreeMap::new();
    for process in machine.processes("bowline")? {
        let read = |file: &str| fs_err::read_to_string(format!("/proc/{process}/{file}"));
        let command_line = read("cmdline")?;
        let program = command_line.split('\0').next().unwrap_or_default();
        let name = program.rsplit('/').next().unwrap_or_default().to_owned();
        let memory = Memory {
            resident: bytes(&read("status")?, "VmRSS").context("read resident memory")?,
            proportional: bytes(&read("smaps_rollup")?, "Pss").context("read proportional memory")?,
        };
        found.insert(name, memory);
    }
    Ok(found)
}

/// A line such as `VmRSS:    1234 kB`.
fn bytes(text: &str, key: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_by_its_whole_key() {
        let text = "Pss_Dirty:  9 kB\nPss:         1234 kB\n";
        assert_eq!(bytes(text, "Pss"), Some(1234 * 1024));
        assert_eq!(bytes(text, "VmRSS"), None);
    }
}
