//! What every controller needs: the client, the cluster's kinds, and a bound on requests under way.

use kube::Client;
use kube::runtime::events::{Recorder, Reporter};
use tokio::sync::Semaphore;

use crate::kinds::Kinds;

/// Requests for objects that run at the same time, over all controllers: each takes a connection.
const MAX_REQUESTS: usize = 16;

/// Shared by all controllers of one process.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) kinds: Kinds,
    pub(crate) recorder: Recorder,
    pub(crate) requests: Semaphore,
    /// The node this process runs on.
    pub(crate) node: String,
}

impl Context {
    pub(crate) fn new(client: Client, node: &str) -> Self {
        let reporter = Reporter {
            controller: bowline_crds::OPERATOR_NAME.into(),
            instance: Some(node.to_owned()),
        };
        Self {
            kinds: Kinds::new(client.clone()),
            recorder: Recorder::new(client.clone(), reporter),
            client,
            requests: Semaphore::new(MAX_REQUESTS),
            node: node.to_owned(),
        }
    }
}
