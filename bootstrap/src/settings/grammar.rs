//! The grammar of single values: names, labels, taints, modes. Each check says what was expected.

use std::net::IpAddr;

/// Checks a DNS subdomain (RFC 1123), the form of node names and cluster domains.
pub(crate) fn subdomain(text: &str) -> Result<String, String> {
    let is_sound = text.len() <= 253 && text.split('.').all(is_dns_label);
    is_sound.then(|| text.to_owned()).ok_or_else(|| {
        format!("takes a DNS name of lower-case letters, digits, `-` and `.`, at most 253 long, not `{text}`")
    })
}

/// Checks a node's name: it is also a label's value, so shorter than other names.
pub(crate) fn node_name(text: &str) -> Result<String, String> {
    if text.len() > 63 {
        return Err(format!(
            "takes at most 63 characters, and `{text}` has {}",
            text.len()
        ));
    }
    subdomain(text)
}

fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The name behind a label key's prefix, and what a label's value is.
fn is_label_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && is_end(bytes.first())
        && is_end(bytes.last())
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => subdomain(prefix).is_ok() && is_label_name(name),
        None => is_label_name(text),
    }
}

fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_label_name(text)
}

/// Labels below `kubernetes.io` that a kubelet may set on its own node.
const KUBELET_LABELS: &[&str] = &[
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// Checks `key=value`, and that a kubelet may set it: it would refuse to start otherwise.
pub(crate) fn label(text: &str) -> Result<String, String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if !(is_label_key(key) && is_label_value(value)) {
        return Err(format!("takes labels as key=value, and `{text}` is none"));
    }
    if is_reserved(key) {
        return Err(format!(
            "holds `{key}`, which a node may not set on itself; label the node with kubectl instead"
        ));
    }
    Ok(format!("{key}={value}"))
}

fn is_reserved(key: &str) -> bool {
    let Some((prefix, _)) = key.split_once('/') else {
        return false;
    };
    let is_below = |domain: &str| prefix == domain || prefix.ends_with(&format!(".{domain}"));
    let is_kubernetes = is_below("kubernetes.io") || is_below("k8s.io");
    let is_free = is_below("kubelet.kubernetes.io") || is_below("node.kubernetes.io");
    is_kubernetes && !is_free && !KUBELET_LABELS.contains(&key)
}

/// Checks `key[=value]:Effect`.
pub(crate) fn taint(text: &str) -> Result<String, String> {
    let expected = || {
        format!(
            "takes taints as key=value:Effect with NoSchedule, PreferNoSchedule or NoExecute, not `{text}`"
        )
    };
    let (pair, effect) = text.rsplit_once(':').ok_or_else(expected)?;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let is_effect = matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute");
    if is_effect && is_label_key(key) && is_label_value(value) {
        Ok(format!("{key}={value}:{effect}"))
    } else {
        Err(expected())
    }
}

/// Reads a file mode in octal.
pub(crate) fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| *mode <= 0o777)
        .ok_or_else(|| format!("takes a file mode in octal such as 0600, not `{text}`"))
}

/// Checks `from-to`, both ports.
pub(crate) fn port_range(text: &str) -> Result<String, String> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let range = text
        .split_once('-')
        .and_then(|(from, to)| port(from).zip(port(to)));
    match range {
        Some((from, to)) if from <= to => Ok(format!("{from}-{to}")),
        _ => Err(format!(
            "takes a range of ports such as 30000-32767, not `{text}`"
        )),
    }
}

/// Checks a component's argument and gives it as `name=value`, without dashes.
pub(crate) fn argument(text: &str) -> Result<String, String> {
    let (name, value) = text
        .trim_start_matches('-')
        .split_once('=')
        .unwrap_or((text.trim_start_matches('-'), "true"));
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name && !value.contains(['\n', '\0']) {
        Ok(format!("{name}={value}"))
    } else {
        Err(format!("takes arguments as name=value, not `{text}`"))
    }
}

/// Reads `NAME=value`, a variable of a process.
pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    match text.split_once('=') {
        Some((name, value))
            if !name.is_empty()
                && name.chars().all(is_letter)
                && !name.starts_with(|letter: char| letter.is_ascii_digit())
                && !value.contains('\0') =>
        {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(format!("takes variables as NAME=value, not `{text}`")),
    }
}

/// Checks the host of a registry, with its port if any.
pub(crate) fn registry(text: &str) -> Result<String, String> {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_host = subdomain(&host.to_lowercase()).is_ok() && port.parse::<u16>().is_ok();
    is_host
        .then(|| text.to_owned())
        .ok_or_else(|| format!("takes the host of a registry, with its port if any, not `{text}`"))
}

/// Checks the reference of an image as far as its letters go; the registry client reads it in full.
pub(crate) fn image(text: &str) -> Result<String, String> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@+".contains(&byte);
    (text.bytes().all(is_letter) && text.contains([':', '@']))
        .then(|| text.to_owned())
        .ok_or_else(|| format!("takes an image with tag or digest, not `{text}`"))
}

/// Checks a certificate's name or address.
pub(crate) fn alternative_name(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text).to_lowercase();
    let is_sound = text.parse::<IpAddr>().is_ok() || subdomain(&name).is_ok();
    is_sound
        .then(|| text.to_lowercase())
        .ok_or_else(|| format!("takes DNS names and addresses, not `{text}`"))
}

/// What a key of an address takes.
pub(crate) fn expected_address(text: &str) -> String {
    format!("takes an address such as 192.0.2.10, not `{text}`")
}

/// Reads an address at which others can reach something.
pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| expected_address(text))?;
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() {
        return Err(format!(
            "takes an address that others can reach, and `{text}` is none"
        ));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_are_dns_names() {
        assert!(node_name("node-1.example").is_ok());
        for text in ["", "Node", "a_b", "-a", "a-", "a..b", &"a".repeat(64)] {
            assert!(node_name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn labels_are_those_that_a_kubelet_may_set() {
        assert_eq!(label("a=b").unwrap(), "a=b");
        assert_eq!(label("example.com/zone").unwrap(), "example.com/zone=");
        assert_eq!(
            label("node.kubernetes.io/pool=x").unwrap(),
            "node.kubernetes.io/pool=x"
        );
        assert_eq!(
            label("topology.kubernetes.io/zone=1").unwrap(),
            "topology.kubernetes.io/zone=1"
        );
        assert!(
            label("node-role.kubernetes.io/worker=true")
                .unwrap_err()
                .contains("kubectl")
        );
        for text in ["", "=b", "a=b=c", "a b=c", "/a=b", "a=-"] {
            assert!(label(text).is_err(), "{text}");
        }
    }

    #[test]
    fn taints_have_an_effect() {
        assert_eq!(taint("a=b:NoSchedule").unwrap(), "a=b:NoSchedule");
        assert_eq!(
            taint("CriticalAddonsOnly=true:NoExecute").unwrap(),
            "CriticalAddonsOnly=true:NoExecute"
        );
        assert_eq!(taint("a:PreferNoSchedule").unwrap(), "a=:PreferNoSchedule");
        for text in ["a=b", "a=b:Never", ":NoSchedule", "a b:NoSchedule"] {
            assert!(taint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mode_is_octal() {
        assert_eq!(mode("0644"), Ok(0o644));
        assert_eq!(mode("600"), Ok(0o600));
        assert!(mode("0999").is_err());
        assert!(mode("7777").is_err());
    }

    #[test]
    fn ranges_of_ports_go_upwards() {
        assert!(port_range("30000-32767").is_ok());
        for text in ["30000", "2-1", "0-5", "1-70000", "a-b"] {
            assert!(port_range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_lose_their_dashes() {
        assert_eq!(argument("--v=2").unwrap(), "v=2");
        assert_eq!(
            argument("feature-gates=A=true,B=false").unwrap(),
            "feature-gates=A=true,B=false"
        );
        assert_eq!(argument("profiling").unwrap(), "profiling=true");
        for text in ["", "=x", "a b=c"] {
            assert!(argument(text).is_err(), "{text}");
        }
    }

    #[test]
    fn registries_images_and_names_are_checked() {
        assert!(registry("registry.example:5000").is_ok());
        assert!(registry("https://registry.example").is_err());
        assert!(image("registry.example/bowline/runtime:v1").is_ok());
        assert!(image("runtime").is_err());
        assert_eq!(alternative_name("API.example").unwrap(), "api.example");
        assert!(alternative_name("*.example").is_ok());
        assert!(alternative_name("fd00::1").is_ok());
        assert!(alternative_name("a b").is_err());
    }
}
