//! kube-scheduler: its static pod.

use std::net::Ipv4Addr;

use super::arguments::command_line;
use super::credentials::Credential;
use super::images::Required;
use super::static_pod::{Component, Probes, Requests, static_pod};
use super::{File, Gate, Inputs, StaticPod};

/// The user that owns the scheduler's files.
pub(crate) const USER: u32 = 52259;
/// The component's name: of its pod, its folder and its extra arguments.
pub(crate) const NAME: &str = "kube-scheduler";

/// What it reads: file name in its own folder, and where it comes from.
const CREDENTIALS: [(&str, Credential); 3] = [
    ("scheduler.kubeconfig", Credential::SchedulerKubeconfig),
    ("serving.crt", Credential::Scheduler),
    ("serving.key", Credential::SchedulerKey),
];

/// Its kubeconfig, certificate and key.
pub(crate) fn files(inputs: &Inputs<'_>) -> Vec<File> {
    super::component_files(inputs, NAME, USER, &CREDENTIALS)
}

/// Its pod, which would only crash before the API server is ready.
pub(crate) fn pod(inputs: &Inputs<'_>, files: &[File]) -> StaticPod {
    static_pod(&Component {
        name: NAME,
        image: inputs.images.required(Required::KubeScheduler),
        user: USER,
        after: Gate::ApiServer,
        arguments: command_line(&arguments(inputs), inputs.users_arguments(NAME)),
        environment: inputs.environment(NAME, &inputs.facts.proxy_environment),
        requests: Requests {
            cpu: "50m",
            memory: "64Mi",
        },
        probes: Probes {
            host: Ipv4Addr::LOCALHOST.into(),
            scheme: "HTTPS",
            port: 10259,
            live: "/livez",
            ready: "/readyz",
        },
        files,
        directory: inputs.layout.component(NAME),
        data: None,
    })
}

fn arguments(inputs: &Inputs<'_>) -> Vec<(&'static str, String)> {
    let file = |name: &str| inputs.layout.component(NAME).join(name).display().to_string();
    let kubeconfig = file("scheduler.kubeconfig");
    vec![
        ("kubeconfig", kubeconfig.clone()),
        ("authentication-kubeconfig", kubeconfig.clone()),
        ("authorization-kubeconfig", kubeconfig),
        ("bind-address", "127.0.0.1".into()),
        ("secure-port", "10259".into()),
        ("permit-port-sharing", "true".into()),
        ("profiling", "false".into()),
        ("tls-cert-file", file("serving.crt")),
        ("tls-private-key-file", file("serving.key")),
    ]
}
