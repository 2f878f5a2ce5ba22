//! What every controller needs: the client, the cluster's kinds, and a bound on requests under way.

use kube::Client;
use kube::runtime::events::{Recorder, Reporter};
use tokio::sync::Semaphore;

use crate::kinds::Kinds;

/// Requests that change objects and run at the same time, over all controllers.
const MAX_WRITES: usize = 8;

/// Shared by all controllers of one process.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) kinds: Kinds,
    pub(crate) recorder: Recorder,
    pub(crate) writes: Semaphore,
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
            writes: Semaphore::new(MAX_WRITES),
            node: node.to_owned(),
        }
    }
}
