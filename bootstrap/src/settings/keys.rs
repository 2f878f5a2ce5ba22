//! Every key that settings know, said once: flags, the config file and the environment all come from this table.

use super::nearest::nearest;
use super::{Role, rke2};

/// How a key's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`; as a flag it needs no value.
    Switch,
    /// One value; the last one given wins.
    Text,
    /// Values that may also be joined by commas.
    List,
    /// Values that may hold commas themselves, such as `kubelet-arg`.
    Repeated,
}

/// One key: `name` in the file, `--name` as a flag, `BOWLINE_NAME` in the environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Only a server knows it.
    pub(crate) server_only: bool,
    /// What stands for the value in the help; empty for a switch.
    pub(crate) value: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) help: &'static str,
}

impl Key {
    const fn node(name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            server_only: false,
            value,
            default: None,
            help,
        }
    }

    const fn server(name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Self {
        let key = Self::node(name, kind, value, help);
        Self {
            server_only: true,
            ..key
        }
    }

    const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    /// Whether several values may be given.
    pub(crate) fn is_many(&self) -> bool {
        matches!(self.kind, Kind::List | Kind::Repeated)
    }

    /// Whether a node of this role has the key.
    pub(crate) fn is_for(&self, role: Role) -> bool {
        role == Role::Server || !self.server_only
    }

    /// The name in the environment.
    pub(crate) fn variable(&self) -> String {
        if self.name == CONFIG {
            return CONFIG_VARIABLE.to_owned();
        }
        format!("{VARIABLE_PREFIX}{}", self.name.replace('-', "_").to_uppercase())
    }
}

/// What every variable of ours begins with.
pub(crate) const VARIABLE_PREFIX: &str = "BOWLINE_";

/// The one key that cannot stand in a config file: it names that file.
pub(crate) const CONFIG: &str = "config";
/// RKE2's name for it.
const CONFIG_VARIABLE: &str = "BOWLINE_CONFIG_FILE";

/// All keys, in the order of the help.
pub(crate) const KEYS: &[Key] = &[
    Key::node(
        CONFIG,
        Kind::Text,
        "FILE",
        "Config file; drop-ins lie beside it in FILE.d/",
    )
    .or("/etc/bowline/config.yaml"),
    Key::node("debug", Kind::Switch, "", "Log more"),
    Key::node("data-dir", Kind::Text, "DIR", "Where everything is kept").or(crate::layout::DATA_DIR),
    Key::node(
        "node-name",
        Kind::Text,
        "NAME",
        "Name of this node [default: the host name]",
    ),
    Key::node(
        "node-ip",
        Kind::List,
        "IP",
        "Address of this node [default: that of the default route's interface]",
    ),
    Key::node(
        "node-external-ip",
        Kind::List,
        "IP",
        "Address of this node as seen from outside",
    ),
    Key::node(
        "node-label",
        Kind::Repeated,
        "KEY=VALUE",
        "Label that the node registers with",
    ),
    Key::node(
        "node-taint",
        Kind::Repeated,
        "KEY=VALUE:EFFECT",
        "Taint that the node registers with",
    ),
    Key::node(
        "resolv-conf",
        Kind::Text,
        "FILE",
        "resolv.conf for pods that use the node's DNS",
    ),
    Key::node(
        "snapshotter",
        Kind::Text,
        "NAME",
        "containerd's snapshotter: overlayfs or native",
    )
    .or("overlayfs"),
    Key::node(
        "private-registry",
        Kind::Text,
        "FILE",
        "Registry mirrors, credentials and CAs",
    )
    .or("/etc/bowline/registries.yaml"),
    Key::node(
        "system-default-registry",
        Kind::Text,
        "HOST",
        "Registry of all images that bowline itself names",
    ),
    Key::node(
        "runtime-image",
        Kind::Text,
        "IMAGE",
        "Image that brings the node's programs and charts",
    ),
    Key::node(
        "pause-image",
        Kind::Text,
        "IMAGE",
        "Image that holds the namespaces of a pod",
    ),
    Key::node(
        "protect-kernel-defaults",
        Kind::Switch,
        "",
        "Let the kubelet fail rather than change kernel parameters",
    ),
    Key::node(
        "token",
        Kind::Text,
        "TOKEN",
        "Secret by which nodes join [default: made at the first start]",
    ),
    Key::node("token-file", Kind::Text, "FILE", "File that holds the token"),
    Key::node(
        "kubelet-arg",
        Kind::Repeated,
        "NAME=VALUE",
        "Argument for the kubelet",
    ),
    Key::server(
        "bind-address",
        Kind::Text,
        "IP",
        "Address that the API server listens on [default: all]",
    ),
    Key::server(
        "advertise-address",
        Kind::Text,
        "IP",
        "Address of the API server as others see it [default: node-ip]",
    ),
    Key::server(
        "tls-san",
        Kind::List,
        "NAME",
        "Further name or address in the API server's certificate",
    ),
    Key::server("cluster-cidr", Kind::List, "CIDR", "Addresses of pods").or("10.42.0.0/16"),
    Key::server("service-cidr", Kind::List, "CIDR", "Addresses of Services").or("10.43.0.0/16"),
    Key::server(
        "service-node-port-range",
        Kind::Text,
        "FROM-TO",
        "Ports of NodePort Services",
    )
    .or("30000-32767"),
    Key::server(
        "cluster-dns",
        Kind::List,
        "IP",
        "Address of cluster DNS [default: the tenth of service-cidr]",
    ),
    Key::server("cluster-domain", Kind::Text, "NAME", "Domain of cluster DNS").or("cluster.local"),
    Key::server(
        "cni",
        Kind::List,
        "NAME",
        "Pod network: flannel, or none to bring your own",
    )
    .or("flannel"),
    // Not in RKE2: its flannel lies in canal's chart. What else flannel can do is set by HelmChartConfig here, too.
    Key::server(
        "flannel-backend",
        Kind::Text,
        "NAME",
        "How flannel carries packets: vxlan or host-gw",
    )
    .or("vxlan"),
    Key::server("disable", Kind::List, "CHART", "Bundled chart to leave out"),
    Key::server(
        "write-kubeconfig",
        Kind::Text,
        "FILE",
        "Where the admin kubeconfig is written",
    )
    .or("/etc/bowline/bowline.yaml"),
    Key::server("write-kubeconfig-mode", Kind::Text, "MODE", "Its mode, in octal").or("0600"),
    Key::server(
        "write-kubeconfig-group",
        Kind::Text,
        "GROUP",
        "Its group [default: root]",
    ),
    Key::server(
        "etcd-expose-metrics",
        Kind::Switch,
        "",
        "Serve etcd's metrics on the node's address, too",
    ),
    Key::server(
        "kube-apiserver-arg",
        Kind::Repeated,
        "NAME=VALUE",
        "Argument for kube-apiserver",
    ),
    Key::server(
        "kube-controller-manager-arg",
        Kind::Repeated,
        "NAME=VALUE",
        "Argument for kube-controller-manager",
    ),
    Key::server(
        "kube-scheduler-arg",
        Kind::Repeated,
        "NAME=VALUE",
        "Argument for kube-scheduler",
    ),
    Key::server("etcd-arg", Kind::Repeated, "NAME=VALUE", "Argument for etcd"),
    Key::server(
        "kube-apiserver-image",
        Kind::Text,
        "IMAGE",
        "Image of kube-apiserver",
    ),
    Key::server(
        "kube-controller-manager-image",
        Kind::Text,
        "IMAGE",
        "Image of kube-controller-manager",
    ),
    Key::server(
        "kube-scheduler-image",
        Kind::Text,
        "IMAGE",
        "Image of kube-scheduler",
    ),
    Key::server("etcd-image", Kind::Text, "IMAGE", "Image of etcd"),
    Key::server(
        "kube-apiserver-extra-env",
        Kind::Repeated,
        "NAME=VALUE",
        "Variable of kube-apiserver's environment",
    ),
    Key::server(
        "kube-controller-manager-extra-env",
        Kind::Repeated,
        "NAME=VALUE",
        "Variable of kube-controller-manager's environment",
    ),
    Key::server(
        "kube-scheduler-extra-env",
        Kind::Repeated,
        "NAME=VALUE",
        "Variable of kube-scheduler's environment",
    ),
    Key::server(
        "etcd-extra-env",
        Kind::Repeated,
        "NAME=VALUE",
        "Variable of etcd's environment",
    ),
];

/// The key of this name that a node of this role has.
pub(crate) fn find(name: &str, role: Role) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name && key.is_for(role))
}

/// What to say of a name that is no key.
pub(crate) fn explain_unknown(name: &str, role: Role) -> String {
    if KEYS.iter().any(|key| key.name == name) {
        return "is a key of servers only".to_owned();
    }
    if name == "server" {
        return "names a server to join, and joining is not in this version".to_owned();
    }
    if rke2::is_known(name) {
        return "is known to RKE2, but not in this version".to_owned();
    }
    let names = KEYS.iter().filter(|key| key.is_for(role)).map(|key| key.name);
    match nearest(name, names) {
        Some(near) => format!("is not a key; did you mean `{near}`?"),
        None => "is not a key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice_in_the_table() {
        let mut names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KEYS.len());
        assert!(KEYS.iter().all(|key| !rke2::is_known(key.name)));
    }

    #[test]
    fn a_slip_finds_the_right_key() {
        assert_eq!(
            explain_unknown("node_ip", Role::Server),
            "is not a key; did you mean `node-ip`?"
        );
        assert_eq!(
            explain_unknown("tls-sans", Role::Server),
            "is not a key; did you mean `tls-san`?"
        );
        assert_eq!(
            explain_unknown("clusterdns", Role::Server),
            "is not a key; did you mean `cluster-dns`?"
        );
        assert_eq!(explain_unknown("completely-else", Role::Server), "is not a key");
    }

    #[test]
    fn keys_of_rke2_and_of_servers_are_named_as_such() {
        let missing = "is known to RKE2, but not in this version";
        assert_eq!(explain_unknown("profile", Role::Server), missing);
        assert_eq!(explain_unknown("etcd-s3-bucket", Role::Server), missing);
        assert_eq!(explain_unknown("kube-proxy-extra-env", Role::Server), missing);
        assert_eq!(
            explain_unknown("cluster-cidr", Role::Agent),
            "is a key of servers only"
        );
    }

    #[test]
    fn a_variable_is_the_key_in_capitals() {
        let key = find("write-kubeconfig-mode", Role::Server).unwrap();
        assert_eq!(key.variable(), "BOWLINE_WRITE_KUBECONFIG_MODE");
        assert_eq!(
            find(CONFIG, Role::Agent).unwrap().variable(),
            "BOWLINE_CONFIG_FILE"
        );
    }
}
