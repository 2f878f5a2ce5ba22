//! The bundled charts and the sample: what they give is in the golden files, and what they share is equal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bowline_charts::{Chart, Release, Render, Rendered, directory, object, render, yaml};
use serde_json::{Value, json};

const BUNDLED: [&str; 5] = ["coredns", "flannel", "ingress", "kube-proxy", "metrics-server"];

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn chart(relative: &str) -> Chart {
    let files = directory::read(&path(relative)).expect("the chart lies in this crate");
    Chart::from_files(files).expect("the chart is sound")
}

fn rendered(name: &str, values: Value) -> Rendered {
    let release = Release::install(name, "kube-system");
    render(&chart(&format!("bundled/{name}")), &Render::new(release, values)).expect("the chart renders")
}

/// With the facts that a node adds, as the text that a person would read.
fn manifest(name: &str, values: Value) -> String {
    let mut all = values;
    all["global"]["apiServerHost"] = json!("192.0.2.10");
    object::manifest(&rendered(name, all).objects).expect("the chart renders")
}

/// Every pod template of a chart.
fn pods(name: &str) -> Vec<Value> {
    let objects = rendered(name, json!({"global": {"apiServerHost": "192.0.2.10"}})).objects;
    objects
        .iter()
        .map(|object| object.value()["spec"]["template"]["spec"].clone())
        .filter(|pod| !pod.is_null())
        .collect()
}

#[test]
fn each_chart_gives_its_golden_objects() {
    for name in BUNDLED {
        insta::assert_snapshot!(name, manifest(name, json!({})));
    }
}

#[test]
fn kube_proxy_takes_configuration_and_a_registry() {
    let values = json!({
        "global": {"systemDefaultRegistry": "registry.example:5000", "clusterCIDR": "10.42.0.0/16,fd00::/56"},
        "config": {"nodePortAddresses": ["primary"]},
        "resources": {},
    });
    insta::assert_snapshot!(manifest("kube-proxy", values));
}

#[test]
fn flannel_routes_between_hosts_in_two_families() {
    let values = json!({
        "global": {"clusterCIDR": "10.42.0.0/16,fd00:42::/56"},
        "backend": "host-gw",
        "interfaces": ["eth1"],
    });
    insta::assert_snapshot!(manifest("flannel", values));
}

#[test]
fn coredns_without_upstreams_forwards_nothing() {
    let values = json!({
        "global": {"upstreamDNS": false, "clusterDomain": "example.test"},
        "replicas": 2,
        "extraServers": "corp.example:53 {\n    forward . 192.0.2.53\n}\n",
        "extraPlugins": "log\nminimal",
    });
    insta::assert_snapshot!(manifest("coredns", values));
}

#[test]
fn metrics_server_can_wait_for_its_figures() {
    let values = json!({"readyWithMetrics": true, "replicas": 2, "extraArgs": ["--v=2"], "tolerations": []});
    insta::assert_snapshot!(manifest("metrics-server", values));
}

#[test]
fn ingress_takes_other_ports_and_trusted_proxies() {
    let values = json!({
        "hostPorts": {"http": 8080, "https": 0},
        "trustedIPs": ["192.0.2.0/24", "198.51.100.7"],
        "statusAddress": "198.51.100.1",
        "ingressClass": {"name": "inner", "isDefault": false},
    });
    insta::assert_snapshot!(manifest("ingress", values));
}

#[test]
fn the_sample_gives_its_golden_objects() {
    let give = |values: Value| {
        render(
            &chart("samples/hello"),
            &Render::new(Release::install("hello", "default"), values),
        )
        .unwrap()
    };
    let plain = give(json!({}));
    insta::assert_snapshot!("hello", object::manifest(&plain.objects).unwrap());
    assert_eq!(
        plain.notes.as_deref(),
        Some("\"Hello from Bowline\" is served as http://hello.default inside the cluster.")
    );
    let values = json!({"message": "a: \"b\"\nc", "ingress": {"enabled": true, "host": "hello.test"}});
    insta::assert_snapshot!(
        "hello_with_ingress",
        object::manifest(&give(values).objects).unwrap()
    );
}

#[test]
fn what_the_node_must_say_is_asked_for() {
    for name in ["kube-proxy", "flannel"] {
        let release = Release::install(name, "kube-system");
        let error = render(
            &chart(&format!("bundled/{name}")),
            &Render::new(release, json!({})),
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("global.apiServerHost: give the API server's address"),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_flannel_back_end_is_refused_in_words() {
    let values = json!({"global": {"apiServerHost": "192.0.2.10"}, "backend": "wireguard"});
    let release = Release::install("flannel", "kube-system");
    let error = render(&chart("bundled/flannel"), &Render::new(release, values)).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("backend: wireguard is not in this build; expected vxlan or host-gw"),
        "{error}"
    );
}

#[test]
fn images_are_those_of_the_bill_of_materials() {
    let text = fs_err::read_to_string(path("../components/components.yaml")).unwrap();
    let bill: Value = yaml::read(&text).unwrap();
    let prefix = bill["prefix"].as_str().unwrap();
    let tags: BTreeMap<String, Value> = bill["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| {
            (
                format!("{prefix}/{}", image["name"].as_str().unwrap()),
                image["tag"].clone(),
            )
        })
        .collect();
    for name in BUNDLED
        .iter()
        .map(|name| format!("bundled/{name}"))
        .chain(["samples/hello".to_owned()])
    {
        let chart = chart(&name);
        let values = chart.values().unwrap();
        let image = &values["image"];
        let repository = image["repository"].as_str().unwrap();
        assert_eq!(tags.get(repository), Some(&image["tag"]), "{name}: {repository}");
        assert_eq!(image["tag"], chart.metadata().app_version, "{name}");
        assert_eq!(
            chart.metadata().app_version.trim_start_matches('v'),
            chart.version().replace("0.1.0", "1.35.0")
        );
    }
}

#[test]
fn what_the_charts_share_is_equal() {
    let read =
        |name: &str| fs_err::read_to_string(path(&format!("bundled/{name}/templates/_chart.j2"))).unwrap();
    for name in BUNDLED {
        assert_eq!(read(name), read(BUNDLED[0]), "{name}");
    }
}

#[test]
fn charts_are_named_as_their_directories_and_the_network_comes_first() {
    for name in BUNDLED {
        let chart = chart(&format!("bundled/{name}"));
        assert_eq!(chart.name(), name);
        let is_needed_to_boot = matches!(name, "coredns" | "flannel" | "kube-proxy");
        assert_eq!(
            chart.metadata().annotations["bowline.dev/bootstrap"],
            is_needed_to_boot.to_string()
        );
    }
}

#[test]
fn every_container_is_hardened() {
    for name in BUNDLED {
        for pod in pods(name) {
            for container in pod["containers"].as_array().unwrap() {
                let context = &container["securityContext"];
                assert_eq!(context["readOnlyRootFilesystem"], true, "{name}");
                assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
                assert_eq!(context["capabilities"]["drop"], json!(["ALL"]), "{name}");
                let seccomp = [
                    &context["seccompProfile"]["type"],
                    &pod["securityContext"]["seccompProfile"]["type"],
                ];
                assert!(seccomp.contains(&&json!("RuntimeDefault")), "{name}");
                let may_be_root = matches!(name, "flannel" | "kube-proxy");
                assert_eq!(
                    pod["securityContext"]["runAsNonRoot"] == true,
                    !may_be_root,
                    "{name}"
                );
                assert!(!container["resources"]["requests"].is_null(), "{name}");
                assert_eq!(container["startupProbe"]["periodSeconds"], 1, "{name}");
            }
        }
    }
}

#[test]
fn a_packed_chart_renders_as_its_directory_does() {
    let files = directory::read(&path("bundled/coredns")).unwrap();
    let packed = bowline_charts::archive::pack("coredns", &files).unwrap();
    let with = Render::new(Release::install("coredns", "kube-system"), json!({}));
    let of_archive = render(&Chart::from_archive(&packed).unwrap(), &with).unwrap();
    assert_eq!(of_archive, rendered("coredns", json!({})));
}
