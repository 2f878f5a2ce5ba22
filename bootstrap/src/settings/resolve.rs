//! Pure: what all layers say, and what the machine is, become checked [`Settings`] or all that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::check::Check;
use super::facts::Facts;
use super::grammar::{self, address, expected_address};
use super::layer::{Merged, Origin, Value};
use super::nearest::nearest;
use super::problem::Problem;
use super::{BUNDLED_CHARTS, NodeSettings, RegistrySettings, Role, ServerSettings, Settings};

/// The static pods: `<component>-arg`, `<component>-extra-env` and `<component>-image` are their keys.
const STATIC_PODS: [&str; 4] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
];

/// Checks everything; the settings come out only when nothing is wrong.
pub(crate) fn resolve(role: Role, merged: &Merged, facts: &Facts) -> Result<Settings, Vec<Problem>> {
    if role == Role::Agent {
        return Err(vec![Problem {
            origin: Origin::Command("agent"),
            key: String::new(),
            what: "joins a server, and joining is not in this version".to_owned(),
        }]);
    }
    let mut check = Check {
        merged,
        problems: Vec::new(),
    };
    let settings = check.settings(role, facts);
    match settings {
        Some(settings) if check.problems.is_empty() => Ok(settings),
        _ => Err(check.problems),
    }
}

impl Check<'_> {
    /// `None` only when a problem was found; every part is looked at before that is said.
    fn settings(&mut self, role: Role, facts: &Facts) -> Option<Settings> {
        let debug = self.switch("debug");
        let data_dir = self.path("data-dir");
        let node = self.node(facts);
        let network = self.network(node.as_ref().map(|node| node.ip));
        let server = self.server(node.as_ref().map(|node| node.ip), facts);
        let registry = self.registry();
        let arguments = self.by_component(STATIC_PODS.iter().chain(&["kubelet"]), "arg", grammar::argument);
        let environment = self.by_component(&STATIC_PODS, "extra-env", grammar::variable);
        Some(Settings {
            role,
            debug,
            data_dir: data_dir?,
            node: node?,
            network: network?,
            server: server?,
            registry: registry?,
            arguments,
            environment,
        })
    }

    fn node(&mut self, facts: &Facts) -> Option<NodeSettings> {
        let name = self.node_name(facts);
        let ip = self.node_ip(facts);
        let external_ip = self.single("node-external-ip", address);
        let labels = self.many("node-label", grammar::label);
        let taints = self.many("node-taint", grammar::taint);
        let resolv_conf = self.path("resolv-conf");
        let snapshotter = self.single("snapshotter", snapshotter);
        let protect_kernel_defaults = self.switch("protect-kernel-defaults");
        Some(NodeSettings {
            name: name?,
            ip: ip?,
            external_ip,
            labels,
            taints,
            resolv_conf,
            snapshotter: snapshotter?,
            protect_kernel_defaults,
        })
    }

    fn node_name(&mut self, facts: &Facts) -> Option<String> {
        if let Some(value) = self.text("node-name") {
            return self.checked("node-name", &value, grammar::node_name);
        }
        let host = facts.host_name.trim_end_matches('.').to_lowercase();
        let name = grammar::node_name(&host).ok();
        if name.is_none() {
            let what = format!("is not set, and the host name `{host}` cannot be a node's name; set it");
            self.refuse("node-name", what);
        }
        name
    }

    fn node_ip(&mut self, facts: &Facts) -> Option<IpAddr> {
        if !self.values("node-ip").is_empty() {
            return self.single("node-ip", address);
        }
        match &facts.address {
            Ok(address) => Some(*address),
            Err(reason) => {
                self.refuse("node-ip", format!("is not set, and {reason}; set it"));
                None
            }
        }
    }

    fn server(&mut self, node_ip: Option<IpAddr>, facts: &Facts) -> Option<ServerSettings> {
        let bind_address = self.bind_address(node_ip);
        let advertise_address = self.single("advertise-address", address).or(node_ip);
        let tls_san = self.many("tls-san", grammar::alternative_name);
        let token = self.token(facts);
        let write_kubeconfig = self.path("write-kubeconfig");
        let write_kubeconfig_mode = self.single("write-kubeconfig-mode", grammar::mode);
        let write_kubeconfig_group = self.group(facts);
        let etcd_expose_metrics = self.switch("etcd-expose-metrics");
        let mut disable: BTreeSet<String> = self.many("disable", bundled_chart).into_iter().collect();
        if self.text("cni").is_some_and(|value| value.text == "none") {
            disable.insert("flannel".to_owned());
        }
        Some(ServerSettings {
            advertise_address: advertise_address?,
            bind_address: bind_address?,
            tls_san,
            token,
            write_kubeconfig: write_kubeconfig?,
            write_kubeconfig_mode: write_kubeconfig_mode?,
            write_kubeconfig_group,
            etcd_expose_metrics,
            disable,
        })
    }

    /// All addresses of the node's family unless one is given. The node's own and loopback must reach the API server.
    fn bind_address(&mut self, node_ip: Option<IpAddr>) -> Option<IpAddr> {
        if self.values("bind-address").is_empty() {
            let is_ipv6 = node_ip.is_some_and(|ip| ip.is_ipv6());
            return Some(if is_ipv6 {
                Ipv6Addr::UNSPECIFIED.into()
            } else {
                Ipv4Addr::UNSPECIFIED.into()
            });
        }
        let bind: IpAddr = self.single("bind-address", |text| {
            text.parse().map_err(|_| expected_address(text))
        })?;
        if bind == IpAddr::from(Ipv4Addr::LOCALHOST) || bind == IpAddr::from(Ipv6Addr::LOCALHOST) {
            let what = format!("{bind} is reached from this machine only, and pods need the API server too");
            self.refuse("bind-address", what);
        }
        Some(bind)
    }

    fn token(&mut self, facts: &Facts) -> Option<String> {
        let token = self.text("token");
        let file = self.text("token-file");
        if token.is_some() && file.is_some() {
            self.refuse("token-file", "and `token` are both set; one of them must go");
        }
        if let Some(value) = token {
            return self.checked("token", &value, token_text);
        }
        let value = file?;
        match &facts.token_file {
            Some(Ok(text)) => {
                let read = Value {
                    text: text.trim().to_owned(),
                    origin: value.origin,
                };
                self.checked("token-file", &read, token_text)
            }
            Some(Err(reason)) => {
                self.refuse("token-file", format!("cannot be read: {reason}"));
                None
            }
            None => None,
        }
    }

    fn group(&mut self, facts: &Facts) -> Option<u32> {
        match facts.group.clone()? {
            Ok(id) => Some(id),
            Err(what) => {
                self.refuse("write-kubeconfig-group", what);
                None
            }
        }
    }

    fn registry(&mut self) -> Option<RegistrySettings> {
        let private_registry = self.path("private-registry");
        let system_default_registry = self.single("system-default-registry", grammar::registry);
        let runtime_image = self.single("runtime-image", grammar::image);
        let images = self.by_component(STATIC_PODS.iter().chain(&["pause"]), "image", grammar::image);
        let images = images
            .into_iter()
            .filter_map(|(component, mut images)| Some((component, images.pop()?)))
            .collect();
        Some(RegistrySettings {
            private_registry: private_registry?,
            system_default_registry,
            runtime_image,
            images,
        })
    }

    /// What the keys `<component>-<what>` say.
    fn by_component<'c, T>(
        &mut self,
        components: impl IntoIterator<Item = &'c &'static str>,
        what: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> BTreeMap<String, Vec<T>> {
        let mut found = BTreeMap::new();
        for component in components {
            let given = self.many(&format!("{component}-{what}"), &read);
            if !given.is_empty() {
                found.insert((*component).to_owned(), given);
            }
        }
        found
    }
}

fn snapshotter(text: &str) -> Result<String, String> {
    match text {
        "overlayfs" | "native" => Ok(text.to_owned()),
        other => Err(format!("takes overlayfs or native, not `{other}`")),
    }
}

fn bundled_chart(text: &str) -> Result<String, String> {
    if BUNDLED_CHARTS.contains(&text) {
        return Ok(text.to_owned());
    }
    let bare = text.strip_prefix("rke2-").unwrap_or(text);
    match nearest(bare, BUNDLED_CHARTS) {
        Some(near) => Err(format!(
            "names `{text}`, which is not bundled; did you mean `{near}`?"
        )),
        None => Err(format!(
            "names `{text}`, which is not bundled; bundled are {}",
            BUNDLED_CHARTS.join(", ")
        )),
    }
}

/// A token travels in headers and URLs' user part, so it holds printable letters only.
fn token_text(text: &str) -> Result<String, String> {
    let is_sound = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_sound && !text.is_empty() {
        Ok(text.to_owned())
    } else {
        Err("takes printable letters without spaces".to_owned())
    }
}

#[cfg(test)]
mod tests;
