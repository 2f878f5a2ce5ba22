//! Where the node of this machine keeps its things, for commands that are told nothing else.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::layout::{CONFIG_DIR, DATA_DIR, Layout};
use crate::settings::{self, Layer, Role, ServerSettings};

const DATA_DIR_VARIABLE: &str = "BOWLINE_DATA_DIR";

/// The places that the configuration of this machine names.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) layout: Layout,
    /// The administrator's.
    pub(crate) kubeconfig: PathBuf,
    /// Bundled charts that are left out.
    pub(crate) disable: BTreeSet<String>,
}

/// Reads the configuration; `data_dir` goes before what it says.
///
/// These commands must work on a node whose configuration is broken: then the usual places count.
pub(crate) fn find(data_dir: Option<PathBuf>) -> Location {
    let (configured, kubeconfig, disable) = match settings::load(Role::Server, Layer::new()) {
        Ok(settings) => {
            let ServerSettings {
                write_kubeconfig,
                disable,
                ..
            } = settings.server;
            (settings.data_dir, write_kubeconfig, disable)
        }
        Err(_) => (
            std::env::var_os(DATA_DIR_VARIABLE).map_or_else(|| DATA_DIR.into(), PathBuf::from),
            PathBuf::from(CONFIG_DIR).join("bowline.yaml"),
            BTreeSet::new(),
        ),
    };
    Location {
        layout: Layout::new(data_dir.unwrap_or(configured)),
        kubeconfig,
        disable,
    }
}
