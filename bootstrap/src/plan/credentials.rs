//! What the control plane's components read that is secret or signed: each by name, each with its bytes.

use std::collections::BTreeMap;

/// One file's worth of certificate, key or configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Credential {
    ClientCa,
    ClientCaKey,
    ServerCa,
    ServerCaKey,
    RequestHeaderCa,
    EtcdServerCa,
    EtcdPeerCa,
    EtcdServer,
    EtcdServerKey,
    EtcdPeer,
    EtcdPeerKey,
    EtcdClient,
    EtcdClientKey,
    ApiServer,
    ApiServerKey,
    ApiServerClient,
    ApiServerClientKey,
    AuthProxy,
    AuthProxyKey,
    ServiceAccountKey,
    EncryptionConfiguration,
    ControllerManager,
    ControllerManagerKey,
    ControllerManagerKubeconfig,
    Scheduler,
    SchedulerKey,
    SchedulerKubeconfig,
}

/// The bytes of each credential that this node holds.
#[derive(Clone, Default)]
pub(crate) struct Credentials(pub(crate) BTreeMap<Credential, Vec<u8>>);

impl Credentials {
    /// The bytes of one; an agent holds none of them.
    pub(crate) fn get(&self, credential: Credential) -> &[u8] {
        self.0.get(&credential).map_or(&[], Vec::as_slice)
    }
}
