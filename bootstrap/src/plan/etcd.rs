//! etcd: the static pod of this node's member.

use std::net::Ipv4Addr;

use super::arguments::command_line;
use super::credentials::Credential;
use super::images::Required;
use super::static_pod::{Component, Probes, Requests, static_pod};
use super::{Directory, File, Gate, Inputs, StaticPod};

/// The user that owns etcd's data and files.
pub(crate) const USER: u32 = 52379;
/// The component's name: of its pod, its folder and its extra arguments.
pub(crate) const NAME: &str = "etcd";

/// What etcd reads: file name in its own folder, and where it comes from.
const CREDENTIALS: [(&str, Credential); 6] = [
    ("server-ca.crt", Credential::EtcdServerCa),
    ("server.crt", Credential::EtcdServer),
    ("server.key", Credential::EtcdServerKey),
    ("peer-ca.crt", Credential::EtcdPeerCa),
    ("peer.crt", Credential::EtcdPeer),
    ("peer.key", Credential::EtcdPeerKey),
];

/// Its data directory: etcd refuses one that others may read.
pub(crate) fn directories(inputs: &Inputs<'_>) -> Vec<Directory> {
    vec![
        Directory {
            path: inputs.layout.database(),
            mode: 0o711,
            owner: 0,
        },
        Directory {
            path: inputs.layout.etcd(),
            mode: 0o700,
            owner: USER,
        },
    ]
}

/// The member's name, kept beside its data: another data directory is another member.
pub(crate) fn member_name(inputs: &Inputs<'_>) -> File {
    File {
        path: inputs.layout.etcd_name(),
        mode: 0o600,
        owner: USER,
        content: format!("{}\n", inputs.facts.etcd_member.name).into_bytes(),
    }
}

/// Its certificates and keys.
pub(crate) fn files(inputs: &Inputs<'_>) -> Vec<File> {
    super::component_files(inputs, NAME, USER, &CREDENTIALS)
}

/// Its pod, which the kubelet may start as soon as it runs.
pub(crate) fn pod(inputs: &Inputs<'_>, files: &[File]) -> StaticPod {
    static_pod(&Component {
        name: NAME,
        image: inputs.images.required(Required::Etcd),
        user: USER,
        after: Gate::Kubelet,
        arguments: command_line(&arguments(inputs), inputs.users_arguments(NAME)),
        environment: inputs.environment(NAME, &[]),
        requests: Requests {
            cpu: "100m",
            memory: "128Mi",
        },
        probes: Probes {
            host: Ipv4Addr::LOCALHOST.into(),
            scheme: "HTTP",
            port: 2381,
            live: "/livez",
            ready: "/readyz",
        },
        files,
        directory: inputs.layout.component(NAME),
        data: Some(inputs.layout.etcd()),
    })
}

fn arguments(inputs: &Inputs<'_>) -> Vec<(&'static str, String)> {
    let ip = super::url_host(inputs.settings.node.ip);
    let name = &inputs.facts.etcd_member.name;
    let file = |name: &str| inputs.layout.component(NAME).join(name).display().to_string();
    let mut metrics = "http://127.0.0.1:2381".to_owned();
    if inputs.settings.server.etcd_expose_metrics {
        metrics = format!("{metrics},http://{ip}:2381");
    }
    vec![
        ("name", name.clone()),
        ("data-dir", inputs.layout.etcd().display().to_string()),
        ("advertise-client-urls", format!("https://{ip}:2379")),
        (
            "listen-client-urls",
            format!("https://127.0.0.1:2379,https://{ip}:2379"),
        ),
        ("initial-advertise-peer-urls", format!("https://{ip}:2380")),
        (
            "listen-peer-urls",
            format!("https://127.0.0.1:2380,https://{ip}:2380"),
        ),
        ("listen-metrics-urls", metrics),
        ("initial-cluster", format!("{name}=https://{ip}:2380")),
        ("initial-cluster-state", "new".into()),
        ("client-cert-auth", "true".into()),
        ("cert-file", file("server.crt")),
        ("key-file", file("server.key")),
        ("trusted-ca-file", file("server-ca.crt")),
        ("peer-client-cert-auth", "true".into()),
        ("peer-cert-file", file("peer.crt")),
        ("peer-key-file", file("peer.key")),
        ("peer-trusted-ca-file", file("peer-ca.crt")),
        // A member that is alone elects itself after up to one election timeout: nobody else can be slow.
        ("heartbeat-interval", "20".into()),
        ("election-timeout", "100".into()),
        ("snapshot-count", "10000".into()),
        ("feature-gates", "InitialCorruptCheck=true".into()),
        ("watch-progress-notify-interval", "5s".into()),
        ("socket-reuse-address", "true".into()),
        ("socket-reuse-port", "true".into()),
        ("logger", "zap".into()),
        ("log-outputs", "stderr".into()),
    ]
}
