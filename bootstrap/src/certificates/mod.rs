//! Every key, certificate and kubeconfig of a node. Comes in: settings, what is on disk, and the time; goes out: all
//! of it valid on disk, and its bytes for the plan.
//!
//! The [`catalog`] says what shall be there, [`authority`] reads or makes the CAs, [`decide`] says which leaves
//! will not do and why, and [`issue`] makes those. Running it again changes nothing until something is due.

mod authority;
mod catalog;
mod decide;
mod encryption;
mod files;
mod inspect;
mod issue;
mod journal;
mod kubeconfig;
mod random;
mod service_account;
mod token;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use time::{Duration, OffsetDateTime};
use tracing::{info, warn};

use crate::apply;
use crate::layout::Layout;
use crate::plan::credentials::{Credential, Credentials};
use crate::plan::{Directory, File, url_host};
use crate::settings::{ServerSettings, Settings};
use authority::Known;
use catalog::{Authority, Leaf, Place};
pub(crate) use decide::Reason;
pub(crate) use inspect::{Inspected, inspect};
pub(crate) use issue::Pair;
use kubeconfig::Identity;

/// 2026-01-01: a clock before this one cannot be right, and certificates made by it would soon be void.
const MADE: i64 = 1_767_225_600;
/// People are told this long before a CA ends.
const AUTHORITY_NOTICE: Duration = Duration::days(365);
/// The API server of this node.
const API_SERVER_PORT: u16 = 6443;
/// The balancer of this node, which finds an API server that answers.
const BALANCER: &str = "https://127.0.0.1:6444";

/// What this node holds, valid at the time it was prepared.
#[derive(Clone)]
pub(crate) struct Certificates {
    pairs: BTreeMap<&'static str, Pair>,
    kubeconfigs: BTreeMap<&'static str, Vec<u8>>,
    service_account_key: Vec<u8>,
    encryption: Vec<u8>,
    /// What had to be issued this time, and why.
    pub(crate) issued: Vec<(&'static str, Reason)>,
    /// From when on [`prepare`] has something to do.
    due: OffsetDateTime,
    /// When it was prepared: a clock that runs backwards behind it makes a new look worthwhile.
    prepared: OffsetDateTime,
}

impl Certificates {
    /// A CA or certificate by its file name without suffix, such as `serving-kube-apiserver`.
    pub(crate) fn pair(&self, name: &str) -> Option<&Pair> {
        self.pairs.get(name)
    }

    /// PEM of the CA that signed what servers show.
    pub(crate) fn server_ca(&self) -> &[u8] {
        self.pair(Authority::Server.name())
            .map_or(&[], |pair| &pair.certificate)
    }

    /// Whether to call [`prepare`] again. Cheap: ask often, since a machine may sleep past any timer.
    pub(crate) fn is_due(&self, now: OffsetDateTime) -> bool {
        now >= self.due || now < self.prepared - Duration::hours(1)
    }

    /// What the plan hands to the components of the control plane.
    pub(crate) fn credentials(&self) -> Credentials {
        let mut bytes = BTreeMap::new();
        for (name, certificate, key) in PAIRS {
            if let Some(pair) = self.pairs.get(name) {
                bytes.insert(certificate, pair.certificate.clone());
                key.map(|key| bytes.insert(key, pair.key.clone()));
            }
        }
        for (name, credential) in KUBECONFIGS {
            if let Some(content) = self.kubeconfigs.get(name) {
                bytes.insert(credential, content.clone());
            }
        }
        bytes.insert(Credential::ServiceAccountKey, self.service_account_key.clone());
        bytes.insert(Credential::EncryptionConfiguration, self.encryption.clone());
        Credentials(bytes)
    }
}

/// Which files the components read: certificate and, where they sign or show it, key.
const PAIRS: [(&str, Credential, Option<Credential>); 13] = [
    ("client-ca", Credential::ClientCa, Some(Credential::ClientCaKey)),
    ("server-ca", Credential::ServerCa, Some(Credential::ServerCaKey)),
    ("request-header-ca", Credential::RequestHeaderCa, None),
    ("etcd/server-ca", Credential::EtcdServerCa, None),
    ("etcd/peer-ca", Credential::EtcdPeerCa, None),
    (
        "etcd/server-client",
        Credential::EtcdServer,
        Some(Credential::EtcdServerKey),
    ),
    (
        "etcd/peer-server-client",
        Credential::EtcdPeer,
        Some(Credential::EtcdPeerKey),
    ),
    (
        "etcd/client",
        Credential::EtcdClient,
        Some(Credential::EtcdClientKey),
    ),
    (
        "serving-kube-apiserver",
        Credential::ApiServer,
        Some(Credential::ApiServerKey),
    ),
    (
        "client-kube-apiserver",
        Credential::ApiServerClient,
        Some(Credential::ApiServerClientKey),
    ),
    (
        "client-auth-proxy",
        Credential::AuthProxy,
        Some(Credential::AuthProxyKey),
    ),
    (
        "kube-controller-manager/kube-controller-manager",
        Credential::ControllerManager,
        Some(Credential::ControllerManagerKey),
    ),
    (
        "kube-scheduler/kube-scheduler",
        Credential::Scheduler,
        Some(Credential::SchedulerKey),
    ),
];

/// Which kubeconfigs the components read.
const KUBECONFIGS: [(&str, Credential); 2] = [
    ("controller", Credential::ControllerManagerKubeconfig),
    ("scheduler", Credential::SchedulerKubeconfig),
];

/// Makes everything valid at `now`. Called at each start, before anything needs it, and again whenever it is due.
pub(crate) fn prepare(layout: &Layout, settings: &Settings, now: OffsetDateTime) -> Result<Certificates> {
    check_clock(now)?;
    make_directories(layout)?;
    journal::recover(layout)?;
    let mut made = Vec::new();
    let authorities = authority::prepare(layout, now, &mut made).context("prepare the CAs")?;
    let mut certificates = Certificates {
        pairs: BTreeMap::new(),
        kubeconfigs: BTreeMap::new(),
        service_account_key: service_account::prepare(layout, &mut made)?,
        encryption: encryption::prepare(layout, &mut made)?,
        issued: Vec::new(),
        due: now + Duration::days(3650),
        prepared: now,
    };
    for (authority, known) in &authorities {
        warn_of_end(*authority, known, now);
        certificates.pairs.insert(authority.name(), known.pair.clone());
    }
    let token = settings.server.token.as_deref();
    made.extend(token::prepare(layout, token, certificates.server_ca())?);
    // All that nothing could make again reaches the disk in one go, before anything is built on it.
    journal::store(layout, &made).context("write the CAs and keys of the cluster")?;
    for leaf in catalog::leaves(settings) {
        let known = authorities
            .iter()
            .find(|(authority, _)| *authority == leaf.authority);
        let (_, known) = known.with_context(|| format!("find the CA of {}", leaf.name))?;
        certificates.renew(layout, &leaf, known)?;
    }
    certificates.write_trust(layout)?;
    certificates.write_kubeconfigs(layout, settings)?;
    Ok(certificates)
}

impl Certificates {
    /// Keeps a certificate that will do, or issues it.
    fn renew(&mut self, layout: &Layout, leaf: &Leaf, known: &Known) -> Result<()> {
        let now = self.prepared;
        let (certificate_path, key_path) = paths(layout, leaf);
        let certificate = files::read_optional(&certificate_path)?;
        let key = files::read_optional(&key_path)?;
        let found = certificate
            .zip(key)
            .map(|(certificate, key)| Pair { certificate, key });
        let reason = decide::reason(leaf, known, found.as_ref(), now);
        let pair = match (reason, found) {
            (None, Some(pair)) => pair,
            _ => issue::leaf(leaf, &known.signer()?, now)?,
        };
        if let Some(reason) = reason {
            info!(certificate = leaf.name, %reason, "issued");
            self.issued.push((leaf.name, reason));
        }
        // Both are looked at again: a wrong mode is put right even when the bytes stay.
        write(key_path, 0o600, &pair.key)?;
        write(certificate_path, 0o644, &pair.certificate)?;
        if let Some(inspected) = inspect::inspect(&pair.certificate) {
            self.due = self.due.min(decide::renewal(&inspected, known));
        }
        self.pairs.insert(leaf.name, pair);
        Ok(())
    }

    /// The CAs that the node's own processes believe.
    fn write_trust(&self, layout: &Layout) -> Result<()> {
        let client_ca = self.pair(Authority::Client.name());
        write(
            layout.kubelet_client_ca(),
            0o644,
            client_ca.map_or(&[], |pair| &pair.certificate),
        )?;
        write(
            layout.agent_certificate(Authority::Server.name()),
            0o644,
            self.server_ca(),
        )
    }

    fn write_kubeconfigs(&mut self, layout: &Layout, settings: &Settings) -> Result<()> {
        let own = own_api_server(settings);
        for (name, leaf) in [
            ("admin", "client-admin"),
            ("supervisor", "client-supervisor"),
            ("controller", "client-controller"),
            ("scheduler", "client-scheduler"),
        ] {
            let pair = self.pair(leaf).with_context(|| format!("find {leaf}"))?;
            let identity = Identity::Embedded {
                certificate: &pair.certificate,
                key: &pair.key,
            };
            let content = kubeconfig::render(&own, self.server_ca(), &identity)?;
            write(layout.kubeconfig(name), 0o600, &content)?;
            self.kubeconfigs.insert(name, content);
        }
        let admin = &self.kubeconfigs["admin"];
        write_admin(&settings.server, admin).context("write the admin kubeconfig")?;
        // Paths, since the kubelet reads them again after a renewal without being restarted.
        let identity = Identity::Files {
            certificate: layout.agent_certificate("client-kubelet").display().to_string(),
            key: layout.agent_key("client-kubelet").display().to_string(),
        };
        let content = kubeconfig::render(BALANCER, self.server_ca(), &identity)?;
        write(layout.kubelet_kubeconfig(), 0o600, &content)
    }
}

/// The URL of this node's API server for programs on this node.
fn own_api_server(settings: &Settings) -> String {
    let host: IpAddr = match settings.server.bind_address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        bound => bound,
    };
    format!("https://{}:{API_SERVER_PORT}", url_host(host))
}

fn paths(layout: &Layout, leaf: &Leaf) -> (PathBuf, PathBuf) {
    match leaf.place {
        Place::Server => (layout.tls_certificate(leaf.name), layout.tls_key(leaf.name)),
        Place::Agent => (layout.agent_certificate(leaf.name), layout.agent_key(leaf.name)),
    }
}

fn write(path: PathBuf, mode: u32, content: &[u8]) -> Result<()> {
    apply::write_file(&File {
        path,
        mode,
        owner: 0,
        content: content.to_vec(),
    })?;
    Ok(())
}

/// The administrator's, which may be for a group of people.
fn write_admin(settings: &ServerSettings, content: &[u8]) -> Result<()> {
    let path = &settings.write_kubeconfig;
    write(path.clone(), settings.write_kubeconfig_mode, content)?;
    if let Some(group) = settings.write_kubeconfig_group {
        std::os::unix::fs::chown(path, None, Some(group))
            .with_context(|| format!("give {} to group {group}", path.display()))?;
    }
    Ok(())
}

fn make_directories(layout: &Layout) -> Result<()> {
    let open = [(layout.agent(), 0o755)];
    let closed = [
        layout.server(),
        layout.tls(),
        layout.tls().join("etcd"),
        layout.cred(),
    ];
    for (path, mode) in open.into_iter().chain(closed.map(|path| (path, 0o700))) {
        let directory = Directory { path, mode, owner: 0 };
        apply::make_directory(&directory)?;
    }
    Ok(())
}

/// A clock that was never set would make certificates that are void once it is.
fn check_clock(now: OffsetDateTime) -> Result<()> {
    if now.unix_timestamp() < MADE {
        bail!("the clock is wrong: it says {now}, before this bowline was made; set the clock");
    }
    Ok(())
}

fn warn_of_end(authority: Authority, known: &Known, now: OffsetDateTime) {
    let end = known.certificate.not_after;
    if end - now < AUTHORITY_NOTICE {
        warn!(ca = authority.name(), %end, "this CA ends soon; replace it before");
    }
}

#[cfg(test)]
mod tests;
