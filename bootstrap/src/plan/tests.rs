//! The plan of a whole node, by value and as a golden file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::facts::{CgroupDriver, Cgroups, EtcdMember};
use super::*;
use crate::settings::{Cni, NetworkSettings, NodeSettings, RegistrySettings, ServerSettings};

/// A default server's settings.
pub(crate) fn settings() -> Settings {
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
    Settings {
        role: Role::Server,
        debug: false,
        data_dir: "/var/lib/bowline".into(),
        node: NodeSettings {
            name: "one".into(),
            ip,
            external_ip: None,
            labels: Vec::new(),
            taints: Vec::new(),
            resolv_conf: None,
            snapshotter: "overlayfs".into(),
            protect_kernel_defaults: false,
        },
        network: NetworkSettings {
            cluster_cidr: "10.42.0.0/16".parse().unwrap(),
            service_cidr: "10.43.0.0/16".parse().unwrap(),
            service_node_port_range: "30000-32767".into(),
            cluster_dns: IpAddr::V4(Ipv4Addr::new(10, 43, 0, 10)),
            cluster_domain: "cluster.local".into(),
            cni: Cni::Flannel,
            flannel_backend: crate::settings::FlannelBackend::Vxlan,
        },
        server: ServerSettings {
            advertise_address: ip,
            bind_address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            tls_san: Vec::new(),
            token: None,
            write_kubeconfig: "/etc/bowline/bowline.yaml".into(),
            write_kubeconfig_mode: 0o600,
            write_kubeconfig_group: None,
            etcd_expose_metrics: false,
            disable: BTreeSet::new(),
        },
        registry: RegistrySettings {
            private_registry: "/etc/bowline/registries.yaml".into(),
            system_default_registry: None,
            runtime_image: None,
            images: BTreeMap::new(),
        },
        arguments: BTreeMap::new(),
        environment: BTreeMap::new(),
    }
}

pub(crate) fn facts() -> HostFacts {
    HostFacts {
        cgroups: Cgroups::V2,
        cgroup_driver: CgroupDriver::Systemd,
        may_lower_oom_score: true,
        resolv_conf: Some("/etc/resolv.conf".into()),
        proxy_environment: Vec::new(),
        etcd_member: EtcdMember {
            name: "one-0a1b2c3d".into(),
        },
    }
}

fn plan_of(settings: &Settings, facts: &HostFacts) -> NodePlan {
    plan(&Inputs {
        layout: &Layout::new(&settings.data_dir),
        settings,
        facts,
        images: &Images::default(),
        credentials: &Credentials::default(),
        registries: &Registries::default(),
        kubelet_fragment: &Map::new(),
    })
}

fn text(plan: &NodePlan, name: &str) -> String {
    let file = plan.files.iter().find(|file| file.path.ends_with(name)).unwrap();
    String::from_utf8(file.content.clone()).unwrap()
}

#[test]
fn the_plan_of_a_default_server_is_the_golden_one() {
    let plan = plan_of(&settings(), &facts());
    let directories = plan
        .directories
        .iter()
        .map(|Directory { path, mode, owner }| format!("directory {} {mode:o} {owner}", path.display()));
    let files = plan
        .files
        .iter()
        .map(|file| format!("\n{file:?}\n{}", String::from_utf8_lossy(&file.content)));
    let pods = plan.static_pods.iter().map(|pod| {
        let StaticPod {
            name,
            image,
            after,
            uid,
            manifest,
        } = pod;
        format!("\nstatic pod {name} {image} after {after:?} uid {uid}\n{manifest}")
    });
    let lines: Vec<String> = directories.chain(files).chain(pods).collect();
    let golden = format!("{}\n{:#?}", lines.join("\n"), plan.processes);
    insta::assert_snapshot!(golden);
}

#[test]
fn an_agent_has_neither_static_pods_nor_files_of_the_control_plane() {
    let agent = Settings {
        role: Role::Agent,
        ..settings()
    };
    let plan = plan_of(&agent, &facts());
    assert!(plan.static_pods.is_empty());
    assert!(
        plan.files
            .iter()
            .all(|file| !file.path.starts_with("/var/lib/bowline/server"))
    );
}

#[test]
fn a_machine_that_may_not_lower_oom_scores_tells_containerd_so() {
    let poor = HostFacts {
        may_lower_oom_score: false,
        ..facts()
    };
    assert!(text(&plan_of(&settings(), &poor), "config.toml").contains("restrict_oom_score_adj = true"));
}

#[test]
fn on_cgroup_v1_the_kubelet_is_told_to_run_nevertheless() {
    let old = HostFacts {
        cgroups: Cgroups::V1,
        cgroup_driver: CgroupDriver::Cgroupfs,
        ..facts()
    };
    let plan = plan_of(&settings(), &old);
    let kubelet: Value = serde_json::from_str(&text(&plan, "kubelet.conf")).unwrap();
    assert_eq!(kubelet["failCgroupV1"], false);
    assert_eq!(kubelet["cgroupDriver"], "cgroupfs");
    assert!(text(&plan, "config.toml").contains("SystemdCgroup = false"));
}

#[test]
fn without_a_name_server_pods_inherit_an_empty_resolver_file() {
    let lonely = HostFacts {
        resolv_conf: None,
        ..facts()
    };
    let plan = plan_of(&settings(), &lonely);
    let kubelet: Value = serde_json::from_str(&text(&plan, "kubelet.conf")).unwrap();
    assert_eq!(kubelet["resolvConf"], "/var/lib/bowline/agent/etc/resolv.conf");
    assert!(!text(&plan, "resolv.conf").contains("nameserver"));
}

#[test]
fn without_a_bundled_network_no_cni_file_is_written() {
    let mut settings = settings();
    settings.network.cni = Cni::None;
    assert!(
        plan_of(&settings, &facts())
            .files
            .iter()
            .all(|file| !file.path.ends_with("10-flannel.conflist"))
    );
}

#[test]
fn the_etcd_members_name_is_kept_beside_its_data() {
    let plan = plan_of(&settings(), &facts());
    let name = plan
        .files
        .iter()
        .find(|file| file.path.ends_with("db/etcd/name"))
        .unwrap();
    assert_eq!(name.content, b"one-0a1b2c3d\n");
}

#[test]
fn a_users_argument_reaches_the_component_it_names() {
    let mut settings = settings();
    settings
        .arguments
        .insert("etcd".into(), vec!["snapshot-count=7".into()]);
    let plan = plan_of(&settings, &facts());
    assert!(plan.static_pods[0].manifest.contains("--snapshot-count=7"));
    assert!(!plan.static_pods[0].manifest.contains("--snapshot-count=10000"));
}

#[test]
fn a_users_variable_reaches_its_component_and_goes_before_the_machines_own() {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let proxied = HostFacts {
        proxy_environment: vec![
            variable("HTTPS_PROXY", "http://machine"),
            variable("NO_PROXY", "a"),
        ],
        ..facts()
    };
    let mut settings = settings();
    settings.environment.insert(
        "kube-apiserver".into(),
        vec![variable("HTTPS_PROXY", "http://user"), variable("GOGC", "50")],
    );
    let plan = plan_of(&settings, &proxied);
    let environment = |pod: &StaticPod| {
        let manifest: Value = serde_json::from_str(&pod.manifest).unwrap();
        manifest["spec"]["containers"][0]["env"].clone()
    };
    assert_eq!(
        environment(&plan.static_pods[1]),
        serde_json::json!([
            { "name": "NO_PROXY", "value": "a" },
            { "name": "HTTPS_PROXY", "value": "http://user" },
            { "name": "GOGC", "value": "50" },
        ])
    );
    assert_eq!(environment(&plan.static_pods[0]), serde_json::json!([]));
}

#[test]
fn etcd_shows_its_metrics_to_others_when_asked_to() {
    let mut settings = settings();
    settings.server.etcd_expose_metrics = true;
    let plan = plan_of(&settings, &facts());
    let urls = "--listen-metrics-urls=http://127.0.0.1:2381,http://192.0.2.10:2381";
    assert!(plan.static_pods[0].manifest.contains(urls));
}

#[test]
fn the_operator_runs_before_any_network_and_never_as_root() {
    let objects = operator::objects(&Images::default(), &Layout::new("/var/lib/bowline"));
    insta::assert_json_snapshot!(objects);
    let pod = &objects[2]["spec"]["template"]["spec"];
    assert_eq!(pod["hostNetwork"], true);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
}
