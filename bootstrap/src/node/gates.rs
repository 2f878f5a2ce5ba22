//! What has happened for the first time: later steps wait for it.

use tokio::sync::SetOnce;

use crate::plan::Gate;

/// One event a gate. An open gate stays open.
#[derive(Default)]
pub(crate) struct Gates {
    kubelet: SetOnce<()>,
    etcd: SetOnce<()>,
    api_server: SetOnce<()>,
    /// The API server answers, though its own start is not finished: enough for nodes and administrators.
    pub(crate) api_server_answers: SetOnce<()>,
}

impl Gates {
    /// The event behind a gate.
    pub(crate) fn event(&self, gate: Gate) -> &SetOnce<()> {
        match gate {
            Gate::Kubelet => &self.kubelet,
            Gate::Etcd => &self.etcd,
            Gate::ApiServer => &self.api_server,
        }
    }

    /// Opens a gate; one that is open stays so.
    pub(crate) fn open(&self, gate: Gate) {
        let _ = self.event(gate).set(());
    }

    /// Waits until a gate is open.
    pub(crate) async fn passed(&self, gate: Gate) {
        self.event(gate).wait().await;
    }
}
