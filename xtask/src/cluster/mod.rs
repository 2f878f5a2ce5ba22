//! The cluster that `up` makes and `down` takes away: on the light machine `bowline`, or on this machine itself.

pub(crate) mod addons;
pub(crate) mod board;
pub(crate) mod host;
pub(crate) mod light;
pub(crate) mod sample;

use std::fs::Permissions;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use bowline_tests::machine::Machine;
use bowline_tests::node::DETACHED_LOG;
use bowline_tests::node::status::Report;
use serde_json::Value;

use crate::process;

const PROGRAM: &str = "/usr/local/bin/bowline";
const KUBECTL: &str = "/var/lib/bowline/bin/kubectl";
/// The administrator's kubeconfig, on the node.
const KUBECONFIG: &str = "/etc/bowline/bowline.yaml";

/// Where the node is.
#[derive(Debug)]
pub(crate) enum Home {
    /// In a light machine.
    Light(Machine),
    /// On this machine.
    Host,
}

impl Home {
    /// The home of the cluster that is up, or may be.
    pub(crate) fn find() -> Result<Self> {
        if let Some(machine) = light::open()? {
            ensure!(
                machine.is_running(),
                "machine {} is switched off: `cargo xtask up` starts it",
                machine.name()
            );
            return Ok(Self::Light(machine));
        }
        ensure!(
            host::is_installed(),
            "there is no cluster here: make one with `cargo xtask up`"
        );
        Ok(Self::Host)
    }

    /// A command that runs `program` on the node.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        match self {
            Self::Light(machine) => machine.command(program),
            Self::Host => Ok(Command::new(program)),
        }
    }

    /// A command that runs the node program.
    pub(crate) fn bowline(&self) -> Result<Command> {
        self.command(PROGRAM)
    }

    /// A command that runs the node's kubectl as administrator.
    pub(crate) fn kubectl(&self) -> Result<Command> {
        let mut command = self.command(KUBECTL)?;
        command.env("KUBECONFIG", KUBECONFIG);
        Ok(command)
    }

    /// Where the node is reached from this machine.
    pub(crate) fn address(&self) -> Ipv4Addr {
        match self {
            Self::Light(machine) => machine.address(),
            Self::Host => Ipv4Addr::LOCALHOST,
        }
    }

    /// A kubeconfig with which programs of this machine reach the cluster.
    pub(crate) fn kubeconfig_for_this_machine(&self) -> Result<PathBuf> {
        match self {
            Self::Light(machine) => {
                let inside = fs_err::read_to_string(machine.path(KUBECONFIG))?;
                let file = machine.folder().join("kubeconfig");
                let outside =
                    inside.replace("https://127.0.0.1:", &format!("https://{}:", machine.address()));
                fs_err::write(&file, outside)?;
                fs_err::set_permissions(&file, Permissions::from_mode(0o600))?;
                Ok(file)
            }
            Self::Host => Ok(KUBECONFIG.into()),
        }
    }

    /// Whether `bowline server` runs.
    pub(crate) fn server_runs(&self) -> bool {
        match self {
            Self::Light(machine) => machine.processes("bowline").is_ok_and(|found| !found.is_empty()),
            Self::Host => host::is_running(),
        }
    }

    /// The last words of `bowline server`.
    pub(crate) fn last_words(&self) -> String {
        let log = match self {
            Self::Light(machine) => fs_err::read_to_string(machine.path(DETACHED_LOG)).map_err(Into::into),
            Self::Host => host::log(),
        };
        log.map_or_else(|error| error.to_string(), |log| process::last_lines(&log))
    }

    /// The board of stages.
    pub(crate) fn status(&self) -> Result<Report> {
        let output = self
            .bowline()?
            .args(["status", "-o", "json"])
            .output()
            .context("ask for the status")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "understand the status: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )
        })
    }

    /// Objects as JSON.
    pub(crate) fn get(&self, arguments: &[&str]) -> Result<Value> {
        let output = self
            .kubectl()?
            .args(["get", "-o", "json"])
            .args(arguments)
            .output()
            .context("start kubectl")?;
        ensure!(
            output.status.success(),
            "kubectl get {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        serde_json::from_slice(&output.stdout).context("understand kubectl's JSON")
    }

    /// Applies manifests.
    pub(crate) fn apply(&self, manifests: &str) -> Result<()> {
        let mut command = self.kubectl()?;
        command
            .args(["apply", "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("start kubectl")?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may end without reading; then its own words are the error.
            let _ = stdin.write_all(manifests.as_bytes());
        }
        let output = child.wait_with_output().context("wait for kubectl")?;
        ensure!(
            output.status.success(),
            "kubectl apply: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }
}
