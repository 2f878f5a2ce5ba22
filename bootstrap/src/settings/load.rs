//! Reads every source of settings: the only file here that asks the machine.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::layer::{Layer, Merged};
use super::problem::Problems;
use super::{Role, Settings, environment, facts, file, keys, layer, resolve};

/// A config file larger than this is none.
const MAXIMUM_FILE_SIZE: u64 = 1 << 20;

/// Reads every source and checks what they say together. All problems come out as one error.
pub(crate) fn load(role: Role, flags: Layer) -> Result<Settings, anyhow::Error> {
    load_with(role, variables(), flags)
}

/// The environment comes last, as in RKE2: there the files are read as if they were flags before the flags.
fn load_with(
    role: Role,
    variables: impl Iterator<Item = (String, String)>,
    flags: Layer,
) -> Result<Settings, anyhow::Error> {
    let (environment, mut problems) = environment::layer(role, variables);
    let named = layer::merge([environment.clone(), flags.clone()]);
    let mut layers = Vec::new();
    for (path, text) in config_files(&named)? {
        let (layer, found) = file::layer(role, &path, &text);
        layers.push(layer);
        problems.extend(found);
    }
    layers.push(flags);
    let mut merged = layer::merge([environment]);
    merged.extend(layer::merge(layers));
    let token_file = last(&merged, "token-file").map(PathBuf::from);
    let facts = facts::gather(token_file.as_deref(), last(&merged, "write-kubeconfig-group"));
    let resolved = resolve::resolve(role, &merged, &facts);
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

#[cfg(test)]
mod tests {
    use super::super::layer::{Entry, Origin, Value};
    use super::*;

    struct Machine {
        folder: tempfile::TempDir,
    }

    impl Machine {
        /// A machine with these files; `config.yaml` is the config file.
        fn with(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = folder.path().join(name);
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                fs_err::write(path, text).unwrap();
            }
            Self { folder }
        }

        fn load(&self, flags: &[(&str, &str)]) -> Result<Settings, String> {
            self.load_with(&[], flags)
        }

        fn load_with(&self, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, String> {
            let config = self.folder.path().join("config.yaml").display().to_string();
            let all = [&[("config", config.as_str())], flags].concat();
            let entry = |(name, text): &(&str, &str)| Entry {
                key: keys::find(name, Role::Server).unwrap(),
                append: true,
                values: vec![Value {
                    text: (*text).to_owned(),
                    origin: Origin::Flag((*name).to_owned()),
                }],
            };
            let variables = variables
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            let loaded = load_with(Role::Server, variables, all.iter().map(entry).collect());
            loaded.map_err(|error| format!("{error:#}"))
        }
    }

    const BASE: &str = "node-name: one\nnode-ip: 192.0.2.10\ntls-san: [a.example]\n";

    #[test]
    fn drop_ins_are_laid_over_the_config_file_in_their_order_and_flags_over_all() {
        let machine = Machine::with(&[
            ("config.yaml", BASE),
            (
                "config.yaml.d/20-last.yaml",
                "cluster-domain: twenty\ntls-san+: [b.example]\n",
            ),
            (
                "config.yaml.d/10-first.yaml",
                "cluster-domain: ten\nnode-name: two\n",
            ),
            ("config.yaml.d/notes.txt", "not: read\n"),
        ]);
        let settings = machine
            .load(&[("tls-san", "c.example"), ("node-name", "three")])
            .unwrap();
        assert_eq!(settings.network.cluster_domain, "twenty");
        assert_eq!(settings.node.name, "three");
        assert_eq!(settings.server.tls_san, ["a.example", "b.example", "c.example"]);
    }

    #[test]
    fn the_environment_counts_only_where_files_and_flags_are_silent() {
        let machine = Machine::with(&[
            ("config.yaml", BASE),
            ("config.yaml.d/more.yaml", "tls-san+: [b.example]\n"),
        ]);
        let variables = [
            ("BOWLINE_NODE_NAME", "of-environment"),
            ("BOWLINE_CLUSTER_DOMAIN", "of.environment"),
            ("BOWLINE_TLS_SAN", "of.environment"),
            ("BOWLINE_DISABLE", "ingress"),
            ("BOWLINE_KUBELET_ARG", "max-pods=50"),
        ];
        let settings = machine.load_with(&variables, &[("disable", "coredns")]).unwrap();
        assert_eq!(settings.node.name, "one");
        assert_eq!(settings.network.cluster_domain, "of.environment");
        assert_eq!(settings.server.tls_san, ["a.example", "b.example"]);
        assert_eq!(settings.server.disable, ["coredns".to_owned()].into());
        assert_eq!(settings.arguments["kubelet"], ["max-pods=50"]);
    }

    #[test]
    fn problems_of_all_files_are_shown_at_once() {
        let machine = Machine::with(&[
            (
                "config.yaml",
                "node-name: One\nnode-ip: 192.0.2.10\nclustercidr: x\n",
            ),
            ("config.yaml.d/a.yaml", "profile: cis\n"),
        ]);
        let folder = machine.folder.path().display();
        assert_eq!(
            machine.load(&[]).unwrap_err(),
            format!(
                "the settings are wrong in 3 places:\n  \
                 {folder}/config.yaml:3:1: `clustercidr` is not a key; did you mean `cluster-cidr`?\n  \
                 {folder}/config.yaml.d/a.yaml:1:1: `profile` is known to RKE2, but not in this version\n  \
                 {folder}/config.yaml:1:12: `node-name` takes a DNS name of lower-case letters, digits, `-` and \
                 `.`, at most 253 long, not `One`"
            )
        );
    }

    #[test]
    fn a_config_file_that_was_named_must_be_there() {
        let error = Machine::with(&[]).load(&[]).unwrap_err();
        assert!(
            error.starts_with("read the config file: ") && error.contains("config.yaml"),
            "{error}"
        );
    }

    #[test]
    fn a_huge_file_is_no_config_file() {
        let huge = "#".repeat(usize::try_from(MAXIMUM_FILE_SIZE).unwrap() + 1);
        let error = Machine::with(&[("config.yaml", &huge)]).load(&[]).unwrap_err();
        assert!(error.contains("larger than 1 MiB"), "{error}");
    }

    #[test]
    fn the_token_is_read_from_its_file() {
        let machine = Machine::with(&[("config.yaml", BASE), ("token", "secret\n")]);
        let token = machine.folder.path().join("token").display().to_string();
        let settings = machine.load(&[("token-file", &token)]).unwrap();
        assert_eq!(settings.server.token.as_deref(), Some("secret"));
        let error = machine.load(&[("token-file", "/nowhere/token")]).unwrap_err();
        assert!(
            error.contains("`token-file` cannot be read") && error.contains("/nowhere/token"),
            "{error}"
        );
    }
}
