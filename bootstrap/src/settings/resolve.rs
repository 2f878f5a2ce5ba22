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
mod tests {
    use std::path::PathBuf;

    use super::super::Cni;
    use super::super::keys::find;
    use super::super::layer::{Entry, merge};
    use super::*;

    fn facts() -> Facts {
        Facts {
            host_name: "Node-1".to_owned(),
            address: Ok("192.0.2.10".parse().unwrap()),
            token_file: None,
            group: None,
        }
    }

    fn merged(pairs: &[(&str, &str)]) -> Merged {
        let entry = |(name, text): &(&str, &str)| Entry {
            key: find(name, Role::Server).unwrap(),
            append: true,
            values: vec![Value {
                text: (*text).to_owned(),
                origin: Origin::Flag((*name).to_owned()),
            }],
        };
        merge([pairs.iter().map(entry).collect()])
    }

    fn server(pairs: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let texts = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
        resolve(Role::Server, &merged(pairs), &facts()).map_err(texts)
    }

    fn refusal(pairs: &[(&str, &str)]) -> String {
        server(pairs).unwrap_err().join("\n")
    }

    #[test]
    fn nothing_said_gives_the_defaults() {
        let settings = server(&[]).unwrap();
        assert_eq!(settings.node.name, "node-1");
        assert_eq!(settings.node.ip.to_string(), "192.0.2.10");
        assert_eq!(settings.network.cluster_cidr.to_string(), "10.42.0.0/16");
        assert_eq!(settings.network.cluster_dns.to_string(), "10.43.0.10");
        assert_eq!(settings.network.cni, Cni::Flannel);
        assert_eq!(settings.server.advertise_address, settings.node.ip);
        assert_eq!(settings.server.bind_address.to_string(), "0.0.0.0");
        assert_eq!(settings.server.write_kubeconfig_mode, 0o600);
        assert_eq!(settings.data_dir, PathBuf::from("/var/lib/bowline"));
        assert_eq!(settings.arguments, BTreeMap::new());
    }

    #[test]
    fn values_are_checked_into_their_types() {
        let settings = server(&[
            ("service-cidr", "10.96.0.0/12"),
            ("tls-san", "api.example,192.0.2.99"),
            ("disable", "ingress,metrics-server"),
            ("kubelet-arg", "max-pods=50"),
            ("kubelet-arg", "feature-gates=A=true,B=false"),
            ("node-label", "pool=one"),
            ("write-kubeconfig-mode", "0644"),
            ("debug", "true"),
        ])
        .unwrap();
        assert_eq!(settings.network.cluster_dns.to_string(), "10.96.0.10");
        assert_eq!(settings.server.tls_san, ["api.example", "192.0.2.99"]);
        assert_eq!(
            settings.server.disable.iter().collect::<Vec<_>>(),
            ["ingress", "metrics-server"]
        );
        assert_eq!(
            settings.arguments["kubelet"],
            ["max-pods=50", "feature-gates=A=true,B=false"]
        );
        assert_eq!(settings.node.labels, ["pool=one"]);
        assert_eq!(settings.server.write_kubeconfig_mode, 0o644);
        assert!(settings.debug);
    }

    #[test]
    fn components_have_images_and_variables_of_the_users_choice() {
        let settings = server(&[
            ("pause-image", "example.org/pause:3"),
            ("etcd-image", "example.org/etcd:1"),
            ("kube-apiserver-extra-env", "GOGC=50"),
            ("kube-apiserver-extra-env", "EMPTY="),
            ("etcd-expose-metrics", "true"),
            ("protect-kernel-defaults", "true"),
        ])
        .unwrap();
        assert_eq!(settings.registry.images["pause"], "example.org/pause:3");
        assert_eq!(settings.registry.images["etcd"], "example.org/etcd:1");
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            settings.environment["kube-apiserver"],
            [variable("GOGC", "50"), variable("EMPTY", "")]
        );
        assert!(settings.server.etcd_expose_metrics && settings.node.protect_kernel_defaults);
        assert!(refusal(&[("etcd-extra-env", "1A=b")]).contains("takes variables as NAME=value"));
        assert!(refusal(&[("debug", "maybe")]).contains("takes true or false, not `maybe`"));
    }

    #[test]
    fn all_problems_are_shown_together() {
        let text = refusal(&[
            ("node-ip", "x"),
            ("cluster-cidr", "10.42.0.1/16"),
            ("node-taint", "a"),
            ("cni", "canal"),
        ]);
        for part in [
            "flag --node-ip: `node-ip` takes an address such as 192.0.2.10, not `x`",
            "flag --cluster-cidr: `cluster-cidr` holds `10.42.0.1/16`",
            "flag --node-taint: `node-taint` takes taints",
            "flag --cni: `cni` takes flannel or none; `canal` is known to RKE2",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn blocks_must_fit_each_other_and_the_node() {
        assert!(refusal(&[("cluster-cidr", "10.43.0.0/16")]).contains("overlaps cluster-cidr"));
        assert!(refusal(&[("cluster-cidr", "192.0.0.0/16")]).contains("this node's own address 192.0.2.10"));
        assert!(refusal(&[("cluster-cidr", "10.42.0.0/25")]).contains("each node takes a /24"));
        assert!(refusal(&[("service-cidr", "10.0.0.0/30")]).contains("between 16 and"));
        assert!(refusal(&[("cluster-cidr", "fd00:42::/56")]).contains("not of the family of cluster-cidr"));
        let mask = ("kube-controller-manager-arg", "node-cidr-mask-size=26");
        assert!(server(&[("cluster-cidr", "10.42.0.0/25"), mask]).is_ok());
    }

    #[test]
    fn cluster_dns_lies_in_the_service_block_and_is_free() {
        assert!(refusal(&[("cluster-dns", "10.50.0.10")]).contains("lies outside service-cidr 10.43.0.0/16"));
        assert!(refusal(&[("cluster-dns", "10.43.0.1")]).contains("is taken"));
    }

    #[test]
    fn an_ipv6_node_binds_to_its_family() {
        let settings = server(&[
            ("node-ip", "2001:db8::7"),
            ("cluster-cidr", "fd00:42::/56"),
            ("service-cidr", "fd00:43::/112"),
        ])
        .unwrap();
        assert_eq!(settings.server.bind_address.to_string(), "::");
        assert_eq!(settings.network.cluster_dns.to_string(), "fd00:43::a");
    }

    #[test]
    fn what_the_machine_cannot_say_must_be_set() {
        let poor = Facts {
            host_name: "my_host".to_owned(),
            address: Err("there is no default route to take it from".to_owned()),
            token_file: None,
            group: None,
        };
        let problems = resolve(Role::Server, &Merged::new(), &poor).unwrap_err();
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "this machine: `node-name` is not set, and the host name `my_host` cannot be a node's name; set it",
                "this machine: `node-ip` is not set, and there is no default route to take it from; set it",
            ]
        );
    }

    #[test]
    fn without_a_cni_of_ours_its_chart_is_left_out() {
        let settings = server(&[("cni", "none")]).unwrap();
        assert_eq!(settings.network.cni, Cni::None);
        assert!(settings.server.disable.contains("flannel"));
    }

    #[test]
    fn a_chart_that_is_not_bundled_is_refused_with_the_nearest() {
        assert!(refusal(&[("disable", "rke2-coredns")]).contains("did you mean `coredns`?"));
        assert!(refusal(&[("disable", "traefik")]).contains("bundled are kube-proxy"));
    }

    #[test]
    fn an_agent_is_told_that_joining_is_missing() {
        let problems = resolve(Role::Agent, &Merged::new(), &facts()).unwrap_err();
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["bowline agent: joins a server, and joining is not in this version"]
        );
    }

    #[test]
    fn the_token_comes_from_one_place() {
        assert_eq!(
            server(&[("token", "secret")]).unwrap().server.token.as_deref(),
            Some("secret")
        );
        assert!(refusal(&[("token", "a b")]).contains("printable"));
        assert!(refusal(&[("token", "a"), ("token-file", "/t")]).contains("one of them must go"));
        let from_file = Facts {
            token_file: Some(Ok("secret\n".to_owned())),
            ..facts()
        };
        let settings = resolve(Role::Server, &merged(&[("token-file", "/t")]), &from_file).unwrap();
        assert_eq!(settings.server.token.as_deref(), Some("secret"));
        let unreadable = Facts {
            token_file: Some(Err("failed to open file `/t`".to_owned())),
            ..facts()
        };
        let problems = resolve(Role::Server, &merged(&[("token-file", "/t")]), &unreadable).unwrap_err();
        assert!(
            problems[0]
                .to_string()
                .contains("cannot be read: failed to open file `/t`")
        );
    }

    #[test]
    fn empty_values_count_as_not_given() {
        let settings = server(&[("system-default-registry", ""), ("node-ip", ""), ("tls-san", "")]).unwrap();
        assert_eq!(settings.registry.system_default_registry, None);
        assert_eq!(settings.server.tls_san, [""; 0]);
    }

    #[test]
    fn a_second_address_is_refused_for_now() {
        assert!(refusal(&[("node-ip", "192.0.2.1,2001:db8::1")]).contains("takes one value in this version"));
    }

    #[test]
    fn paths_are_absolute() {
        assert!(refusal(&[("data-dir", "data")]).contains("takes an absolute path"));
        assert!(refusal(&[("data-dir", "/var/../etc")]).contains("takes an absolute path"));
    }
}
