//! Nodes for the tests: one that many share, and fresh ones for who breaks something.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::{Machine, Spec};
use bowline_tests::node::Node;
use serde_json::json;

/// How long a start may take; on a busy machine it takes long, and a wait ends when it is over.
pub(crate) const START: Duration = Duration::from_mins(6);
/// How long anything else may take.
pub(crate) const WHILE: Duration = Duration::from_mins(3);
/// An image for pods that do what tests want.
pub(crate) const BUSYBOX: &str = "docker.io/bowline/busybox:1.35.0";

/// The node of tests that leave it as it was; failed, it fails all of them at once.
static SHARED: Mutex<Option<Result<Arc<Node>, String>>> = Mutex::new(None);

/// The node that many tests share.
pub(crate) fn node() -> Result<Arc<Node>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let node = shared.get_or_insert_with(|| {
        ready("shared")
            .map(Arc::new)
            .map_err(|error| format!("{error:#}"))
    });
    node.clone()
        .map_err(|error| anyhow!("the shared node is not ready: {error}"))
}

/// Takes the shared node away; a static value is not dropped.
pub(crate) fn remove() {
    let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(shared);
}

/// A machine that runs, with Bowline on it and not started.
pub(crate) fn installed(name: &str) -> Result<Node> {
    installed_with(Spec::new(name))
}

/// The same, on a machine of another kind.
pub(crate) fn installed_with(spec: Spec) -> Result<Node> {
    let mut machine = Machine::create(spec)?;
    machine.start()?;
    Node::install(machine, &Distribution::of_tests()?)
}

/// A node of its own, all of whose stages are done.
pub(crate) fn ready(name: &str) -> Result<Node> {
    let mut node = installed(name)?;
    node.start()?;
    node.wait_ready(START)?;
    Ok(node)
}

/// A namespace of the shared cluster for one test.
pub(crate) struct Namespace {
    pub(crate) node: Arc<Node>,
    pub(crate) name: &'static str,
}

impl Namespace {
    pub(crate) fn create(name: &'static str) -> Result<Self> {
        let node = node()?;
        node.apply(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string(),
        )?;
        Ok(Self { node, name })
    }

    /// kubectl in this namespace.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        let mut words = vec!["--namespace", self.name];
        words.extend(arguments);
        self.node.kubectl(&words)
    }

    /// Runs a pod that goes on, and waits until it is ready.
    pub(crate) fn run_pod(&self, name: &str, script: &str) -> Result<()> {
        self.node.apply(&pod(self.name, name, script).to_string())?;
        self.wait_pod(name)
    }

    /// Waits until a pod is ready.
    pub(crate) fn wait_pod(&self, name: &str) -> Result<()> {
        let limit = format!("--timeout={}s", WHILE.as_secs());
        self.kubectl(&["wait", "--for=condition=Ready", &limit, &format!("pod/{name}")])
            .map(drop)
            .with_context(|| self.node.state())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The cluster goes anyway; this only keeps it small meanwhile.
        let _ = self
            .node
            .kubectl(&["delete", "namespace", self.name, "--wait=false"]);
    }
}

/// A pod that runs a shell script.
pub(crate) fn pod(namespace: &str, name: &str, script: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": BUSYBOX, "command": ["sh", "-c", script]}],
        },
    })
}

/// A shell script that serves one page over HTTP on port 8080.
pub(crate) fn web_server(page: &str) -> String {
    format!("mkdir -p /tmp/www && echo '{page}' >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www")
}
