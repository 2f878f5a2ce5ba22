//! The ledger of what bowline's programs change on the machine outside their own directories: sysctls.
//!
//! [`open`] is called at each start, before any child: the first start notes the values it finds, later ones keep
//! them. A sysctl that a node config sets is noted with [`Ledger::note`] before it is changed. Uninstall gives every
//! noted sysctl its value back with [`Ledger::restorations`].

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What the kubelet, kube-proxy, flannel and the CNI plugins set, and the value that they give.
const SET_BY_KUBERNETES: [(&str, &str); 11] = [
    ("kernel/keys/root_maxbytes", "25000000"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("net/bridge/bridge-nf-call-ip6tables", "1"),
    ("net/bridge/bridge-nf-call-iptables", "1"),
    ("net/ipv4/conf/all/route_localnet", "1"),
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv6/conf/all/forwarding", "1"),
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
];

/// What a sysctl was before bowline came, by name: `net/ipv4/ip_forward`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    sysctls: BTreeMap<String, Noted>,
}

/// One sysctl's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    before: String,
    /// The value it has from us; any other value is somebody else's and stays.
    ours: String,
}

/// A sysctl that gets its value back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Restoration {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Ledger {
    /// Notes that the sysctl `name`, now `before`, will be `ours`. The first note about `before` stands.
    pub(crate) fn note(&mut self, name: &str, before: &str, ours: &str) {
        self.sysctls
            .entry(name.to_owned())
            .and_modify(|noted| ours.clone_into(&mut noted.ours))
            .or_insert_with(|| Noted {
                before: before.to_owned(),
                ours: ours.to_owned(),
            });
    }

    /// What must be written so that each noted sysctl is as it was; `current` reads one.
    ///
    /// A sysctl whose value is not the one from us was changed by somebody since: it is left alone.
    pub(crate) fn restorations(&self, current: impl Fn(&str) -> Option<String>) -> Vec<Restoration> {
        self.sysctls
            .iter()
            .filter(|(name, noted)| {
                !is_same(&noted.before, &noted.ours)
                    && current(name).is_some_and(|value| is_same(&value, &noted.ours))
            })
            .map(|(name, noted)| Restoration {
                name: name.clone(),
                value: noted.before.clone(),
            })
            .collect()
    }

    /// Reads the ledger; none yet is an empty one.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match fs_err::read(path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the ledger by temp file and rename.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).context("serialize the ledger")?;
        let unfinished = path.with_extension("json.tmp");
        fs_err::write(&unfinished, text)?;
        fs_err::rename(&unfinished, path)?;
        Ok(())
    }
}

/// The ledger of this node. Sysctls that Kubernetes will set and that are not noted yet are noted and written down.
pub(crate) fn open(path: &Path) -> Result<Ledger> {
    let mut ledger = Ledger::read(path)?;
    let known = ledger.clone();
    for (name, ours) in SET_BY_KUBERNETES {
        if let (false, Some(before)) = (ledger.sysctls.contains_key(name), sysctl(name)) {
            ledger.note(name, &before, ours);
        }
    }
    if ledger != known {
        ledger.write(path)?;
    }
    Ok(ledger)
}

/// Whether two values mean the same to the kernel, which separates numbers by tabs where people write spaces.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// The value of a sysctl now; none when this kernel does not have it.
pub(crate) fn sysctl(name: &str) -> Option<String> {
    let value = fs_err::read_to_string(Path::new("/proc/sys").join(name)).ok()?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sysctl_gets_back_the_value_of_the_first_note() {
        let mut ledger = Ledger::default();
        ledger.note("vm/overcommit_memory", "0", "1");
        ledger.note("vm/overcommit_memory", "1", "2");
        let restorations = ledger.restorations(|_| Some("2".to_owned()));
        assert_eq!(
            restorations,
            [Restoration {
                name: "vm/overcommit_memory".to_owned(),
                value: "0".to_owned()
            }]
        );
    }

    #[test]
    fn a_value_that_the_kernel_spells_with_tabs_is_still_ours() {
        let mut ledger = Ledger::default();
        ledger.note("net/ipv4/ip_local_port_range", "32768\t60999", "33000 60000");
        let restorations = ledger.restorations(|_| Some("33000\t60000".to_owned()));
        assert_eq!(restorations.len(), 1);
    }

    #[test]
    fn a_sysctl_that_somebody_else_changed_since_is_left_alone() {
        let mut ledger = Ledger::default();
        ledger.note("kernel/panic", "0", "10");
        assert_eq!(ledger.restorations(|_| Some("30".to_owned())), []);
        assert_eq!(ledger.restorations(|_| None), []);
    }

    #[test]
    fn a_sysctl_that_already_had_our_value_needs_nothing() {
        let mut ledger = Ledger::default();
        ledger.note("net/ipv4/ip_forward", "1", "1");
        assert_eq!(ledger.restorations(|_| Some("1".to_owned())), []);
    }

    #[test]
    fn a_second_start_keeps_what_the_first_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.json");
        let mut first = open(&path).unwrap();
        first.note("vm/overcommit_memory", "7", "1");
        first.sysctls.get_mut("vm/overcommit_memory").unwrap().before = "7".to_owned();
        first.write(&path).unwrap();
        assert_eq!(open(&path).unwrap(), first);
    }

    #[test]
    fn a_missing_ledger_is_empty_and_a_broken_one_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.json");
        assert_eq!(Ledger::read(&path).unwrap(), Ledger::default());
        fs_err::write(&path, "{").unwrap();
        let error = Ledger::read(&path).unwrap_err();
        assert!(error.to_string().contains("ledger.json"), "{error}");
    }
}
