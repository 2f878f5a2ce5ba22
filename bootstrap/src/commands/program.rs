//! `bowline kubectl …` and `bowline ctr …`: programs of the runtime image, set up for this node.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::location::{self, Location};

/// What is handed on as it stands.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Becomes kubectl, with the administrator's kubeconfig unless `KUBECONFIG` names another.
pub(crate) fn kubectl(arguments: Arguments) -> Result<()> {
    become_program("kubectl", arguments, |location| {
        let mut environment = vec![("KUBECONFIG", location.kubeconfig.clone().into())];
        // Root's home would keep what the API server said, even after an uninstall.
        if nix::unistd::geteuid().is_root() {
            environment.push(("KUBECACHEDIR", location.layout.kubectl_cache().into()));
        }
        environment
    })
}

/// Becomes ctr on this node's containerd, in the namespace of Kubernetes.
pub(crate) fn ctr(arguments: Arguments) -> Result<()> {
    become_program("ctr", arguments, |location| {
        vec![
            ("CONTAINERD_ADDRESS", location.layout.containerd_socket().into()),
            ("CONTAINERD_NAMESPACE", "k8s.io".into()),
        ]
    })
}

fn become_program(
    name: &str,
    arguments: Arguments,
    environment: impl Fn(&Location) -> Vec<(&'static str, OsString)>,
) -> Result<()> {
    let location = location::find(None);
    let program = location.layout.program(name);
    if !program.exists() {
        bail!(
            "{} is not there: the first start of bowline unpacks it from the runtime image (`bowline status` tells how far it is)",
            program.display()
        );
    }
    let mut command = Command::new(&program);
    command.args(arguments.arguments);
    command.envs(unset(environment(&location), |name| {
        std::env::var_os(name).is_some()
    }));
    if name == "kubectl" {
        check_kubeconfig(&location.kubeconfig)?;
    }
    Err(command.exec()).with_context(|| format!("run {}", program.display()))
}

/// What the user's own environment says goes first.
fn unset(
    environment: Vec<(&'static str, OsString)>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(&'static str, OsString)> {
    environment
        .into_iter()
        .filter(|(name, _)| !is_set(name))
        .collect()
}

/// kubectl's own words for this would be about localhost:8080.
fn check_kubeconfig(kubeconfig: &Path) -> Result<()> {
    if std::env::var_os("KUBECONFIG").is_some() {
        return Ok(());
    }
    match fs_err::File::open(kubeconfig) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{} is not there: `bowline server` writes it when it starts; an agent has none, set KUBECONFIG",
            kubeconfig.display()
        ),
        Err(error) => {
            Err(error).context("read the administrator's kubeconfig: try again as root, or set KUBECONFIG")
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    #[command(disable_help_flag = true)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn everything_is_handed_on() {
        let line = Line::try_parse_from(["kubectl", "--help", "-n", "x", "--", "get", "-o=json"]).unwrap();
        assert_eq!(
            line.arguments.arguments,
            ["--help", "-n", "x", "--", "get", "-o=json"]
        );
    }

    #[test]
    fn the_users_environment_goes_first() {
        let environment = vec![("KUBECONFIG", "/etc/a".into()), ("OTHER", "b".into())];
        assert_eq!(
            unset(environment, |name| name == "KUBECONFIG"),
            [("OTHER", OsString::from("b"))]
        );
    }
}
