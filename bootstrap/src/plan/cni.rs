//! The CNI configuration of the bundled network: flannel's delegate plugin and port mappings.

use serde_json::json;

use super::File;
use crate::layout::Layout;
use crate::settings::{Cni, NetworkSettings};

/// The file containerd reads; it is there before the network runs, so that the node is ready at once.
///
/// A pod that comes before flanneld has written its subnet file is retried by the kubelet.
pub(crate) fn files(layout: &Layout, network: &NetworkSettings) -> Vec<File> {
    match network.cni {
        Cni::None => Vec::new(),
        Cni::Flannel => vec![File {
            path: layout.flannel_config(),
            mode: 0o644,
            owner: 0,
            content: conflist().into_bytes(),
        }],
    }
}

fn conflist() -> String {
    let conflist = json!({
        "cniVersion": "1.0.0",
        "name": "cbr0",
        "plugins": [
            { "type": "flannel", "delegate": { "hairpinMode": true, "isDefaultGateway": true } },
            { "type": "portmap", "capabilities": { "portMappings": true } },
        ],
    });
    format!("{conflist:#}\n")
}
