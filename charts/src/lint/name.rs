//! Names of objects, by the rules of their kinds.

/// What is wrong with the name of an object, in Kubernetes' words.
pub(super) fn fault(kind: &str, name: &str) -> Option<String> {
    match kind.to_ascii_lowercase().as_str() {
        "certificatesigningrequest" => None,
        "service" => faulty(name, Rule::Word1035),
        "namespace" => faulty(name, Rule::Word1123),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => path_segment(name),
        _ => faulty(name, Rule::Subdomain),
    }
}

#[derive(Clone, Copy)]
enum Rule {
    Subdomain,
    Word1123,
    Word1035,
}

fn faulty(name: &str, rule: Rule) -> Option<String> {
    let is_letter = |c: char| c.is_ascii_lowercase();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_word = |part: &str| {
        part.chars().all(|c| is_plain(c) || c == '-')
            && part.starts_with(is_plain)
            && part.ends_with(is_plain)
    };
    let (most, is_good) = match rule {
        Rule::Subdomain => (253, name.split('.').all(is_word)),
        Rule::Word1123 => (63, is_word(name)),
        Rule::Word1035 => (63, is_word(name) && name.starts_with(is_letter)),
    };
    if name.len() > most {
        return Some(format!("must be no more than {most} characters"));
    }
    let said = match rule {
        Rule::Subdomain => {
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        }
        Rule::Word1123 => {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        }
        Rule::Word1035 => {
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        }
    };
    (!is_good).then(|| said.to_owned())
}

fn path_segment(name: &str) -> Option<String> {
    match name {
        "." | ".." => Some(format!("may not be '{name}'")),
        _ if name.contains('/') => Some("may not contain '/'".to_owned()),
        _ if name.contains('%') => Some("may not contain '%'".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_rule() {
        for (kind, name) in [
            ("ConfigMap", "a.b-1"),
            ("Service", "a-1"),
            ("ClusterRole", "system:Node"),
            ("Namespace", "1a"),
            ("CertificateSigningRequest", "A B"),
        ] {
            assert_eq!(fault(kind, name), None, "{kind} {name}");
        }
        for (kind, name) in [
            ("ConfigMap", ""),
            ("ConfigMap", "A"),
            ("Pod", "a..b"),
            ("Service", "1a"),
            ("Namespace", "a.b"),
            ("Role", "a/b"),
        ] {
            assert!(fault(kind, name).is_some(), "{kind} {name}");
        }
        let long = "a".repeat(64);
        assert_eq!(
            fault("Service", &long).as_deref(),
            Some("must be no more than 63 characters")
        );
    }
}
