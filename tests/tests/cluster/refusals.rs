//! Promise: what cannot work ends in one clear message that names the cause.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bowline_tests::machine::Spec;
use bowline_tests::node::Node;
use nix::sys::signal::Signal;

use crate::Outcome;
use crate::shared::{self, START};

pub(crate) fn a_wrong_config_key_is_named_with_its_place() -> Outcome {
    let mut node = shared::installed("wrong-key")?;
    node.configure("node-label:\n  - a=b\ncluster-cidrr: 10.42.0.0/16\n")?;
    let said = ends_in_error(&mut node)?;
    for part in ["cluster-cidrr", "config.yaml", "cluster-cidr", "3"] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    Ok(())
}

pub(crate) fn a_port_in_use_is_named() -> Outcome {
    let mut node = shared::installed("port-in-use")?;
    let mut listener = node.machine.command("busybox")?;
    listener.args(["nc", "-ll", "-p", "6443", "-e", "true"]);
    let _listener = node
        .machine
        .spawn(listener, &node.machine.folder().join("nc.log"))?;
    node.wait_for("the listener", Duration::from_secs(20), |node| {
        node.machine
            .shell("busybox nc -w 1 127.0.0.1 6443 </dev/null")
            .map(Some)
    })?;
    let said = ends_in_error(&mut node)?;
    assert!(said.contains("6443") && said.contains("in use"), "{said}");
    Ok(())
}

pub(crate) fn a_second_bowline_on_the_same_data_dir_is_refused() -> Outcome {
    let node = shared::node()?;
    let pid = node.status()?.pid.to_string();
    let second = node.machine.run("/usr/local/bin/bowline", &["server"]);
    let said = second.expect_err("a second one must not run").to_string();
    assert!(said.contains("/var/lib/bowline") && said.contains(&pid), "{said}");
    // The first has not been disturbed.
    assert_eq!(node.status()?.pid.to_string(), pid);
    node.kubectl(&["get", "nodes"])?;
    Ok(())
}

pub(crate) fn a_truncated_archive_is_named() -> Outcome {
    let said = with_changed_archive("truncated", "bowline-runtime.tar.zst", |archive| {
        archive.truncate(archive.len() * 2 / 3);
    })?;
    assert!(said.contains("bowline-runtime.tar.zst"), "{said}");
    Ok(())
}

pub(crate) fn a_tampered_archive_is_named() -> Outcome {
    let said = with_changed_archive("tampered", "bowline-runtime.tar.zst", |archive| {
        let middle = archive.len() / 2;
        archive[middle] ^= 0x55;
    })?;
    assert!(said.contains("bowline-runtime.tar.zst"), "{said}");
    Ok(())
}

pub(crate) fn a_missing_image_is_named() -> Outcome {
    let mut node = shared::installed("missing-image")?;
    fs_err::remove_file(node.machine.data_dir().join("agent/images/bowline-etcd.tar.zst"))?;
    node.start()?;
    // There is no network to pull it from; the node says so and would go on as soon as there is.
    cause_with(&node, "bowline/etcd:v")?;
    Ok(())
}

pub(crate) fn a_truncated_archive_of_an_image_is_named() -> Outcome {
    let mut node = shared::installed("truncated-image")?;
    let archive = node.machine.data_dir().join("agent/images/bowline-etcd.tar.zst");
    let whole = fs_err::read(&archive)?;
    // A new file: the old one is linked with the artifact itself.
    fs_err::remove_file(&archive)?;
    fs_err::write(&archive, &whole[..whole.len() / 2])?;
    node.start()?;
    cause_with(&node, "bowline-etcd.tar.zst")?;
    // Whole again, the start goes on by itself.
    fs_err::write(&archive, whole)?;
    node.wait_ready(START)?;
    Ok(())
}

/// Waits for a cause with these words on the board.
fn cause_with(node: &Node, words: &str) -> Result<String> {
    node.wait_for(&format!("a cause with {words}"), START, |node| {
        let causes = node.status()?.stages.into_iter().filter_map(|stage| stage.cause);
        Ok(causes.into_iter().find(|cause| cause.contains(words)))
    })
}

pub(crate) fn a_full_disk_is_named() -> Outcome {
    let mut spec = Spec::new("full-disk");
    // The archives fit, what is in them does not.
    let distribution = bowline_tests::distribution::Distribution::of_tests()?;
    let mut archives = 0;
    for archive in distribution
        .archives()?
        .into_iter()
        .chain(distribution.samples()?)
    {
        archives += fs_err::metadata(archive)?.len();
    }
    spec.data_limit = Some(archives + (64 << 20));
    let mut node = shared::installed_with(spec)?;
    let said = ends_in_error(&mut node)?;
    assert!(said.contains("/var/lib/bowline"), "{said}");
    assert!(said.contains("space") || said.contains("full"), "{said}");
    Ok(())
}

/// What bowline says when it does not start with an archive that somebody changed.
fn with_changed_archive(name: &str, archive: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<String> {
    let mut node = shared::installed(name)?;
    let file = node.machine.data_dir().join("agent/images").join(archive);
    let mut content = fs_err::read(&file)?;
    change(&mut content);
    // A new file: the old one is linked with the artifact itself.
    fs_err::remove_file(&file)?;
    fs_err::write(&file, content)?;
    ends_in_error(&mut node)
}

/// Starts a node that cannot start, and gives its last words.
pub(crate) fn ends_in_error(node: &mut Node) -> Result<String> {
    node.start()?;
    let server = node.server.take().context("bowline was started")?;
    let status = server.wait(START);
    if status.is_err() {
        // It waits rather than ends: its state is what is of interest.
        server.signal(Signal::SIGTERM)?;
    }
    let status = status.with_context(|| node.state())?;
    let said = fs_err::read_to_string(node.log())?;
    ensure!(!status.success(), "bowline ended with {status}: {said}");
    let last_words: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("bowline: "))
        .collect();
    ensure!(
        last_words.len() == 1,
        "one message was expected, beside the log: {said}"
    );
    Ok(last_words[0].to_owned())
}
