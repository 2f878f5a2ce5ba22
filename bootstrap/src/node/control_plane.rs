//! The control plane of a server: each static pod written in its turn and followed for good.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::try_join_all;

use super::diagnosis::Diagnosis;
use super::follow::Followed;
use super::gates::Event;
use super::{Node, Tls, static_pods};
use crate::plan::{
    API_SERVER_PORT, Gate, KUBELET_HEALTH_PORT, NodePlan, StaticPod, etcd, kube_apiserver,
    kube_controller_manager, kube_scheduler,
};
use crate::processes::health::Endpoint;
use crate::processes::log;
use crate::status::{Cause, Stage};

/// Components that others wait for are asked this often until they are well.
const EAGER: Duration = Duration::from_millis(25);
/// The others.
const UNHURRIED: Duration = Duration::from_millis(200);

/// An image that is not there after this long gets a cause on the board.
const PATIENCE: Duration = Duration::from_secs(3);

/// How one component is told apart and asked.
struct Component {
    stage: Stage,
    port: u16,
    path: &'static str,
    is_tls: bool,
    eager: Duration,
    /// The gate that it opens when it is well.
    opens: Option<Gate>,
}

/// The component behind a static pod.
fn component(name: &str) -> Result<Component> {
    let unhurried = |stage, port, path| Component {
        stage,
        port,
        path,
        is_tls: true,
        eager: UNHURRIED,
        opens: None,
    };
    Ok(match name {
        etcd::NAME => Component {
            is_tls: false,
            eager: EAGER,
            opens: Some(Gate::Etcd),
            ..unhurried(Stage::Etcd, 2381, "/readyz")
        },
        kube_apiserver::NAME => Component {
            // Each question is a handshake that the API server has to pay for while it starts.
            eager: EAGER * 2,
            opens: Some(Gate::ApiServer),
            ..unhurried(Stage::ApiServer, API_SERVER_PORT, "/readyz")
        },
        kube_controller_manager::NAME => unhurried(Stage::ControllerManager, 10257, "/healthz"),
        kube_scheduler::NAME => unhurried(Stage::Scheduler, 10259, "/readyz"),
        other => bail!("{other} is no static pod of ours"),
    })
}

/// When a static pod that comes after a gate is written. An etcd without records answers before the API server has
/// loaded its code and asks, and so their pods are made beside each other; one with records may have to read for
/// minutes, which the API server would not wait for.
fn turn(after: Gate, etcd_is_new: bool) -> Gate {
    match after {
        Gate::Etcd if etcd_is_new => Gate::Kubelet,
        after => after,
    }
}

impl Node {
    /// Brings all static pods up, each in its turn, and follows them.
    pub(super) async fn control_plane(&self, plan: &NodePlan, tls: &Tls) -> Result<()> {
        let is_new = !self.layout.etcd_records().exists();
        let pods = plan.static_pods.iter();
        try_join_all(pods.map(|pod| self.static_pod(pod, turn(pod.after, is_new), tls))).await?;
        Ok(())
    }

    async fn static_pod(&self, pod: &StaticPod, turn: Gate, tls: &Tls) -> Result<()> {
        let Component {
            stage,
            port,
            path,
            is_tls,
            eager,
            opens,
        } = component(&pod.name)?;
        self.gates.passed(turn).await;
        self.board.running(stage);
        self.present
            .wait(&pod.image, PATIENCE, |missing| self.board.stuck(stage, missing))
            .await;
        static_pods::write(&self.layout, pod)?;
        let alone = Event::default();
        let followed = Followed {
            stage,
            endpoint: Endpoint {
                address: match stage {
                    Stage::ApiServer => self.api_server(),
                    _ => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                },
                path,
                tls: if is_tls { Some(tls.clone()) } else { None },
            },
            eager,
            board: &self.board,
            well: opens.map_or(&alone, |gate| self.gates.event(gate)),
            answers: (stage == Stage::ApiServer).then_some(&self.gates.api_server_answers),
        };
        let (socket, kubelet_log) = (
            self.layout.containerd_socket(),
            self.layout.logs().join("kubelet.log"),
        );
        let diagnosis = Diagnosis {
            socket: &socket,
            kubelet_log: &kubelet_log,
        };
        followed.follow(async || diagnosis.of(&pod.name).await).await
    }

    /// Follows the kubelet itself.
    pub(super) async fn follow_kubelet(&self, output: &Path) -> Result<()> {
        let followed = Followed {
            stage: Stage::Kubelet,
            endpoint: kubelet_endpoint(),
            eager: UNHURRIED,
            board: &self.board,
            well: &Event::default(),
            answers: None,
        };
        let why = async || {
            Some(Cause {
                cause: log::last_words(output)?,
                remedy: Some(format!("see {}", output.display())),
            })
        };
        followed.follow(why).await
    }
}

/// Where the kubelet answers for its health.
pub(super) fn kubelet_endpoint() -> Endpoint {
    Endpoint {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, KUBELET_HEALTH_PORT)),
        path: "/healthz",
        tls: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_static_pod_is_known_and_the_gates_that_others_wait_for_are_opened() {
        let gates = [
            etcd::NAME,
            kube_apiserver::NAME,
            kube_controller_manager::NAME,
            kube_scheduler::NAME,
        ]
        .map(|name| component(name).unwrap().opens);
        assert_eq!(gates, [Some(Gate::Etcd), Some(Gate::ApiServer), None, None]);
        assert!(component("mine").is_err());
    }

    #[test]
    fn the_api_server_waits_for_an_etcd_that_has_records_to_read() {
        let all = [Gate::Kubelet, Gate::Etcd, Gate::ApiServer];
        assert_eq!(all.map(|after| turn(after, false)), all);
        let with_etcd = [Gate::Kubelet, Gate::Kubelet, Gate::ApiServer];
        assert_eq!(all.map(|after| turn(after, true)), with_etcd);
    }
}
