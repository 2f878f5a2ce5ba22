//! Pure: every CA and certificate of a server, as data. Comes in: who this node is; goes out: what shall be issued.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::settings::Settings;

/// A CA of the cluster. Each answers for one kind of trust, so that a key that leaks opens one door only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Authority {
    /// Clients of the API server and the kubelets.
    Client,
    /// What the API server, the kubelets and the supervisor show.
    Server,
    /// The API server as a client of aggregated API servers.
    RequestHeader,
    /// etcd towards its clients.
    EtcdServer,
    /// etcd members among themselves.
    EtcdPeer,
}

impl Authority {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Client,
        Self::Server,
        Self::RequestHeader,
        Self::EtcdServer,
        Self::EtcdPeer,
    ];

    /// Its file name without suffix, below the folder of certificates.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client-ca",
            Self::Server => "server-ca",
            Self::RequestHeader => "request-header-ca",
            Self::EtcdServer => "etcd/server-ca",
            Self::EtcdPeer => "etcd/peer-ca",
        }
    }

    /// The name in its certificate; the time tells one cluster's CA from another's.
    pub(crate) fn common_name(self, created: i64) -> String {
        format!("bowline-{}@{created}", self.name().replace('/', "-"))
    }
}

/// Where a certificate lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// With the control plane's.
    Server,
    /// With the node's own.
    Agent,
}

/// What a certificate may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Client,
    Server,
    Both,
}

impl Purpose {
    pub(crate) fn is_client(self) -> bool {
        self != Self::Server
    }

    pub(crate) fn is_server(self) -> bool {
        self != Self::Client
    }
}

/// A certificate that shall be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its file name without suffix.
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) authority: Authority,
    pub(crate) purpose: Purpose,
    pub(crate) common_name: String,
    pub(crate) organization: Option<&'static str>,
    /// Alternative names: DNS names and addresses.
    pub(crate) names: BTreeSet<String>,
}

impl Leaf {
    fn client(name: &'static str, common_name: impl Into<String>) -> Self {
        Self {
            name,
            place: Place::Server,
            authority: Authority::Client,
            purpose: Purpose::Client,
            common_name: common_name.into(),
            organization: None,
            names: BTreeSet::new(),
        }
    }

    fn serving(name: &'static str, common_name: impl Into<String>, names: BTreeSet<String>) -> Self {
        Self {
            authority: Authority::Server,
            purpose: Purpose::Server,
            names,
            ..Self::client(name, common_name)
        }
    }

    fn of_group(self, organization: &'static str) -> Self {
        Self {
            organization: Some(organization),
            ..self
        }
    }

    fn by(self, authority: Authority) -> Self {
        Self { authority, ..self }
    }

    fn on_agent(self) -> Self {
        Self {
            place: Place::Agent,
            ..self
        }
    }

    fn for_both(self) -> Self {
        Self {
            purpose: Purpose::Both,
            ..self
        }
    }
}

/// The group that may do everything.
const ADMINISTRATORS: &str = "system:masters";

/// Every certificate of a server with these settings.
pub(crate) fn leaves(settings: &Settings) -> Vec<Leaf> {
    let node = &settings.node.name;
    let etcd = with_loopback([node.clone(), settings.node.ip.to_string()]);
    let client = |name| Leaf::client(name, "etcd-client").by(Authority::EtcdServer);
    vec![
        Leaf::client("client-admin", "system:admin").of_group(ADMINISTRATORS),
        Leaf::client("client-supervisor", "system:bowline-supervisor").of_group(ADMINISTRATORS),
        Leaf::client("client-controller", "system:kube-controller-manager"),
        Leaf::client("client-scheduler", "system:kube-scheduler"),
        Leaf::client("client-kube-apiserver", "system:apiserver").of_group(ADMINISTRATORS),
        Leaf::client("client-kubelet", format!("system:node:{node}"))
            .of_group("system:nodes")
            .on_agent(),
        Leaf::client("client-auth-proxy", "system:auth-proxy").by(Authority::RequestHeader),
        Leaf::serving(
            "serving-kube-apiserver",
            "kube-apiserver",
            api_server_names(settings),
        ),
        Leaf::serving("serving-kubelet", node.clone(), kubelet_names(settings)).on_agent(),
        Leaf::serving(
            "kube-controller-manager/kube-controller-manager",
            "kube-controller-manager",
            with_loopback([]),
        ),
        Leaf::serving(
            "kube-scheduler/kube-scheduler",
            "kube-scheduler",
            with_loopback([]),
        ),
        Leaf::serving("etcd/server-client", "etcd-server", etcd.clone())
            .by(Authority::EtcdServer)
            .for_both(),
        Leaf::serving("etcd/peer-server-client", "etcd-peer", etcd)
            .by(Authority::EtcdPeer)
            .for_both(),
        client("etcd/client"),
    ]
}

fn with_loopback(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let loopback = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    let loopback = loopback.map(|address| address.to_string());
    names
        .into_iter()
        .chain(loopback)
        .chain(["localhost".to_owned()])
        .collect()
}

/// Every name by which anything may call the API server.
fn api_server_names(settings: &Settings) -> BTreeSet<String> {
    let service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
    let full = format!("kubernetes.default.svc.{}", settings.network.cluster_domain);
    let own = [settings.node.ip, settings.server.advertise_address];
    let addresses = own
        .into_iter()
        .chain(settings.node.external_ip)
        .chain(settings.network.service_cidr.address(1));
    let names = service
        .into_iter()
        .chain([full, settings.node.name.clone()])
        .chain(addresses.map(|address| address.to_string()))
        .chain(settings.server.tls_san.iter().cloned());
    with_loopback(names)
}

fn kubelet_names(settings: &Settings) -> BTreeSet<String> {
    let addresses = [settings.node.ip].into_iter().chain(settings.node.external_ip);
    with_loopback(
        addresses
            .map(|address| address.to_string())
            .chain([settings.node.name.clone()]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::settings;

    fn names_of(name: &str) -> BTreeSet<String> {
        let found = leaves(&settings()).into_iter().find(|leaf| leaf.name == name);
        found.unwrap().names
    }

    #[test]
    fn the_api_server_is_known_by_every_name_it_is_called() {
        let names = names_of("serving-kube-apiserver");
        let expected = [
            "10.43.0.1",
            "127.0.0.1",
            "192.0.2.10",
            "::1",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "localhost",
            "one",
        ];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn further_names_and_addresses_are_added() {
        let mut settings = settings();
        settings.server.tls_san = vec!["api.example".to_owned()];
        settings.node.external_ip = Some("198.51.100.7".parse().unwrap());
        let names = api_server_names(&settings);
        assert!(names.contains("api.example") && names.contains("198.51.100.7"));
        assert!(kubelet_names(&settings).contains("198.51.100.7"));
    }

    #[test]
    fn each_certificate_has_its_own_file_and_its_identity() {
        let all = leaves(&settings());
        let files: BTreeSet<_> = all.iter().map(|leaf| leaf.name).collect();
        assert_eq!(files.len(), all.len());
        let identities: Vec<_> = all
            .iter()
            .map(|leaf| {
                let group = leaf.organization.unwrap_or("-");
                format!(
                    "{} {} {group} {:?} {:?}",
                    leaf.name, leaf.common_name, leaf.authority, leaf.purpose
                )
            })
            .collect();
        insta::assert_snapshot!(identities.join("\n"), @r"
        client-admin system:admin system:masters Client Client
        client-supervisor system:bowline-supervisor system:masters Client Client
        client-controller system:kube-controller-manager - Client Client
        client-scheduler system:kube-scheduler - Client Client
        client-kube-apiserver system:apiserver system:masters Client Client
        client-kubelet system:node:one system:nodes Client Client
        client-auth-proxy system:auth-proxy - RequestHeader Client
        serving-kube-apiserver kube-apiserver - Server Server
        serving-kubelet one - Server Server
        kube-controller-manager/kube-controller-manager kube-controller-manager - Server Server
        kube-scheduler/kube-scheduler kube-scheduler - Server Server
        etcd/server-client etcd-server - EtcdServer Both
        etcd/peer-server-client etcd-peer - EtcdPeer Both
        etcd/client etcd-client - EtcdServer Client
        ");
    }
}
