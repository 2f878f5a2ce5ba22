//! What the machine itself says: its host name, and the address of its default route's interface.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use nix::ifaddrs::getifaddrs;

/// What settings need to know of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) host_name: String,
    /// Why there is none, otherwise.
    pub(crate) address: Result<IpAddr, String>,
    /// Content of `token-file`, where one is named.
    pub(crate) token_file: Option<Result<String, String>>,
    /// Id of the group that `write-kubeconfig-group` names.
    pub(crate) group: Option<Result<u32, String>>,
}

/// Asks the machine.
pub(crate) fn gather(token_file: Option<&Path>, group: Option<&str>) -> Facts {
    let host_name = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned());
    let addresses = interface_addresses();
    Facts {
        host_name: host_name.unwrap_or_default(),
        address: node_address(default_route().as_deref(), &addresses),
        token_file: token_file.map(|path| fs_err::read_to_string(path).map_err(|error| error.to_string())),
        group: group.map(|group| {
            let groups = fs_err::read_to_string("/etc/group").unwrap_or_default();
            group_id(&groups, group)
        }),
    }
}

/// A group by its number, or by its name in the text of `/etc/group`: a static program cannot ask the C library, which
/// would load its name services.
fn group_id(groups: &str, group: &str) -> Result<u32, String> {
    let id = |line: &str| {
        let mut fields = line.split(':');
        (fields.next()? == group).then(|| fields.nth(1)?.parse().ok())?
    };
    let found = group.parse().ok().or_else(|| groups.lines().find_map(id));
    found.ok_or_else(|| format!("names `{group}`, and /etc/group has no such group"))
}

/// An interface and one of its addresses.
type InterfaceAddress = (String, IpAddr);

fn interface_addresses() -> Vec<InterfaceAddress> {
    let Ok(interfaces) = getifaddrs() else {
        return Vec::new();
    };
    interfaces
        .filter_map(|interface| {
            let storage = interface.address?;
            let v4 = storage.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
            let v6 = || {
                storage
                    .as_sockaddr_in6()
                    .map(|address| IpAddr::from(address.ip()))
            };
            Some((interface.interface_name, v4.or_else(v6)?))
        })
        .collect()
}

/// The interface of the default route with the lowest metric, of IPv4 if there is one.
fn default_route() -> Option<String> {
    let v4 = procfs::net::route().unwrap_or_default();
    let v4 = v4
        .into_iter()
        .filter(|route| route.destination == Ipv4Addr::UNSPECIFIED && route.mask == Ipv4Addr::UNSPECIFIED)
        .min_by_key(|route| route.metrics)
        .map(|route| route.iface);
    v4.or_else(|| default_route_v6(&fs_err::read_to_string("/proc/net/ipv6_route").ok()?))
}

/// The interface of the default route in the text of `/proc/net/ipv6_route`.
fn default_route_v6(text: &str) -> Option<String> {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| {
            let is_default = |field: &str| field.bytes().all(|byte| byte == b'0');
            fields.len() == 10 && is_default(fields[0]) && is_default(fields[1]) && fields[9] != "lo"
        })
        .min_by_key(|fields| u32::from_str_radix(fields[5], 16).unwrap_or(u32::MAX))
        .map(|fields| fields[9].to_owned())
}

/// The node's address: that of the default route's interface, IPv4 first.
fn node_address(interface: Option<&str>, addresses: &[InterfaceAddress]) -> Result<IpAddr, String> {
    let usable: Vec<_> = addresses
        .iter()
        .filter(|(_, address)| is_usable(*address))
        .collect();
    let own = |family: fn(&IpAddr) -> bool| {
        let found = usable
            .iter()
            .find(|(name, address)| Some(name.as_str()) == interface && family(address));
        found.map(|(_, address)| *address)
    };
    if let Some(address) = own(IpAddr::is_ipv4).or_else(|| own(IpAddr::is_ipv6)) {
        return Ok(address);
    }
    let reason = match interface {
        Some(name) => format!("the default route's interface {name} has no address"),
        None => "there is no default route to take it from".to_owned(),
    };
    let known: Vec<_> = usable
        .iter()
        .map(|(name, address)| format!("{address} on {name}"))
        .collect();
    Err(match known.as_slice() {
        [] => format!("{reason} (this machine has no address but its loopback)"),
        known => format!("{reason} (this machine has {})", known.join(", ")),
    })
}

fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_loopback() || address.is_link_local() || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unicast_link_local() || address.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[(&str, &str)]) -> Vec<InterfaceAddress> {
        list.iter()
            .map(|(name, address)| ((*name).to_owned(), address.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_group_is_a_name_or_a_number() {
        let groups = "root:x:0:\nadm:x:4:syslog,me\nbroken\n";
        assert_eq!(group_id(groups, "adm"), Ok(4));
        assert_eq!(group_id(groups, "4711"), Ok(4711));
        for unknown in ["ad", "broken", "x"] {
            assert!(group_id(groups, unknown).unwrap_err().contains("no such group"));
        }
    }

    #[test]
    fn the_default_routes_interface_gives_the_address() {
        let all = addresses(&[
            ("lo", "127.0.0.1"),
            ("cni0", "10.42.0.1"),
            ("eth0", "fe80::1"),
            ("eth0", "192.0.2.7"),
        ]);
        assert_eq!(node_address(Some("eth0"), &all), Ok("192.0.2.7".parse().unwrap()));
        let v6 = addresses(&[("eth0", "fe80::1"), ("eth0", "2001:db8::7")]);
        assert_eq!(
            node_address(Some("eth0"), &v6),
            Ok("2001:db8::7".parse().unwrap())
        );
    }

    #[test]
    fn without_a_default_route_the_addresses_to_choose_from_are_named() {
        let all = addresses(&[("lo", "127.0.0.1"), ("eth0", "192.0.2.7")]);
        assert_eq!(
            node_address(None, &all),
            Err("there is no default route to take it from (this machine has 192.0.2.7 on eth0)".to_owned())
        );
        assert!(
            node_address(Some("wg0"), &[])
                .unwrap_err()
                .contains("no address but its loopback")
        );
    }

    #[test]
    fn the_v6_default_route_is_the_one_with_the_lowest_metric() {
        let zero = "0".repeat(32);
        let line = |prefix: &str, metric: &str, name: &str| {
            format!("{zero} {prefix} {zero} 00 {zero} {metric} 00000001 00000000 00000003 {name}\n")
        };
        let text = [
            line("40", "00000001", "eth9"),
            line("00", "00000400", "eth1"),
            line("00", "00000100", "eth0"),
            line("00", "00000001", "lo"),
        ]
        .concat();
        assert_eq!(default_route_v6(&text).as_deref(), Some("eth0"));
        assert_eq!(default_route_v6("nonsense\n"), None);
    }
}
