//! kube-apiserver: its static pod, and the configuration files it reads.

use serde_json::json;

use super::arguments::command_line;
use super::credentials::Credential;
use super::images::Required;
use super::static_pod::{Component, Probes, Requests, static_pod};
use super::{API_SERVER_PORT, File, Gate, Inputs, StaticPod, local_address};

/// The user that owns the API server's files.
pub(crate) const USER: u32 = 52443;
/// The component's name: of its pod, its folder and its extra arguments.
pub(crate) const NAME: &str = "kube-apiserver";

/// What it reads: file name in its own folder, and where it comes from.
const CREDENTIALS: [(&str, Credential); 14] = [
    ("client-ca.crt", Credential::ClientCa),
    ("etcd-ca.crt", Credential::EtcdServerCa),
    ("etcd-client.crt", Credential::EtcdClient),
    ("etcd-client.key", Credential::EtcdClientKey),
    ("kubelet-ca.crt", Credential::ServerCa),
    ("kubelet-client.crt", Credential::ApiServerClient),
    ("kubelet-client.key", Credential::ApiServerClientKey),
    ("proxy-client.crt", Credential::AuthProxy),
    ("proxy-client.key", Credential::AuthProxyKey),
    ("request-header-ca.crt", Credential::RequestHeaderCa),
    ("service-account.key", Credential::ServiceAccountKey),
    ("serving.crt", Credential::ApiServer),
    ("serving.key", Credential::ApiServerKey),
    ("encryption.json", Credential::EncryptionConfiguration),
];

/// Its certificates, keys and configuration.
pub(crate) fn files(inputs: &Inputs<'_>) -> Vec<File> {
    let mut files = super::component_files(inputs, NAME, USER, &CREDENTIALS);
    files.push(File {
        path: file(inputs, "authentication.json").into(),
        mode: 0o600,
        owner: USER,
        content: authentication().into_bytes(),
    });
    files
}

/// Its pod, which has nothing to do before etcd answers.
pub(crate) fn pod(inputs: &Inputs<'_>, files: &[File]) -> StaticPod {
    let mut arguments = network_arguments(inputs);
    arguments.extend(file_arguments(inputs));
    arguments.extend(behaviour_arguments());
    static_pod(&Component {
        name: NAME,
        image: inputs.images.required(Required::KubeApiserver),
        user: USER,
        after: Gate::Etcd,
        arguments: command_line(&arguments, inputs.users_arguments(NAME)),
        environment: inputs.environment(NAME, &inputs.facts.proxy_environment),
        requests: Requests {
            cpu: "250m",
            memory: "512Mi",
        },
        probes: Probes {
            host: local_address(inputs.settings.server.bind_address),
            scheme: "HTTPS",
            port: API_SERVER_PORT,
            live: "/livez",
            ready: "/readyz",
        },
        files,
        directory: inputs.layout.component(NAME),
        data: None,
    })
}

/// Nobody is anonymous but who asks for health.
fn authentication() -> String {
    let conditions: Vec<_> = ["/livez", "/readyz", "/healthz"]
        .iter()
        .map(|path| json!({ "path": path }))
        .collect();
    let configuration = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": { "enabled": true, "conditions": conditions },
    });
    format!("{configuration:#}\n")
}

fn file(inputs: &Inputs<'_>, name: &str) -> String {
    inputs.layout.component(NAME).join(name).display().to_string()
}

fn network_arguments(inputs: &Inputs<'_>) -> Vec<(&'static str, String)> {
    let settings = inputs.settings;
    let issuer = format!(
        "https://kubernetes.default.svc.{}",
        settings.network.cluster_domain
    );
    vec![
        ("advertise-address", settings.server.advertise_address.to_string()),
        ("bind-address", settings.server.bind_address.to_string()),
        ("secure-port", API_SERVER_PORT.to_string()),
        ("etcd-servers", "https://127.0.0.1:2379".into()),
        ("service-account-issuer", issuer.clone()),
        ("api-audiences", format!("{issuer},bowline")),
        (
            "service-cluster-ip-range",
            settings.network.service_cidr.to_string(),
        ),
        (
            "service-node-port-range",
            settings.network.service_node_port_range.clone(),
        ),
        (
            "kubelet-preferred-address-types",
            "InternalIP,ExternalIP,Hostname".into(),
        ),
    ]
}

fn file_arguments(inputs: &Inputs<'_>) -> Vec<(&'static str, String)> {
    let file = |name| file(inputs, name);
    vec![
        ("authentication-config", file("authentication.json")),
        ("client-ca-file", file("client-ca.crt")),
        ("encryption-provider-config", file("encryption.json")),
        ("etcd-cafile", file("etcd-ca.crt")),
        ("etcd-certfile", file("etcd-client.crt")),
        ("etcd-keyfile", file("etcd-client.key")),
        ("kubelet-certificate-authority", file("kubelet-ca.crt")),
        ("kubelet-client-certificate", file("kubelet-client.crt")),
        ("kubelet-client-key", file("kubelet-client.key")),
        ("proxy-client-cert-file", file("proxy-client.crt")),
        ("proxy-client-key-file", file("proxy-client.key")),
        ("requestheader-client-ca-file", file("request-header-ca.crt")),
        ("service-account-key-file", file("service-account.key")),
        ("service-account-signing-key-file", file("service-account.key")),
        ("tls-cert-file", file("serving.crt")),
        ("tls-private-key-file", file("serving.key")),
    ]
}

fn behaviour_arguments() -> Vec<(&'static str, String)> {
    [
        ("allow-privileged", "true"),
        ("authorization-mode", "Node,RBAC"),
        ("enable-admission-plugins", "NodeRestriction"),
        ("enable-aggregator-routing", "true"),
        ("enable-bootstrap-token-auth", "true"),
        ("encryption-provider-config-automatic-reload", "true"),
        ("profiling", "false"),
        ("requestheader-allowed-names", "system:auth-proxy"),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        ("requestheader-group-headers", "X-Remote-Group"),
        ("requestheader-username-headers", "X-Remote-User"),
        ("storage-backend", "etcd3"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}
