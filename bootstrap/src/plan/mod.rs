//! Pure: settings, content, certificates and node config become one [`NodePlan`]. No I/O here.

use std::path::PathBuf;

use crate::processes::Process;

/// All that shall be on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodePlan {
    pub(crate) directories: Vec<Directory>,
    pub(crate) files: Vec<File>,
    pub(crate) static_pods: Vec<StaticPod>,
    pub(crate) processes: Vec<Process>,
}

/// A directory with its owner and mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
}

/// A file, written by temp file and rename, only when it differs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    /// User and group alike.
    pub(crate) owner: u32,
    pub(crate) content: Vec<u8>,
}

impl std::fmt::Debug for File {
    /// Content may be a key: say only how long it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            path,
            mode,
            owner,
            content,
        } = self;
        write!(
            f,
            "File({} mode {mode:o} owner {owner} {} bytes)",
            path.display(),
            content.len()
        )
    }
}

/// A pod that the kubelet runs from a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaticPod {
    pub(crate) name: String,
    /// Image that must be in containerd before the manifest is written.
    pub(crate) image: String,
    pub(crate) after: Gate,
    pub(crate) manifest: String,
}

/// What must hold before a static pod's manifest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    /// The kubelet runs.
    Kubelet,
    /// etcd answers.
    Etcd,
    /// The API server is ready.
    ApiServer,
}
