//! Keys of RKE2 that this version does not have: whoever writes one is told so, rather than that it is unknown.

/// All of them, but for the families that [`is_known`] matches by their ends.
const NAMES: &str = "
    agent-token agent-token-file airgap-extra-registry audit-policy-file cloud-controller-manager-extra-env
    cloud-controller-manager-image cloud-provider-config cloud-provider-name cluster-reset
    cluster-reset-restore-path container-runtime-endpoint control-plane-probe-configuration
    control-plane-resource-limits control-plane-resource-requests datastore-cafile datastore-certfile
    datastore-endpoint datastore-keyfile default-runtime disable-apiserver disable-cloud-controller
    disable-controller-manager disable-default-registry-endpoint disable-etcd disable-kube-proxy disable-scheduler
    egress-selector-mode embedded-registry enable-pprof enable-servicelb etcd-disable-snapshots
    etcd-snapshot-compress etcd-snapshot-dir etcd-snapshot-name etcd-snapshot-reconcile-interval
    etcd-snapshot-retention etcd-snapshot-schedule-cron helm-controller-arg helm-job-image
    image-credential-provider-bin-dir image-credential-provider-config ingress-controller
    kube-cloud-controller-manager-arg kube-proxy-arg kube-proxy-extra-env kube-proxy-image kubelet-path
    lb-server-port node-external-dns node-internal-dns node-name-from-cloud-provider-metadata nonroot-devices
    pod-security-admission-config-file prime profile secrets-encryption secrets-encryption-provider selinux server
    servicelb-namespace supervisor-metrics tls-san-security with-node-id write-kubeconfig-name
";

/// Whether RKE2 has a key that this version does not.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.split_whitespace().any(|known| known == name)
        || name.starts_with("etcd-s3")
        || name.ends_with("-extra-mount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_keys_are_matched_by_their_ends() {
        assert!(is_known("profile") && is_known("etcd-s3-bucket") && is_known("kube-apiserver-extra-mount"));
        assert!(is_known("container-runtime-endpoint") && !is_known("endpoint"));
        assert!(!is_known("node-ip") && !is_known("profil") && !is_known(""));
    }
}
