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
