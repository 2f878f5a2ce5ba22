//! One thing that is taken away, named as a person would name it.

use std::fmt;
use std::path::PathBuf;

use crate::ledger::Restoration;
use crate::netlink::{Link, Route, Table};

/// A step of the plan. Each may be done twice; the second time finds nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Tells systemd to end a unit, or it would start it again.
    StopUnit(String),
    /// Tells systemd not to start a unit with the machine any more.
    DisableUnit(String),
    /// Ends processes, softly first where asked, and waits until they are gone.
    EndProcesses {
        what: &'static str,
        processes: Vec<Process>,
        softly: bool,
    },
    /// Kills all that runs in a cgroup and its children, then removes them.
    RemoveCgroup(PathBuf),
    Unmount(PathBuf),
    RemoveNetworkNamespace(PathBuf),
    DeleteLink(Link),
    DeleteRoute(Route),
    /// Feeds a script to `iptables-restore` or one of its like.
    RestoreRules {
        program: PathBuf,
        script: String,
    },
    DeleteTable(Table),
    SetSysctl(Restoration),
    /// Removes a folder and all in it, but for the folder itself when `keep` says that it is a mount point.
    RemoveFolder {
        path: PathBuf,
        keep: bool,
    },
    RemoveFile(PathBuf),
    /// Removes a folder that others use too, when nothing is in it.
    RemoveEmptyFolder(PathBuf),
    /// Tells systemd that unit files are gone.
    ReloadUnits,
}

/// A process; the start tells it from a later one with the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) start: u64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StopUnit(unit) => write!(f, "stop systemd unit {unit}"),
            Self::EndProcesses { what, processes, .. } => {
                let pids: Vec<String> = processes.iter().map(|process| process.pid.to_string()).collect();
                write!(f, "end {what} (pid {})", pids.join(", "))
            }
            Self::DisableUnit(unit) => write!(f, "disable systemd unit {unit}"),
            Self::RemoveCgroup(path) => write!(f, "end all pods of cgroup {} and remove it", path.display()),
            Self::Unmount(path) => write!(f, "unmount {}", path.display()),
            Self::RemoveNetworkNamespace(path) => write!(f, "remove network namespace {}", path.display()),
            Self::DeleteLink(link) => write!(f, "delete link {}", link.name),
            Self::DeleteRoute(route) => write!(f, "delete route {}/{}", route.destination, route.prefix),
            Self::RestoreRules { program, .. } => {
                write!(
                    f,
                    "take the chains of Kubernetes and CNI out with {}",
                    program.display()
                )
            }
            Self::DeleteTable(table) => write!(f, "delete nftables table {table}"),
            Self::SetSysctl(sysctl) => write!(f, "set sysctl {} back to {}", sysctl.name, sysctl.value),
            Self::RemoveFolder { path, keep: true } => {
                write!(f, "remove all in {}, a mount point", path.display())
            }
            Self::RemoveFolder { path, .. } | Self::RemoveFile(path) => {
                write!(f, "remove {}", path.display())
            }
            Self::RemoveEmptyFolder(path) => write!(f, "remove {}, which is empty", path.display()),
            Self::ReloadUnits => f.write_str("reload systemd's units"),
        }
    }
}
