//! Kernel modules that pods need: loaded when they are not there, as far as the machine lets us.
//!
//! A kernel may have them built in, a container may load none: what is missing then is named by `bowline check`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use tracing::debug;

/// Each module, and what is there when the kernel has it.
const MODULES: [(&str, &str); 3] = [
    ("overlay", "/sys/module/overlay"),
    ("br_netfilter", "/proc/sys/net/bridge"),
    ("vxlan", "/sys/module/vxlan"),
];
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Loading takes milliseconds; a start does not hang on it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Loads what is missing. That it cannot is no failure: the kernel may do without.
pub(super) async fn load() {
    let missing = missing(|sign| Path::new(sign).exists());
    if missing.is_empty() {
        return;
    }
    let loading = Command::new("modprobe")
        .args(["-q", "-a"])
        .args(&missing)
        .env("PATH", PATH)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let outcome = timeout(PATIENCE, loading).await;
    debug!(modules = missing.join(" "), ?outcome, "modprobe");
}

fn missing(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let missing = MODULES.into_iter().filter(|(_, sign)| !is_there(sign));
    missing.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::check;

    #[test]
    fn only_what_is_missing_is_loaded() {
        assert_eq!(missing(|_| true), [""; 0]);
        assert_eq!(missing(|sign| sign.starts_with("/proc")), ["overlay", "vxlan"]);
    }

    #[test]
    fn what_could_not_be_loaded_is_named_by_a_check() {
        for (name, _) in MODULES {
            assert!(check::knows_module(name), "{name}");
        }
    }
}
