//! The order of kinds in which Helm installs and uninstalls; Helm 3 differs in webhooks only.

use crate::Generation;
use crate::object::Object;

/// What others build on comes first; kinds that are not listed follow, by name.
const INSTALL: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Sorts objects as Helm installs them; objects of one kind keep their order.
pub(crate) fn sort_for_install(objects: &mut [Object]) {
    objects.sort_by(|a, b| install_rank(a.kind()).cmp(&install_rank(b.kind())));
}

/// A kind's place in the install order. Kinds of equal rank are applied together.
pub fn install_rank(kind: &str) -> (usize, &str) {
    position(kind).map_or((INSTALL.len(), kind), |index| (index, ""))
}

/// A kind's place in the uninstall order.
pub fn uninstall_rank(kind: &str) -> (usize, &str) {
    position(kind).map_or((INSTALL.len(), kind), |index| (INSTALL.len() - 1 - index, ""))
}

/// As [`install_rank`], for either Helm: Helm 3 does not list webhook configurations.
pub(crate) fn rank(kind: &str, generation: Generation) -> (usize, &str) {
    match generation {
        Generation::Helm3 if kind.ends_with("WebhookConfiguration") => (INSTALL.len(), kind),
        _ => install_rank(kind),
    }
}

fn position(kind: &str) -> Option<usize> {
    INSTALL.iter().position(|known| *known == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut kinds: Vec<&str>, rank: fn(&str) -> (usize, &str)) -> Vec<&str> {
        kinds.sort_by(|a, b| rank(a).cmp(&rank(b)));
        kinds
    }

    #[test]
    fn what_others_need_is_installed_first_and_unknown_kinds_last_by_name() {
        let kinds = vec![
            "Zebra",
            "Deployment",
            "Apple",
            "ServiceAccount",
            "Namespace",
            "Service",
        ];
        assert_eq!(
            sorted(kinds, install_rank),
            [
                "Namespace",
                "ServiceAccount",
                "Service",
                "Deployment",
                "Apple",
                "Zebra"
            ]
        );
    }

    #[test]
    fn webhooks_go_first_and_namespaces_late_on_uninstall() {
        let kinds = vec![
            "Zebra",
            "Namespace",
            "Deployment",
            "ValidatingWebhookConfiguration",
            "Secret",
        ];
        assert_eq!(
            sorted(kinds, uninstall_rank),
            [
                "ValidatingWebhookConfiguration",
                "Deployment",
                "Secret",
                "Namespace",
                "Zebra"
            ]
        );
    }
}
