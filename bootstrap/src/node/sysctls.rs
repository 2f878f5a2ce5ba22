//! Kernel parameters that the cluster asks for: written after the ledger has noted what they were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use tracing::info;

use crate::layout::Layout;
use crate::ledger::{self, Ledger};

/// Kernel parameters by their dotted name.
pub(crate) type Sysctls = BTreeMap<String, IntOrString>;

/// Makes the parameters so, and gives those that are no longer asked for their former value.
pub(crate) fn apply(layout: &Layout, before: &Sysctls, wanted: &Sysctls) -> Result<()> {
    let mut ledger = Ledger::read(&layout.ledger())?;
    for (name, value) in wanted {
        let path = path(name)?;
        let value = text(value);
        let found = ledger::sysctl(&path).with_context(|| format!("this kernel has no sysctl {name}"))?;
        if ledger::is_same(&found, &value) {
            continue;
        }
        ledger.note(&path, &found, &value);
        ledger.write(&layout.ledger())?;
        write(&path, &value).with_context(|| format!("set sysctl {name} to {value}"))?;
        info!(name, value, "sysctl set");
    }
    give_back(&ledger, before, wanted)
}

/// A parameter that somebody else has changed since is left alone.
fn give_back(ledger: &Ledger, before: &Sysctls, wanted: &Sysctls) -> Result<()> {
    let dropped: Vec<String> = before
        .keys()
        .filter(|name| !wanted.contains_key(*name))
        .filter_map(|name| path(name).ok())
        .collect();
    for restoration in ledger.restorations(ledger::sysctl) {
        if dropped.contains(&restoration.name) {
            write(&restoration.name, &restoration.value)
                .with_context(|| format!("give sysctl {} its value back", restoration.name))?;
            info!(
                name = restoration.name,
                value = restoration.value,
                "sysctl given back"
            );
        }
    }
    Ok(())
}

/// The path below `/proc/sys` of a dotted name. As with sysctl(8), a name whose first separator is a slash keeps its
/// dots, and in a dotted name a slash stands for a dot: `net.ipv4.conf.eth0/1.rp_filter`.
fn path(name: &str) -> Result<String> {
    let is_dotted = name
        .find(['.', '/'])
        .is_some_and(|place| name[place..].starts_with('.'));
    let path: String = if is_dotted {
        name.chars()
            .map(|letter| match letter {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect()
    } else {
        name.to_owned()
    };
    let is_sound = path.contains('/')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    ensure!(
        is_sound,
        "{name:?} is no sysctl's name: write it as in net.core.somaxconn"
    );
    Ok(path)
}

fn text(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.trim().to_owned(),
    }
}

fn write(path: &str, value: &str) -> std::io::Result<()> {
    let file: PathBuf = Path::new("/proc/sys").join(path);
    fs_err::write(file, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_files() {
        assert_eq!(path("net.core.somaxconn").unwrap(), "net/core/somaxconn");
        assert_eq!(path("net/core/somaxconn").unwrap(), "net/core/somaxconn");
        assert_eq!(
            path("net.ipv4.conf.eth0/1.rp_filter").unwrap(),
            "net/ipv4/conf/eth0.1/rp_filter"
        );
    }

    #[test]
    fn a_name_that_climbs_out_is_refused() {
        for name in [
            "",
            "somaxconn",
            "../../etc/passwd",
            "net//x",
            "/etc/passwd",
            "net.core.",
            "a/../b",
            "./.",
        ] {
            assert!(path(name).is_err(), "{name:?} gives {:?}", path(name));
        }
    }

    #[test]
    fn a_sysctl_that_the_kernel_does_not_have_is_named() {
        let data = tempfile::tempdir().unwrap();
        let wanted = Sysctls::from([("net.core.nonsense".to_owned(), IntOrString::Int(1))]);
        let error = apply(&Layout::new(data.path()), &Sysctls::new(), &wanted).unwrap_err();
        assert_eq!(error.to_string(), "this kernel has no sysctl net.core.nonsense");
    }

    #[test]
    fn a_value_that_holds_already_is_not_written() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        let current = ledger::sysctl("kernel/ostype").unwrap();
        let wanted = Sysctls::from([("kernel.ostype".to_owned(), IntOrString::String(current))]);
        apply(&layout, &Sysctls::new(), &wanted).unwrap();
        assert!(!layout.ledger().exists());
    }
}
