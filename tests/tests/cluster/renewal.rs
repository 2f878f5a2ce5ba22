//! Promise: what a start finds outdated is made anew before anything needs it: certificates that expired meanwhile,
//! and static pods whose settings changed, also while no API server runs.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result, ensure};
use bowline_tests::node::Node;
use nix::sys::signal::Signal;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};

use crate::bundled::restart_with;
use crate::healing::{wait_settled, with_node};
use crate::shared::{START, WHILE};
use crate::{Outcome, containers};

pub(crate) fn certificates_that_expired_meanwhile_are_renewed_first() -> Outcome {
    with_node(|node| {
        node.end(Signal::SIGTERM, WHILE)?;
        let tls = node.machine.data_dir().join("server/tls");
        // The API server's own, an administrator's, and one that it needs to reach etcd.
        let leaves = [
            ("serving-kube-apiserver", "server-ca"),
            ("client-admin", "client-ca"),
            ("etcd/client", "etcd/server-ca"),
        ];
        for (leaf, authority) in leaves {
            let read = |name: String| fs_err::read_to_string(tls.join(name));
            let key = KeyPair::from_pem(&read(format!("{authority}.key"))?)?;
            let issuer = Issuer::from_ca_cert_pem(&read(format!("{authority}.crt"))?, key)?;
            let key = KeyPair::from_pem(&read(format!("{leaf}.key"))?)?;
            fs_err::write(tls.join(format!("{leaf}.crt")), expired(&key, &issuer)?)?;
        }
        let said = node.bowline(&["certificate", "check"]);
        ensure!(
            format!("{said:?}").contains("expired"),
            "nothing is expired: {said:?}"
        );

        node.start()?;
        node.wait_ready(START)?;
        let said = node.bowline(&["certificate", "check"])?;
        ensure!(!said.contains("expired"), "{said}");
        node.kubectl(&["get", "nodes"])?;
        for (leaf, _) in leaves {
            let mode = fs_err::metadata(tls.join(format!("{leaf}.key")))?
                .permissions()
                .mode();
            ensure!(mode & 0o777 == 0o600, "{leaf}.key has mode {mode:o}");
        }
        wait_settled(node)
    })
}

/// A certificate of the past.
fn expired(key: &KeyPair, issuer: &Issuer<'_, KeyPair>) -> Result<String> {
    let mut parameters = CertificateParams::default();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "of the past");
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(2021, 1, 1);
    Ok(parameters.signed_by(key, issuer)?.pem())
}

pub(crate) fn changed_static_pods_replace_running_ones_while_no_api_server_runs() -> Outcome {
    with_node(|node| {
        let before = containers::running(node)?;
        node.end(Signal::SIGTERM, WHILE)?;
        // Without the kubelet it stays away.
        node.machine.kill("kube-apiserver")?;
        node.configure("etcd-arg: [snapshot-count=9999]\nkube-apiserver-arg: [event-ttl=59m]\n")?;
        node.start()?;
        node.wait_ready(START)?;
        wait_settled(node)?;
        let after = containers::running(node)?;
        for (pod, program, argument) in [
            ("etcd", "etcd", "--snapshot-count=9999"),
            ("kube-apiserver", "kube-apiserver", "--event-ttl=59m"),
        ] {
            let key = before.keys().find(|key| key.ends_with(&format!("/{pod}")));
            let key = key.with_context(|| format!("{pod} is not among {before:?}"))?;
            ensure!(before.get(key) != after.get(key), "{pod} was not replaced");
            ensure!(
                runs_with(node, program, argument)?,
                "{program} does not run with {argument}"
            );
        }
        let witness = "witness/main";
        ensure!(
            before.get(witness) == after.get(witness),
            "the witness has not kept running"
        );
        restart_with(node, "")?;
        wait_settled(node)
    })
}

/// Whether exactly one process of that name runs, with this argument.
fn runs_with(node: &Node, program: &str, argument: &str) -> Result<bool> {
    let [pid] = node.machine.processes(program)?[..] else {
        return Ok(false);
    };
    let line = fs_err::read_to_string(format!("/proc/{pid}/cmdline"))?;
    Ok(line.split('\0').any(|word| word == argument))
}
