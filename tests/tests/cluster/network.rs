//! Promise: pods find each other by name, and the ingress leads to them.

use bowline_tests::node::status::State;
use serde_json::json;

use crate::Outcome;
use crate::shared::{Namespace, WHILE, pod, web_server};

pub(crate) fn a_pod_finds_a_service_by_name_and_reaches_it() -> Outcome {
    let space = Namespace::create("by-name")?;
    serve(&space, "the page by name")?;
    space.run_pod("client", "sleep 3600")?;
    for name in ["web", "web.by-name", "web.by-name.svc.cluster.local"] {
        let page = space.node.wait_for(&format!("the page of {name}"), WHILE, |_| {
            let page = space.kubectl(&[
                "exec",
                "client",
                "--",
                "timeout",
                "3",
                "wget",
                "-qO-",
                &format!("http://{name}"),
            ])?;
            Ok(Some(page))
        })?;
        assert_eq!(page.trim(), "the page by name", "{name}");
    }
    // The name of the cluster itself works too, and what does not exist is not made up.
    space.kubectl(&[
        "exec",
        "client",
        "--",
        "nslookup",
        "kubernetes.default.svc.cluster.local",
    ])?;
    let unknown = space.kubectl(&[
        "exec",
        "client",
        "--",
        "nslookup",
        "no-such.by-name.svc.cluster.local",
    ]);
    assert!(unknown.is_err(), "{unknown:?}");
    Ok(())
}

pub(crate) fn a_pod_is_reached_through_the_ingress() -> Outcome {
    let space = Namespace::create("ingress-test")?;
    serve(&space, "the page behind the ingress")?;
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": space.name},
        "spec": {"rules": [{"host": "web.example", "http": {"paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}},
        }]}}]},
    });
    space.node.apply(&ingress.to_string())?;
    // From outside the cluster: the host of the machine, through the machine's own address.
    let address = space.node.machine.address();
    let page = space.node.wait_for("the page behind the ingress", WHILE, |_| {
        let page = get(address, "web.example")?;
        Ok(page.contains("the page behind").then_some(page))
    })?;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let other = get(address, "other.example")?;
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    assert_eq!(
        space.node.status()?.stage("node").map(|stage| stage.state),
        Some(State::Done)
    );
    Ok(())
}

/// A pod with a page, and a Service before it.
fn serve(space: &Namespace, page: &str) -> anyhow::Result<()> {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": space.name},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    });
    space.node.apply(&service.to_string())?;
    space
        .node
        .apply(&pod(space.name, "web", &web_server(page)).to_string())?;
    space.wait_pod("web")
}

/// The answer to a plain HTTP request.
fn get(address: std::net::Ipv4Addr, host: &str) -> anyhow::Result<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect((address, 80))?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
