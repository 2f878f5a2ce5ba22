//! What was asked: config file, drop-ins, environment and flags become one checked [`Settings`].
//!
//! Each source is a [`layer`], read with the one table of [`keys`]; later layers are laid over earlier ones, and
//! [`resolve`] checks what comes out, together with the [`facts`] of the machine. This file only reads.

mod cidr;
mod environment;
mod facts;
mod file;
mod flags;
mod grammar;
mod keys;
mod layer;
mod problem;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

pub(crate) use cidr::Cidr;
pub(crate) use flags::{AgentFlags, ServerFlags};
pub(crate) use layer::Layer;
use layer::Merged;
use problem::Problems;

/// The charts that come with the runtime image, and what `disable` may name.
pub(crate) const BUNDLED_CHARTS: [&str; 5] =
    ["kube-proxy", "flannel", "coredns", "metrics-server", "ingress"];

/// A config file larger than this is none.
const MAXIMUM_FILE_SIZE: u64 = 1 << 20;

/// What this process was told, checked once; nobody behind this door checks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) role: Role,
    pub(crate) debug: bool,
    pub(crate) data_dir: PathBuf,
    pub(crate) node: NodeSettings,
    pub(crate) network: NetworkSettings,
    pub(crate) server: ServerSettings,
    pub(crate) registry: RegistrySettings,
    /// Extra arguments, `name=value` without dashes, by component: `kubelet`, `kube-apiserver`, `etcd`, …
    pub(crate) arguments: BTreeMap<String, Vec<String>>,
}

/// What a node is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Control plane and workloads.
    Server,
    /// Workloads only.
    Agent,
}

/// Settings of the node itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeSettings {
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    pub(crate) external_ip: Option<IpAddr>,
    /// `key=value`
    pub(crate) labels: Vec<String>,
    /// `key=value:Effect`
    pub(crate) taints: Vec<String>,
    pub(crate) resolv_conf: Option<PathBuf>,
    pub(crate) snapshotter: String,
}

/// Settings of the cluster's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkSettings {
    pub(crate) cluster_cidr: Cidr,
    pub(crate) service_cidr: Cidr,
    pub(crate) service_node_port_range: String,
    pub(crate) cluster_dns: IpAddr,
    pub(crate) cluster_domain: String,
    pub(crate) cni: Cni,
    pub(crate) flannel_backend: FlannelBackend,
}

/// Who brings the pod network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cni {
    /// The bundled flannel chart.
    Flannel,
    /// The user's own.
    None,
}

/// How flannel carries packets between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlannelBackend {
    /// Packed into UDP.
    Vxlan,
    /// Routes to the other nodes, which must share one link.
    HostGateway,
}

impl FlannelBackend {
    /// Its name in settings and in the flannel chart.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::HostGateway => "host-gw",
        }
    }
}

/// Settings of a server; an agent carries the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerSettings {
    pub(crate) advertise_address: IpAddr,
    pub(crate) bind_address: IpAddr,
    pub(crate) tls_san: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) write_kubeconfig: PathBuf,
    pub(crate) write_kubeconfig_mode: u32,
    /// Bundled charts that shall not be there.
    pub(crate) disable: BTreeSet<String>,
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistrySettings {
    /// Path of `registries.yaml`.
    pub(crate) private_registry: PathBuf,
    /// Prefix of every image that bowline itself names, when not the default registry.
    pub(crate) system_default_registry: Option<String>,
    /// Runtime image, when not the one of this version.
    pub(crate) runtime_image: Option<String>,
}

/// Reads every source and checks what they say together. All problems come out as one error.
pub(crate) fn load(role: Role, flags: Layer) -> Result<Settings, anyhow::Error> {
    let (environment, mut problems) = environment::layer(role, variables());
    let named = layer::merge([environment.clone(), flags.clone()]);
    let mut layers = Vec::new();
    for (path, text) in config_files(&named)? {
        let (layer, found) = file::layer(role, &path, &text);
        layers.push(layer);
        problems.extend(found);
    }
    layers.extend([environment, flags]);
    let merged = layer::merge(layers);
    let token_file = last(&merged, "token-file").map(PathBuf::from);
    let resolved = resolve::resolve(role, &merged, &facts::gather(token_file.as_deref()));
    match resolved {
        Ok(settings) if problems.is_empty() => Ok(settings),
        Ok(_) => Err(Problems(problems).into()),
        Err(found) => {
            problems.extend(found);
            Err(Problems(problems).into())
        }
    }
}

/// The environment, without what is not UTF-8: none of our names can be.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn last<'a>(merged: &'a Merged, key: &str) -> Option<&'a str> {
    let value = merged.get(key)?.last()?;
    (!value.text.is_empty()).then_some(value.text.as_str())
}

/// The config file and its drop-ins in their order. Only a file that was named must be there.
fn config_files(named: &Merged) -> Result<Vec<(PathBuf, String)>, anyhow::Error> {
    let default = keys::KEYS
        .iter()
        .find(|key| key.name == keys::CONFIG)
        .and_then(|key| key.default);
    let is_named = last(named, keys::CONFIG);
    let path = PathBuf::from(is_named.or(default).unwrap_or_default());
    let mut files = Vec::new();
    match read(&path) {
        Ok(text) => files.push((path.clone(), text)),
        Err(error) if error.kind() == ErrorKind::NotFound && is_named.is_none() => {}
        Err(error) => return Err(anyhow::Error::from(error).context("read the config file")),
    }
    for drop_in in drop_ins(&path)? {
        let text =
            read(&drop_in).map_err(|error| anyhow::Error::from(error).context("read a config drop-in"))?;
        files.push((drop_in, text));
    }
    Ok(files)
}

/// `config.yaml.d/*.yaml` and `*.yml`, sorted by name.
fn drop_ins(config: &Path) -> Result<Vec<PathBuf>, anyhow::Error> {
    let mut folder = config.as_os_str().to_owned();
    folder.push(".d");
    let entries = match fs_err::read_dir(PathBuf::from(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(anyhow::Error::from(error).context("list the config drop-ins")),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> std::io::Result<String> {
    let size = fs_err::metadata(path)?.len();
    if size > MAXIMUM_FILE_SIZE {
        let what = format!("{} is larger than 1 MiB, so it is no config file", path.display());
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, what));
    }
    fs_err::read_to_string(path)
}
