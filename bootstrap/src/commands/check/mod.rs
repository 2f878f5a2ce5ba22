//! `bowline check`: is this machine fit for a node?
//!
//! [`machine`] gathers [`facts`]; the checks of [`kernel`], [`host`] and [`conflicts`] are pure and each gives one
//! [`Finding`](finding::Finding) with its cause and what to do.

mod conflicts;
mod facts;
mod features;
mod finding;
mod host;
mod kernel;
mod machine;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};
use facts::{Facts, Vital};
use finding::{Finding, Outcome};

use super::location::{self, Location};
use crate::layout::Layout;
use crate::settings::Role;

/// Flags of `check`.
#[derive(Args, Debug)]
#[command(after_help = "Exit code: 0 when nothing fails (warnings may remain), 1 when something does.")]
pub(crate) struct Check {
    /// Folder that will hold bowline's data
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// A check whose answer does not count; may be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    ignore: Vec<String>,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// What the node shall be
    #[arg(long, value_enum, default_value = "server")]
    role: RoleName,
}

/// What `-o` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Json,
    Table,
}

/// What `--role` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleName {
    Server,
    Agent,
}

/// Prints what the checks find.
pub(crate) fn run(check: Check) -> Result<ExitCode> {
    let role = match check.role {
        RoleName::Server => Role::Server,
        RoleName::Agent => Role::Agent,
    };
    let Location { layout, disable, .. } = location::find(check.data_dir);
    let facts = machine::look(role, &layout, &disable).context("look at the machine")?;
    let findings = judge(&facts, &check.ignore)?;
    match check.output {
        Output::Json => println!(
            "{}",
            serde_json::to_string_pretty(&findings).context("write JSON")?
        ),
        Output::Table => print!("{}", table(&findings)),
    }
    let failed = findings.iter().any(|finding| finding.outcome == Outcome::Fail);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Ends a start that cannot come to anything, before it has begun. Only what `/proc` tells at once is looked at.
pub(crate) fn refuse_unfit(layout: &Layout, snapshotter: &str) -> Result<()> {
    let vital = machine::look_at_vital(layout).context("look at the machine")?;
    let failed = failures(&vital, snapshotter);
    ensure!(
        failed.is_empty(),
        "this machine is not fit for a node: {}",
        failed.join("; ")
    );
    Ok(())
}

/// A cause with its remedy for each vital check that fails.
fn failures(vital: &Vital, snapshotter: &str) -> Vec<String> {
    let mut findings = vec![
        kernel::root(vital),
        kernel::capabilities(vital),
        kernel::cgroups(vital),
        conflicts::strangers(vital),
    ];
    // The others copy files, and an overlay can hold copies.
    if snapshotter == "overlayfs" {
        findings.push(host::filesystem(vital));
    }
    let failed = findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    failed.map(Finding::sentence).collect()
}

/// What is not well with the machine of a starting node. Blocks: a host name may be asked for in DNS.
pub(crate) fn shortcomings(role: Role, layout: &Layout) -> Result<Vec<String>> {
    let facts = machine::look(role, layout, &BTreeSet::new()).context("look at the machine")?;
    let findings = judge(&facts, &[])?;
    let short = findings.iter().filter(|finding| finding.outcome != Outcome::Pass);
    Ok(short.map(Finding::sentence).collect())
}

/// Whether a check asks for this module of the kernel.
#[cfg(test)]
pub(crate) fn knows_module(name: &str) -> bool {
    kernel::FEATURES.iter().any(|feature| feature.name == name)
}

/// All checks but the ignored ones.
fn judge(facts: &Facts, ignored: &[String]) -> Result<Vec<Finding>> {
    let mut findings = kernel::findings(facts);
    findings.extend(host::findings(facts));
    findings.extend(conflicts::findings(facts));
    if let Some(unknown) = ignored
        .iter()
        .find(|name| findings.iter().all(|finding| finding.name != name.as_str()))
    {
        let names: Vec<&str> = findings.iter().map(|finding| finding.name).collect();
        bail!(
            "there is no check `{unknown}` to ignore: there are {}",
            names.join(", ")
        );
    }
    findings.retain(|finding| !ignored.iter().any(|name| name == finding.name));
    Ok(findings)
}

/// A line each, and what to do below those that need it.
fn table(findings: &[Finding]) -> String {
    let width = findings
        .iter()
        .map(|finding| finding.name.len())
        .max()
        .unwrap_or_default();
    let mut lines = Vec::new();
    for finding in findings {
        lines.push(format!(
            "{}  {:width$}  {}",
            finding.outcome.word(),
            finding.name,
            finding.cause
        ));
        lines.extend(
            finding
                .remedy
                .iter()
                .map(|remedy| format!("      {:width$}  → {remedy}", "")),
        );
    }
    let count = |outcome| {
        findings
            .iter()
            .filter(|finding| finding.outcome == outcome)
            .count()
    };
    let (failed, warned) = (count(Outcome::Fail), count(Outcome::Warn));
    lines.push(match (failed, warned) {
        (0, 0) => "This machine is fit for a node.\n".to_owned(),
        (0, _) => format!("This machine is fit for a node, with {warned} warnings.\n"),
        _ => format!("This machine is not fit yet: {failed} checks fail, {warned} warn.\n"),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::facts::sound;
    use super::*;

    #[test]
    fn a_machine_that_cannot_hold_a_node_is_refused_with_causes_and_remedies() {
        let mut vital = sound().vital;
        assert_eq!(failures(&vital, "overlayfs"), [""; 0]);
        vital.data_dir.filesystem = "overlay".into();
        assert_eq!(failures(&vital, "native"), [""; 0]);
        vital.cgroups.controllers.remove("memory");
        let failed = failures(&vital, "overlayfs");
        assert_eq!(failed.len(), 2);
        assert!(
            failed[0].starts_with("cgroup controllers are missing: memory (enable them"),
            "{failed:?}"
        );
        assert!(
            failed[1].contains("/var/lib/bowline is on overlay")
                && failed[1].contains("mount a volume there"),
            "{failed:?}"
        );
    }

    #[test]
    fn a_sound_machine_is_said_to_be_fit() {
        insta::assert_snapshot!(table(&judge(&sound(), &[]).unwrap()));
    }

    #[test]
    fn what_fails_says_what_to_do() {
        let facts = Facts {
            vital: Vital {
                is_root: false,
                ..sound().vital
            },
            name_servers: vec![],
            ..sound()
        };
        let findings = judge(&facts, &[]).unwrap();
        let bad: Vec<Finding> = findings
            .into_iter()
            .filter(|finding| finding.outcome != Outcome::Pass)
            .collect();
        insta::assert_snapshot!(table(&bad), @r"
        FAIL  root  does not run as root
                    → run bowline as root: it mounts, and makes namespaces and cgroups
        warn  dns   /etc/resolv.conf names no server: pods and pulls find no name outside the cluster
                    → name a server there, or give resolv-conf; a cluster without outside needs none
        This machine is not fit yet: 1 checks fail, 1 warn.
        ");
    }

    #[test]
    fn an_ignored_check_is_left_out_and_an_unknown_one_is_an_error() {
        let mut facts = sound();
        facts.vital.is_root = false;
        let findings = judge(&facts, &["root".to_owned()]).unwrap();
        assert!(findings.iter().all(|finding| finding.name != "root"));
        let error = judge(&facts, &["rot".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`rot`") && error.contains("root"), "{error}");
    }

    #[test]
    fn the_json_of_a_finding_is_stable() {
        let finding = Finding::warn("dns", "none", "name one");
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(
            json,
            r#"{"name":"dns","outcome":"warn","cause":"none","remedy":"name one"}"#
        );
    }
}
