//! containerd: its configuration file, which is `containerd.toml.in` with its places filled in, and its process.

use std::path::Path;

use super::facts::{CgroupDriver, HostFacts};
use super::{Directory, File};
use crate::content::registry::{Registries, credentials_toml, hosts_toml};
use crate::layout::Layout;
use crate::processes::{OnExit, Process};

/// What the configuration depends on.
pub(crate) struct Containerd<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) facts: &'a HostFacts,
    /// Reference of the image that holds a pod's namespaces.
    pub(crate) pause: &'a str,
    pub(crate) snapshotter: &'a str,
    pub(crate) registries: &'a Registries,
    pub(crate) debug: bool,
}

/// Snapshotters that probe the disk at start and are of no use unless chosen.
const SNAPSHOTTERS: [&str; 5] = ["blockfile", "btrfs", "devmapper", "erofs", "zfs"];

impl Containerd<'_> {
    /// Directories that hold what administrators add.
    pub(crate) fn directories(&self) -> Vec<Directory> {
        let directory = |path: std::path::PathBuf, mode| Directory { path, mode, owner: 0 };
        vec![
            directory(self.layout.containerd_config(), 0o755),
            directory(self.layout.containerd_drop_ins(), 0o755),
            directory(self.layout.registry_hosts(), 0o755),
            directory(self.layout.cni_config(), 0o755),
            directory(self.layout.containerd_root(), 0o700),
        ]
    }

    /// The configuration file, and what `registries.yaml` says in containerd's words.
    pub(crate) fn files(&self) -> Vec<File> {
        let file = |path, mode, content: String| File {
            path,
            mode,
            owner: 0,
            content: content.into_bytes(),
        };
        let config = file(
            self.layout.containerd_config().join("config.toml"),
            0o600,
            self.config(),
        );
        let credentials = credentials_toml(self.registries)
            .map(|credentials| file(self.layout.registry_credentials(), 0o600, credentials));
        let hosts = hosts_toml(self.registries).into_iter().map(|(host, content)| {
            file(
                self.layout.registry_hosts().join(host).join("hosts.toml"),
                0o644,
                content,
            )
        });
        [config].into_iter().chain(credentials).chain(hosts).collect()
    }

    /// Files whose settings lie over ours: credentials, then what administrators add.
    fn imports(&self) -> String {
        let credentials = credentials_toml(self.registries).map(|_| self.layout.registry_credentials());
        let imports = credentials
            .into_iter()
            .chain([self.layout.containerd_drop_ins().join("*.toml")]);
        imports.map(|path| quoted(&path)).collect::<Vec<_>>().join(", ")
    }

    /// The child: its end is the end of bowline, for the shims keep the pods alive.
    pub(crate) fn process(&self) -> Process {
        let config = self.layout.containerd_config().join("config.toml");
        let mut environment = vec![("PATH".to_owned(), super::process_path(self.layout))];
        environment.extend(self.facts.proxy_environment.iter().cloned());
        Process {
            name: "containerd".into(),
            program: self.layout.program("containerd"),
            arguments: vec!["--config".into(), config.display().to_string()],
            environment,
            log: self.layout.logs().join("containerd.log"),
            on_exit: OnExit::End,
        }
    }

    fn config(&self) -> String {
        let Self {
            layout,
            facts,
            pause,
            snapshotter,
            debug,
            ..
        } = self;
        let disabled: Vec<String> = SNAPSHOTTERS
            .iter()
            .filter(|name| *name != snapshotter)
            .map(|name| format!("io.containerd.snapshotter.v1.{name}"))
            .collect();
        let level = if *debug { "debug" } else { "info" };
        let socket = layout.containerd_socket();
        format!(
            include_str!("containerd.toml.in"),
            disabled = format_args!("{disabled:?}"),
            level = format_args!("{level:?}"),
            snapshotter = format_args!("{snapshotter:?}"),
            pause = format_args!("{pause:?}"),
            root = quoted(&layout.containerd_root()),
            state = quoted(&layout.containerd_state()),
            imports = self.imports(),
            socket = quoted(&socket),
            opt = quoted(&layout.containerd_root().join("opt")),
            verifiers = quoted(&layout.containerd_config().join("image-verifiers")),
            hosts = quoted(&layout.registry_hosts()),
            restrict = !facts.may_lower_oom_score,
            bin = quoted(&layout.bin()),
            cni = quoted(&layout.cni_config()),
            shim = quoted(&layout.program("containerd-shim-runc-v2")),
            runc = quoted(&layout.program("runc")),
            systemd = facts.cgroup_driver == CgroupDriver::Systemd,
        )
    }
}

/// A path as a TOML string: Rust's escapes of quotes, backslashes and control characters are TOML's.
fn quoted(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
