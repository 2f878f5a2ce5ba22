//! kube-controller-manager: its static pod.

use std::net::Ipv4Addr;

use super::arguments::command_line;
use super::credentials::Credential;
use super::images::Required;
use super::static_pod::{Component, Probes, Requests, static_pod};
use super::{File, Gate, Inputs, StaticPod};

/// The user that owns the controller manager's files.
pub(crate) const USER: u32 = 52257;
/// The component's name: of its pod, its folder and its extra arguments.
pub(crate) const NAME: &str = "kube-controller-manager";

/// What it reads: file name in its own folder, and where it comes from.
const CREDENTIALS: [(&str, Credential); 8] = [
    ("controller.kubeconfig", Credential::ControllerManagerKubeconfig),
    ("client-ca.crt", Credential::ClientCa),
    ("client-ca.key", Credential::ClientCaKey),
    ("server-ca.crt", Credential::ServerCa),
    ("server-ca.key", Credential::ServerCaKey),
    ("service-account.key", Credential::ServiceAccountKey),
    ("serving.crt", Credential::ControllerManager),
    ("serving.key", Credential::ControllerManagerKey),
];

/// Its kubeconfig, certificates and keys.
pub(crate) fn files(inputs: &Inputs<'_>) -> Vec<File> {
    super::component_files(inputs, NAME, USER, &CREDENTIALS)
}

/// Its pod, which would only crash before the API server is ready.
pub(crate) fn pod(inputs: &Inputs<'_>, files: &[File]) -> StaticPod {
    static_pod(&Component {
        name: NAME,
        image: inputs.images.required(Required::KubeControllerManager),
        user: USER,
        after: Gate::ApiServer,
        arguments: command_line(&arguments(inputs), inputs.users_arguments(NAME)),
        environment: inputs.environment(NAME, &inputs.facts.proxy_environment),
        requests: Requests {
            cpu: "100m",
            memory: "128Mi",
        },
        probes: Probes {
            host: Ipv4Addr::LOCALHOST.into(),
            scheme: "HTTPS",
            port: 10257,
            live: "/healthz",
            ready: "/healthz",
        },
        files,
        directory: inputs.layout.component(NAME),
        data: None,
    })
}

fn arguments(inputs: &Inputs<'_>) -> Vec<(&'static str, String)> {
    let network = &inputs.settings.network;
    let file = |name: &str| inputs.layout.component(NAME).join(name).display().to_string();
    let kubeconfig = file("controller.kubeconfig");
    vec![
        ("allocate-node-cidrs", "true".into()),
        ("cluster-cidr", network.cluster_cidr.to_string()),
        ("service-cluster-ip-range", network.service_cidr.to_string()),
        ("kubeconfig", kubeconfig.clone()),
        ("authentication-kubeconfig", kubeconfig.clone()),
        ("authorization-kubeconfig", kubeconfig),
        ("bind-address", "127.0.0.1".into()),
        ("secure-port", "10257".into()),
        // Each controller asks for a token of its own before the first one starts: at the default of 20 requests a
        // second that alone takes five seconds.
        ("kube-api-qps", "100".into()),
        ("kube-api-burst", "200".into()),
        ("permit-port-sharing", "true".into()),
        (
            "cluster-signing-kube-apiserver-client-cert-file",
            file("client-ca.crt"),
        ),
        (
            "cluster-signing-kube-apiserver-client-key-file",
            file("client-ca.key"),
        ),
        ("cluster-signing-kubelet-client-cert-file", file("client-ca.crt")),
        ("cluster-signing-kubelet-client-key-file", file("client-ca.key")),
        ("cluster-signing-kubelet-serving-cert-file", file("server-ca.crt")),
        ("cluster-signing-kubelet-serving-key-file", file("server-ca.key")),
        ("cluster-signing-legacy-unknown-cert-file", file("server-ca.crt")),
        ("cluster-signing-legacy-unknown-key-file", file("server-ca.key")),
        ("controllers", "*,tokencleaner".into()),
        ("profiling", "false".into()),
        ("root-ca-file", file("server-ca.crt")),
        ("service-account-private-key-file", file("service-account.key")),
        ("terminated-pod-gc-threshold", "1000".into()),
        ("tls-cert-file", file("serving.crt")),
        ("tls-private-key-file", file("serving.key")),
        ("use-service-account-credentials", "true".into()),
    ]
}
