//! Versions of Kubernetes' own kinds that are on their way out, or gone.

/// One version of kinds: since when it is deprecated and gone (minor versions of 1; 0 for never), and what to use:
/// a version, or a version and a kind.
struct Deprecated {
    api_version: &'static str,
    kinds: &'static [&'static str],
    since: u32,
    gone: u32,
    instead: &'static str,
}

const fn deprecated(
    api_version: &'static str,
    kinds: &'static [&'static str],
    (since, gone): (u32, u32),
    instead: &'static str,
) -> Deprecated {
    Deprecated {
        api_version,
        kinds,
        since,
        gone,
        instead,
    }
}

const WORKLOADS: &[&str] = &[
    "Deployment",
    "DaemonSet",
    "ReplicaSet",
    "StatefulSet",
    "ControllerRevision",
];
const ROLES: &[&str] = &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
const FLOWS: &[&str] = &["FlowSchema", "PriorityLevelConfiguration"];
const FLOW: &str = "flowcontrol.apiserver.k8s.io/v1";
const HOOKS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

static ALL: &[Deprecated] = &[
    deprecated(
        "extensions/v1beta1",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        (8, 16),
        "apps/v1",
    ),
    deprecated(
        "extensions/v1beta1",
        &["Ingress"],
        (14, 22),
        "networking.k8s.io/v1",
    ),
    deprecated(
        "extensions/v1beta1",
        &["NetworkPolicy"],
        (9, 16),
        "networking.k8s.io/v1",
    ),
    deprecated("apps/v1beta1", WORKLOADS, (8, 16), "apps/v1"),
    deprecated("apps/v1beta2", WORKLOADS, (9, 16), "apps/v1"),
    deprecated(
        "networking.k8s.io/v1beta1",
        &["Ingress", "IngressClass"],
        (19, 22),
        "networking.k8s.io/v1",
    ),
    deprecated(
        "rbac.authorization.k8s.io/v1alpha1",
        ROLES,
        (17, 22),
        "rbac.authorization.k8s.io/v1",
    ),
    deprecated(
        "rbac.authorization.k8s.io/v1beta1",
        ROLES,
        (17, 22),
        "rbac.authorization.k8s.io/v1",
    ),
    deprecated("policy/v1beta1", &["PodDisruptionBudget"], (21, 25), "policy/v1"),
    deprecated("policy/v1beta1", &["PodSecurityPolicy"], (21, 25), ""),
    deprecated("batch/v1beta1", &["CronJob"], (21, 25), "batch/v1"),
    deprecated(
        "autoscaling/v2beta1",
        &["HorizontalPodAutoscaler"],
        (22, 25),
        "autoscaling/v2",
    ),
    deprecated(
        "autoscaling/v2beta2",
        &["HorizontalPodAutoscaler"],
        (23, 26),
        "autoscaling/v2",
    ),
    deprecated(
        "scheduling.k8s.io/v1beta1",
        &["PriorityClass"],
        (14, 22),
        "scheduling.k8s.io/v1",
    ),
    deprecated(
        "storage.k8s.io/v1beta1",
        &["StorageClass", "VolumeAttachment", "CSIDriver"],
        (19, 22),
        "storage.k8s.io/v1",
    ),
    deprecated(
        "storage.k8s.io/v1beta1",
        &["CSINode"],
        (17, 22),
        "storage.k8s.io/v1",
    ),
    deprecated(
        "storage.k8s.io/v1beta1",
        &["CSIStorageCapacity"],
        (24, 27),
        "storage.k8s.io/v1",
    ),
    deprecated(
        "discovery.k8s.io/v1beta1",
        &["EndpointSlice"],
        (21, 25),
        "discovery.k8s.io/v1",
    ),
    deprecated(
        "node.k8s.io/v1beta1",
        &["RuntimeClass"],
        (22, 25),
        "node.k8s.io/v1",
    ),
    deprecated(
        "coordination.k8s.io/v1beta1",
        &["Lease"],
        (19, 22),
        "coordination.k8s.io/v1",
    ),
    deprecated("events.k8s.io/v1beta1", &["Event"], (22, 25), "events.k8s.io/v1"),
    deprecated("flowcontrol.apiserver.k8s.io/v1beta1", FLOWS, (23, 26), FLOW),
    deprecated("flowcontrol.apiserver.k8s.io/v1beta2", FLOWS, (26, 29), FLOW),
    deprecated("flowcontrol.apiserver.k8s.io/v1beta3", FLOWS, (29, 32), FLOW),
    deprecated(
        "admissionregistration.k8s.io/v1beta1",
        HOOKS,
        (16, 22),
        "admissionregistration.k8s.io/v1",
    ),
    deprecated(
        "apiextensions.k8s.io/v1beta1",
        &["CustomResourceDefinition"],
        (16, 22),
        "apiextensions.k8s.io/v1",
    ),
    deprecated(
        "certificates.k8s.io/v1beta1",
        &["CertificateSigningRequest"],
        (19, 22),
        "certificates.k8s.io/v1",
    ),
    deprecated("v1", &["ComponentStatus"], (19, 0), ""),
    deprecated("v1", &["Endpoints"], (33, 0), "discovery.k8s.io/v1 EndpointSlice"),
];

/// What the API server would warn of, in its words.
pub(super) fn deprecation(api_version: &str, kind: &str, (major, minor): (&str, &str)) -> Option<String> {
    let found = ALL
        .iter()
        .find(|entry| entry.api_version == api_version && entry.kinds.contains(&kind))?;
    let minor: u32 = minor.parse().ok()?;
    if major == "1" && minor < found.since {
        return None;
    }
    let gone = match found.gone {
        0 => String::new(),
        gone => format!(", unavailable in v1.{gone}+"),
    };
    let instead = match found.instead {
        "" => String::new(),
        other if other.contains(' ') => format!("; use {other}"),
        version => format!("; use {version} {kind}"),
    };
    Some(format!(
        "{api_version} {kind} is deprecated in v1.{}+{gone}{instead}",
        found.since
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_deprecated_from_its_time_on() {
        let told = |version, kind, minor| deprecation(version, kind, ("1", minor));
        assert_eq!(told("policy/v1beta1", "PodDisruptionBudget", "20"), None);
        assert_eq!(
            told("policy/v1beta1", "PodDisruptionBudget", "21").as_deref(),
            Some(
                "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget"
            )
        );
        assert_eq!(
            told("v1", "ComponentStatus", "35").as_deref(),
            Some("v1 ComponentStatus is deprecated in v1.19+")
        );
        assert_eq!(told("apps/v1", "Deployment", "35"), None);
        assert_eq!(told("example.org/v1beta1", "Ingress", "35"), None);
    }
}
