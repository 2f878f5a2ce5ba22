//! What has happened since the node was last planned: later steps wait for it.

use tokio::sync::watch;

use crate::plan::Gate;

/// Something that happens once; who waits for it goes on then, or at once if it has happened.
#[derive(Debug, Default)]
pub(crate) struct Event(watch::Sender<bool>);

impl Event {
    /// It has happened.
    pub(crate) fn set(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it has happened.
    pub(crate) async fn wait(&self) {
        // The sender lives as long as we do.
        let _ = self.0.subscribe().wait_for(|happened| *happened).await;
    }

    fn reset(&self) {
        self.0.send_replace(false);
    }
}

/// One event a gate. An open gate stays open until all are closed.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    kubelet: Event,
    etcd: Event,
    api_server: Event,
    /// The API server answers, though its own start is not finished: enough for nodes and administrators.
    pub(crate) api_server_answers: Event,
}

impl Gates {
    /// The event behind a gate.
    pub(crate) fn event(&self, gate: Gate) -> &Event {
        match gate {
            Gate::Kubelet => &self.kubelet,
            Gate::Etcd => &self.etcd,
            Gate::ApiServer => &self.api_server,
        }
    }

    /// Waits until a gate is open.
    pub(crate) async fn passed(&self, gate: Gate) {
        self.event(gate).wait().await;
    }

    /// Everybody waits again, for pods may be replaced.
    pub(crate) fn close(&self) {
        let Self {
            kubelet,
            etcd,
            api_server,
            api_server_answers,
        } = self;
        for event in [kubelet, etcd, api_server, api_server_answers] {
            event.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn an_open_gate_lets_everybody_through_until_it_is_closed() {
        let gates = Gates::default();
        gates.event(Gate::Etcd).set();
        gates.event(Gate::Etcd).set();
        gates.passed(Gate::Etcd).await;
        let short = Duration::from_millis(20);
        assert!(timeout(short, gates.passed(Gate::ApiServer)).await.is_err());
        gates.close();
        assert!(timeout(short, gates.passed(Gate::Etcd)).await.is_err());
    }
}
