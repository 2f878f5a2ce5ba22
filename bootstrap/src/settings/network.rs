//! The cluster's network: blocks of addresses that fit each other, DNS inside them, and who brings it.

use std::net::IpAddr;

use super::check::Check;
use super::cidr::Cidr;
use super::grammar::{self, address};
use super::{Cni, FlannelBackend, NetworkSettings};

impl Check<'_> {
    /// `None` only when a problem was found.
    pub(crate) fn network(&mut self, node_ip: Option<IpAddr>) -> Option<NetworkSettings> {
        let cluster_cidr = self.single("cluster-cidr", str::parse);
        let service_cidr = self.single("service-cidr", str::parse);
        let ports = self.single("service-node-port-range", grammar::port_range);
        let domain = self.single("cluster-domain", grammar::subdomain);
        let cni = self.single("cni", cni);
        let backend = self.single("flannel-backend", flannel_backend);
        if let (Some(pods), Some(services)) = (cluster_cidr, service_cidr) {
            self.check_blocks(&pods, &services, node_ip);
        }
        let cluster_dns = service_cidr.and_then(|services| self.cluster_dns(&services));
        Some(NetworkSettings {
            cluster_cidr: cluster_cidr?,
            service_cidr: service_cidr?,
            service_node_port_range: ports?,
            cluster_dns: cluster_dns?,
            cluster_domain: domain?,
            cni: cni?,
            flannel_backend: backend?,
        })
    }

    /// Pods, Services and nodes must not share addresses, and Kubernetes bounds the size of the blocks.
    fn check_blocks(&mut self, pods: &Cidr, services: &Cidr, node_ip: Option<IpAddr>) {
        if pods.overlaps(services) {
            self.refuse("service-cidr", format!("{services} overlaps cluster-cidr {pods}"));
        }
        if pods.is_ipv6() != services.is_ipv6() {
            self.refuse(
                "service-cidr",
                format!("{services} is not of the family of cluster-cidr {pods}"),
            );
        }
        if services.host_bits() > 20 || services.host_bits() < 4 {
            let what = format!("{services} must hold between 16 and 1048576 addresses");
            self.refuse("service-cidr", what);
        }
        let node_mask = if pods.is_ipv6() { 64 } else { 24 };
        let is_default_mask = !self
            .values("kube-controller-manager-arg")
            .iter()
            .any(|value| value.text.contains("node-cidr-mask-size"));
        if is_default_mask && pods.prefix() > node_mask {
            self.refuse(
                "cluster-cidr",
                format!("{pods} is too small: each node takes a /{node_mask} of it"),
            );
        }
        let Some(ip) = node_ip else { return };
        for (key, block) in [("cluster-cidr", pods), ("service-cidr", services)] {
            if block.contains(ip) {
                self.refuse(
                    key,
                    format!("{block} holds this node's own address {ip}; choose another block"),
                );
            }
        }
        if ip.is_ipv6() != pods.is_ipv6() {
            self.refuse(
                "cluster-cidr",
                format!("{pods} is not of the family of node-ip {ip}"),
            );
        }
    }

    fn cluster_dns(&mut self, services: &Cidr) -> Option<IpAddr> {
        if self.values("cluster-dns").is_empty() {
            return services.address(10);
        }
        let dns = self.single("cluster-dns", address)?;
        let first = services.address(1);
        if !services.contains(dns) {
            self.refuse(
                "cluster-dns",
                format!("{dns} lies outside service-cidr {services}"),
            );
        } else if Some(dns) == first || Some(dns) == services.address(0) {
            self.refuse(
                "cluster-dns",
                format!("{dns} is taken: the first addresses of {services} are the API's"),
            );
        }
        Some(dns)
    }
}

fn cni(text: &str) -> Result<Cni, String> {
    match text {
        "flannel" => Ok(Cni::Flannel),
        "none" => Ok(Cni::None),
        "canal" | "calico" | "cilium" | "multus" => Err(format!(
            "takes flannel or none; `{text}` is known to RKE2, but not in this version"
        )),
        other => Err(format!("takes flannel or none, not `{other}`")),
    }
}

fn flannel_backend(text: &str) -> Result<FlannelBackend, String> {
    match text {
        "vxlan" => Ok(FlannelBackend::Vxlan),
        "host-gw" => Ok(FlannelBackend::HostGateway),
        other => Err(format!("takes vxlan or host-gw, not `{other}`")),
    }
}
