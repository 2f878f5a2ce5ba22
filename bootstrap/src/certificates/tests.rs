//! Whole rounds of preparing a node's certificates, on a disk.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::*;
use crate::plan::{self, tests::settings as plan_settings};

const LEAVES: usize = 14;

struct Node {
    folder: tempfile::TempDir,
    settings: Settings,
}

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = plan_settings();
        settings.server.write_kubeconfig = folder.path().join("etc/bowline.yaml");
        settings.server.write_kubeconfig_mode = 0o640;
        Self { folder, settings }
    }

    fn layout(&self) -> Layout {
        Layout::new(self.folder.path())
    }

    fn prepare(&self, now: OffsetDateTime) -> Result<Certificates> {
        prepare(&self.layout(), &self.settings, now)
    }
}

fn day(count: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap() + Duration::days(count)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_fresh_server_gets_everything_with_tight_modes() {
    let node = Node::new();
    let certificates = node.prepare(day(0)).unwrap();
    assert_eq!(certificates.issued.len(), LEAVES);
    let listed: Vec<_> = files_below(node.folder.path())
        .iter()
        .map(|path| {
            let mode = fs_err::metadata(path).unwrap().mode() & 0o777;
            let name = path.strip_prefix(node.folder.path()).unwrap().display();
            format!("{mode:o} {name}")
        })
        .collect();
    insta::assert_snapshot!(listed.join("\n"));
    for closed in [node.layout().server(), node.layout().tls(), node.layout().cred()] {
        assert_eq!(fs_err::metadata(closed).unwrap().mode() & 0o777, 0o700);
    }
}

#[test]
fn every_file_of_the_plan_gets_its_bytes() {
    let node = Node::new();
    let credentials = node.prepare(day(0)).unwrap().credentials();
    let planned = plan::plan(&plan::Inputs {
        layout: &node.layout(),
        settings: &node.settings,
        facts: &plan::tests::facts(),
        images: &plan::images::Images::default(),
        credentials: &credentials,
        registries: &crate::content::registry::Registries::default(),
        kubelet_fragment: &serde_json::Map::new(),
    });
    assert!(planned.files.len() > credentials.0.len());
    let empty: Vec<_> = planned
        .files
        .iter()
        .filter(|file| file.content.is_empty())
        .collect();
    assert!(empty.is_empty(), "{empty:?}");
}

#[test]
fn a_second_round_changes_nothing() {
    let node = Node::new();
    node.prepare(day(0)).unwrap();
    let read = || -> Vec<_> {
        let files = files_below(node.folder.path());
        files.iter().map(|path| fs_err::read(path).unwrap()).collect()
    };
    let before = read();
    let again = node.prepare(day(1)).unwrap();
    assert_eq!(again.issued, []);
    assert_eq!(read(), before);
}

#[test]
fn what_runs_out_is_due_and_renewed() {
    let node = Node::new();
    let first = node.prepare(day(0)).unwrap();
    assert!(!first.is_due(day(274)));
    assert!(first.is_due(day(275)));
    let renewed = node.prepare(day(275)).unwrap();
    assert_eq!(renewed.issued.len(), LEAVES);
    assert!(
        renewed
            .issued
            .iter()
            .all(|(_, reason)| *reason == Reason::Expiring)
    );
    assert!(first.pair("client-admin") != renewed.pair("client-admin"));
    assert!(first.pair("server-ca") == renewed.pair("server-ca"));
    assert!(!renewed.is_due(day(276)));
}

#[test]
fn what_expired_while_the_machine_slept_is_renewed_at_once() {
    let node = Node::new();
    let first = node.prepare(day(0)).unwrap();
    assert!(first.is_due(day(800)));
    let renewed = node.prepare(day(800)).unwrap();
    assert!(
        renewed
            .issued
            .iter()
            .all(|(_, reason)| *reason == Reason::Expired)
    );
}

#[test]
fn a_clock_that_ran_backwards_is_noticed() {
    let node = Node::new();
    let certificates = node.prepare(day(0)).unwrap();
    assert!(certificates.is_due(day(-1)));
    let error = format!("{:#}", node.prepare(day(-30)).err().unwrap());
    assert!(error.contains("the clock is wrong"), "{error}");
    let never_set = Node::new()
        .prepare(OffsetDateTime::UNIX_EPOCH)
        .err()
        .unwrap()
        .to_string();
    assert!(never_set.contains("it says 1970-01-01"), "{never_set}");
}

#[test]
fn a_new_name_renews_only_what_carries_it() {
    let mut node = Node::new();
    node.prepare(day(0)).unwrap();
    node.settings.server.tls_san.push("api.example".to_owned());
    let changed = node.prepare(day(1)).unwrap();
    assert_eq!(changed.issued, [("serving-kube-apiserver", Reason::OtherNames)]);
}

#[test]
fn a_power_cut_between_key_and_certificate_heals() {
    let node = Node::new();
    node.prepare(day(0)).unwrap();
    let layout = node.layout();
    fs_err::remove_file(layout.tls_certificate("client-admin")).unwrap();
    fs_err::write(layout.tls_key("client-scheduler"), "").unwrap();
    fs_err::write(layout.agent_certificate("serving-kubelet"), "-----BEGIN CERT").unwrap();
    let healed = node.prepare(day(1)).unwrap();
    assert_eq!(
        healed.issued,
        [
            ("client-admin", Reason::Missing),
            ("client-scheduler", Reason::OtherKey),
            ("serving-kubelet", Reason::Unreadable),
        ]
    );
}

/// Cuts the first writing after some of its steps, as a power cut would.
#[test]
fn a_power_cut_in_the_first_writing_heals() {
    let whole = Node::new();
    whole.prepare(day(0)).unwrap();
    let layout = whole.layout();
    let keys = files_below(&layout.tls());
    for kept in [0, 1, 5, keys.len() - 1] {
        let node = Node::new();
        let own = |path: &Path| {
            let relative = path.strip_prefix(whole.folder.path()).unwrap();
            node.folder.path().join(relative)
        };
        for key in &keys[..kept] {
            fs_err::create_dir_all(own(key).parent().unwrap()).unwrap();
            fs_err::copy(key, own(key)).unwrap();
        }
        let named: Vec<_> = keys.iter().map(|key| own(key)).collect();
        fs_err::create_dir_all(node.layout().tls()).unwrap();
        fs_err::write(node.layout().tls_journal(), serde_json::to_vec(&named).unwrap()).unwrap();
        assert_eq!(
            node.prepare(day(1)).unwrap().issued.len(),
            LEAVES,
            "{kept} files kept"
        );
    }
}

#[test]
fn a_lost_ca_key_stops_the_start_and_nothing_is_written_over() {
    let node = Node::new();
    node.prepare(day(0)).unwrap();
    let layout = node.layout();
    let before = fs_err::read(layout.tls_certificate("server-ca")).unwrap();
    fs_err::remove_file(layout.tls_key("server-ca")).unwrap();
    let error = format!("{:#}", node.prepare(day(1)).err().unwrap());
    assert!(
        error.contains("CA server-ca is only half there: server-ca.key is missing"),
        "{error}"
    );
    assert_eq!(fs_err::read(layout.tls_certificate("server-ca")).unwrap(), before);
    assert!(!layout.tls_key("server-ca").exists());
}

#[test]
fn a_foreign_ca_put_in_place_signs_anew() {
    let node = Node::new();
    node.prepare(day(0)).unwrap();
    let other = Node::new();
    other.prepare(day(0)).unwrap();
    for (from, to) in [
        (
            other.layout().tls_certificate("client-ca"),
            node.layout().tls_certificate("client-ca"),
        ),
        (
            other.layout().tls_key("client-ca"),
            node.layout().tls_key("client-ca"),
        ),
    ] {
        fs_err::copy(from, to).unwrap();
    }
    let renewed = node.prepare(day(1)).unwrap();
    assert_eq!(renewed.issued.len(), 6);
    assert!(
        renewed
            .issued
            .iter()
            .all(|(_, reason)| *reason == Reason::OtherAuthority)
    );
}

#[test]
fn a_key_that_others_could_read_is_closed_again() {
    let node = Node::new();
    node.prepare(day(0)).unwrap();
    let key = node.layout().tls_key("client-admin");
    fs_err::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    node.prepare(day(1)).unwrap();
    assert_eq!(fs_err::metadata(&key).unwrap().mode() & 0o777, 0o600);
}

/// Verifies as the peers do: chain, time, purpose and name.
#[test]
fn rustls_believes_what_was_issued() {
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

    let node = Node::new();
    let now = OffsetDateTime::now_utc();
    let certificates = node.prepare(now).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let root = |name: &str| {
        let mut store = rustls::RootCertStore::empty();
        store
            .add(CertificateDer::from_pem_slice(&certificates.pair(name).unwrap().certificate).unwrap())
            .unwrap();
        std::sync::Arc::new(store)
    };
    let leaf =
        |name: &str| CertificateDer::from_pem_slice(&certificates.pair(name).unwrap().certificate).unwrap();
    let server = |ca: &str, name: &str, host: &str| {
        let builder = rustls::client::WebPkiServerVerifier::builder_with_provider(root(ca), provider.clone());
        let host = ServerName::try_from(host.to_owned()).unwrap();
        builder
            .build()
            .unwrap()
            .verify_server_cert(&leaf(name), &[], &host, &[], UnixTime::now())
            .is_ok()
    };
    let client = |ca: &str, name: &str| {
        let builder = rustls::server::WebPkiClientVerifier::builder_with_provider(root(ca), provider.clone());
        builder
            .build()
            .unwrap()
            .verify_client_cert(&leaf(name), &[], UnixTime::now())
            .is_ok()
    };
    assert!(server(
        "server-ca",
        "serving-kube-apiserver",
        "kubernetes.default.svc"
    ));
    assert!(server("server-ca", "serving-kube-apiserver", "10.43.0.1"));
    assert!(server("server-ca", "serving-kubelet", "192.0.2.10"));
    assert!(server("etcd/server-ca", "etcd/server-client", "127.0.0.1"));
    assert!(!server("server-ca", "serving-kube-apiserver", "evil.example"));
    assert!(!server("client-ca", "serving-kube-apiserver", "kubernetes"));
    assert!(client("client-ca", "client-kubelet"));
    assert!(client("etcd/peer-ca", "etcd/peer-server-client"));
    assert!(!client("client-ca", "serving-kubelet"));
    assert!(!client("request-header-ca", "client-admin"));
}

#[test]
fn programs_on_the_node_reach_the_api_server_where_it_listens() {
    let mut settings = plan_settings();
    assert_eq!(own_api_server(&settings), "https://127.0.0.1:6443");
    settings.server.bind_address = "::".parse().unwrap();
    assert_eq!(own_api_server(&settings), "https://[::1]:6443");
    settings.server.bind_address = "192.0.2.10".parse().unwrap();
    assert_eq!(own_api_server(&settings), "https://192.0.2.10:6443");
}
