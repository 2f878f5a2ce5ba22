//! Every path on disk, from one data dir. Nobody else joins paths.

use std::path::{Path, PathBuf};

/// Where configuration that people write is kept.
pub(crate) const CONFIG_DIR: &str = "/etc/bowline";
/// Sockets, locks and the status file; gone after a reboot.
pub(crate) const RUN_DIR: &str = "/run/bowline";
/// The data dir when nobody names another.
pub(crate) const DATA_DIR: &str = "/var/lib/bowline";

/// The paths of one node, all below its data dir or the run dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    data: PathBuf,
    run: PathBuf,
}

impl Layout {
    /// The layout of a node whose data dir is `data`.
    pub(crate) fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            run: RUN_DIR.into(),
        }
    }

    /// The data dir itself.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data
    }

    /// Where unpacked runtime images lie, one folder each.
    pub(crate) fn contents(&self) -> PathBuf {
        self.data.join("data")
    }

    /// The link to the programs of the runtime image in use.
    pub(crate) fn bin(&self) -> PathBuf {
        self.data.join("bin")
    }

    /// One program of the runtime image in use.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin().join(name)
    }

    /// Image archives that an administrator put there.
    pub(crate) fn images(&self) -> PathBuf {
        self.agent().join("images")
    }

    /// Static pod manifests; the kubelet watches this folder.
    pub(crate) fn pod_manifests(&self) -> PathBuf {
        self.agent().join("pod-manifests")
    }

    /// The manifest of one static pod.
    pub(crate) fn pod_manifest(&self, name: &str) -> PathBuf {
        self.pod_manifests().join(format!("{name}.yaml"))
    }

    /// Manifests that the operator applies.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.server().join("manifests")
    }

    /// What one static pod may read: its own secrets and configuration, owned by its user.
    pub(crate) fn component(&self, name: &str) -> PathBuf {
        self.server().join("components").join(name)
    }

    /// Certificates and keys of the control plane.
    pub(crate) fn tls(&self) -> PathBuf {
        self.server().join("tls")
    }

    /// One certificate of the control plane; the name may have a folder.
    pub(crate) fn tls_certificate(&self, name: &str) -> PathBuf {
        self.tls().join(format!("{name}.crt"))
    }

    /// The key to it.
    pub(crate) fn tls_key(&self, name: &str) -> PathBuf {
        self.tls().join(format!("{name}.key"))
    }

    /// Names the keys that are being written for the first time.
    pub(crate) fn tls_journal(&self) -> PathBuf {
        self.tls().join(".journal")
    }

    /// Kubeconfigs and passwords of the control plane.
    pub(crate) fn cred(&self) -> PathBuf {
        self.server().join("cred")
    }

    /// One kubeconfig of the control plane.
    pub(crate) fn kubeconfig(&self, name: &str) -> PathBuf {
        self.cred().join(format!("{name}.kubeconfig"))
    }

    /// How kube-apiserver encrypts Secrets in etcd.
    pub(crate) fn encryption_config(&self) -> PathBuf {
        self.cred().join("encryption-config.json")
    }

    /// The join token.
    pub(crate) fn token(&self) -> PathBuf {
        self.server().join("token")
    }

    /// The cluster's database and what belongs to it.
    pub(crate) fn database(&self) -> PathBuf {
        self.server().join("db")
    }

    /// etcd's data.
    pub(crate) fn etcd(&self) -> PathBuf {
        self.database().join("etcd")
    }

    /// What etcd has written, once it has begun.
    pub(crate) fn etcd_records(&self) -> PathBuf {
        self.etcd().join("member")
    }

    /// The name of this node's etcd member, chosen once.
    pub(crate) fn etcd_name(&self) -> PathBuf {
        self.etcd().join("name")
    }

    /// Certificates, keys and kubeconfigs of this node: kubelet and its like.
    pub(crate) fn agent(&self) -> PathBuf {
        self.data.join("agent")
    }

    /// One certificate of the node itself.
    pub(crate) fn agent_certificate(&self, name: &str) -> PathBuf {
        self.agent().join(format!("{name}.crt"))
    }

    /// The key to it.
    pub(crate) fn agent_key(&self, name: &str) -> PathBuf {
        self.agent().join(format!("{name}.key"))
    }

    /// Configuration files that bowline writes for the node's processes.
    pub(crate) fn agent_config(&self) -> PathBuf {
        self.agent().join("etc")
    }

    /// containerd's configuration file and what administrators add to it.
    pub(crate) fn containerd_config(&self) -> PathBuf {
        self.agent_config().join("containerd")
    }

    /// An administrator's own containerd settings, `*.toml`.
    pub(crate) fn containerd_drop_ins(&self) -> PathBuf {
        self.containerd_config().join("config.toml.d")
    }

    /// What containerd shows to registries.
    pub(crate) fn registry_credentials(&self) -> PathBuf {
        self.containerd_config().join("registries.toml")
    }

    /// How containerd reaches each registry: `<host>/hosts.toml`.
    pub(crate) fn registry_hosts(&self) -> PathBuf {
        self.containerd_config().join("certs.d")
    }

    /// CNI configuration files.
    pub(crate) fn cni_config(&self) -> PathBuf {
        self.agent_config().join("cni").join("net.d")
    }

    /// The bundled network's CNI configuration.
    pub(crate) fn flannel_config(&self) -> PathBuf {
        self.cni_config().join("10-flannel.conflist")
    }

    /// The kubelet's configuration file.
    pub(crate) fn kubelet_config(&self) -> PathBuf {
        self.agent_config().join("kubelet.conf")
    }

    /// A resolver file for pods on a machine that has none of use.
    pub(crate) fn empty_resolv_conf(&self) -> PathBuf {
        self.agent_config().join("resolv.conf")
    }

    /// What the cluster told this node last, and what became of it.
    pub(crate) fn node_state(&self) -> PathBuf {
        self.agent_config().join("node-state.json")
    }

    /// How the kubelet reaches the API server.
    pub(crate) fn kubelet_kubeconfig(&self) -> PathBuf {
        self.agent().join("kubelet.kubeconfig")
    }

    /// Whose clients the kubelet believes.
    pub(crate) fn kubelet_client_ca(&self) -> PathBuf {
        self.agent().join("client-ca.crt")
    }

    /// What the kubelet shows to its clients.
    pub(crate) fn kubelet_serving_certificate(&self) -> PathBuf {
        self.agent().join("serving-kubelet.crt")
    }

    /// The key to it.
    pub(crate) fn kubelet_serving_key(&self) -> PathBuf {
        self.agent().join("serving-kubelet.key")
    }

    /// containerd's root: images and snapshots.
    pub(crate) fn containerd_root(&self) -> PathBuf {
        self.agent().join("containerd")
    }

    /// containerd's state, gone after a reboot.
    pub(crate) fn containerd_state(&self) -> PathBuf {
        self.run.join("containerd")
    }

    /// The CRI socket.
    pub(crate) fn containerd_socket(&self) -> PathBuf {
        self.containerd_state().join("containerd.sock")
    }

    /// The kubelet's root.
    #[expect(clippy::unused_self, reason = "asked for like every other path of the node")]
    pub(crate) fn kubelet_root(&self) -> PathBuf {
        PathBuf::from("/var/lib/kubelet")
    }

    /// Logs of the node's processes.
    pub(crate) fn logs(&self) -> PathBuf {
        self.agent().join("logs")
    }

    /// What `bowline status` reads.
    pub(crate) fn status(&self) -> PathBuf {
        self.run.join("status.json")
    }

    /// What the administrator's kubectl remembers of the API server.
    pub(crate) fn kubectl_cache(&self) -> PathBuf {
        self.run.join("kubectl")
    }

    /// Held while a node runs on this data dir.
    pub(crate) fn lock(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// What uninstall must put back outside bowline's own directories.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.data.join("ledger.json")
    }

    /// What only a server has.
    pub(crate) fn server(&self) -> PathBuf {
        self.data.join("server")
    }
}
