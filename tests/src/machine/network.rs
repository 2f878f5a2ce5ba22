//! The network of machines: one bridge on the host, one link from it to each machine, nothing beyond.
//!
//! The bridge's address is every machine's default route, because the kubelet and the pod network look for one; the
//! host forwards nothing for them, so no packet of theirs leaves this host.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::claim::HostLock;

const BRIDGE: &str = "bwl0";
const PREFIX: u8 = 24;

/// The address of machine `number`; 1 is the bridge.
pub(super) fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 231, 0, number)
}

/// Links the machine whose first process is `init` with the bridge.
pub(super) fn connect(number: u8, init: i32) -> Result<()> {
    let lock = HostLock::acquire()?;
    if !link_exists(BRIDGE) {
        let host = address(1);
        ip(
            &[],
            &format!(
                "link add {BRIDGE} type bridge\n\
                 addr add {host}/{PREFIX} dev {BRIDGE}\n\
                 link set {BRIDGE} up\n"
            ),
        )?;
    }
    let link = host_link(number);
    remove_link(&link)?;
    ip(
        &[],
        &format!(
            "link add {link} type veth peer name eth0 netns {init}\n\
             link set {link} master {BRIDGE} up\n"
        ),
    )?;
    drop(lock);
    let (own, gateway, target) = (address(number), address(1), init.to_string());
    ip(
        &["nsenter", "--net", "--target", &target],
        &format!(
            "link set lo up\n\
             addr add {own}/{PREFIX} dev eth0\n\
             link set eth0 up\n\
             route add default via {gateway}\n"
        ),
    )
}

/// Removes the machine's link, and the bridge after the last one.
pub(super) fn disconnect(number: u8) -> Result<()> {
    let _lock = HostLock::acquire()?;
    remove_link(&host_link(number))?;
    let ports = Path::new("/sys/class/net").join(BRIDGE).join("brif");
    if ports.exists() && fs_err::read_dir(ports)?.next().is_none() {
        remove_link(BRIDGE)?;
    }
    Ok(())
}

fn host_link(number: u8) -> String {
    format!("bwl-{number}")
}

fn link_exists(name: &str) -> bool {
    Path::new("/sys/class/net").join(name).exists()
}

fn remove_link(name: &str) -> Result<()> {
    if !link_exists(name) {
        return Ok(());
    }
    let removed = ip(&[], &format!("link del {name}\n"));
    // The kernel removes a dead machine's link too, and may have been faster.
    if link_exists(name) { removed } else { Ok(()) }
}

/// Has ip(8) carry out `script`, through the program `within` when there is one.
pub(super) fn ip(within: &[&str], script: &str) -> Result<()> {
    let words: Vec<_> = within.iter().copied().chain(["ip", "-batch", "-"]).collect();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {} (install iproute2 and util-linux)", words[0]))?;
    if let Some(mut stdin) = child.stdin.take() {
        std::io::Write::write_all(&mut stdin, script.as_bytes()).context("tell ip what to do")?;
    }
    let output = child.wait_with_output().context("wait for ip")?;
    ensure!(
        output.status.success(),
        "ip failed at {:?}: {}",
        script,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
