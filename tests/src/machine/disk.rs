//! The folder of one machine on the host's disk, and the two files that say what the machine is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use nix::sys::statfs::{OVERLAYFS_SUPER_MAGIC, statfs};
use serde::{Deserialize, Serialize};

use super::spec::Spec;

/// The folder of one machine.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    folder: PathBuf,
}

/// What a machine is from its creation to its removal: `machine.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) spec: Spec,
    /// The machine's number on this host: its address, its link, its control groups.
    pub(super) number: u8,
    /// The program that made it.
    pub(super) maker: ProcessId,
}

/// The first processes of a running machine: `running.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Running {
    /// Waits for the machine's end, outside.
    pub(super) keeper: ProcessId,
    /// PID 1 of the machine, as the host counts.
    pub(super) init: ProcessId,
}

/// A process of the host, told from any other that has its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProcessId {
    pub(super) pid: i32,
    /// In clock ticks since boot.
    start_time: u64,
}

impl ProcessId {
    /// The process that has the number now.
    pub(super) fn of(pid: i32) -> Option<Self> {
        let stat = procfs::process::Process::new(pid)
            .and_then(|process| process.stat())
            .ok()?;
        (stat.state != 'Z').then_some(Self {
            pid,
            start_time: stat.starttime,
        })
    }

    pub(super) fn of_this_program() -> Result<Self> {
        Self::of(i32::try_from(std::process::id())?).context("find this program's own process")
    }

    pub(super) fn lives(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

impl Disk {
    pub(super) fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder of the machine called `name`, in the folder that holds all machines.
    pub(super) fn of(name: &str) -> Self {
        Self::new(machines_folder().join(name))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn exists(&self) -> bool {
        self.identity_file().exists()
    }

    /// What programs in the machine changed of the root file system.
    pub(super) fn upper(&self) -> PathBuf {
        self.folder.join("upper")
    }

    pub(super) fn overlay_work(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// Where the root is put together before the machine moves into it.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// The plain folder that lies at `path` in the machine.
    pub(super) fn volume(&self, path: &Path) -> PathBuf {
        let name: Vec<_> = path.iter().filter(|part| *part != OsStr::new("/")).collect();
        self.folder.join("volumes").join(name.join(OsStr::new("-")))
    }

    /// What keeper and init have to say.
    pub(super) fn console(&self) -> PathBuf {
        self.folder.join("console.log")
    }

    pub(super) fn read_identity(&self) -> Result<Identity> {
        read_json(&self.identity_file())
    }

    pub(super) fn write_identity(&self, identity: &Identity) -> Result<()> {
        write_json(&self.identity_file(), identity)
    }

    /// The first processes, when the machine runs.
    pub(super) fn read_running(&self) -> Option<Running> {
        let running: Running = read_json(&self.running_file()).ok()?;
        running.init.lives().then_some(running)
    }

    pub(super) fn write_running(&self, running: Running) -> Result<()> {
        write_json(&self.running_file(), &running)
    }

    pub(super) fn forget_running(&self) {
        // It may not be there; what it says is checked against the process anyway.
        let _ = fs_err::remove_file(self.running_file());
    }

    /// Makes the folders that the machine's root is put together from.
    pub(super) fn make(&self, volumes: &[PathBuf]) -> Result<()> {
        for folder in [self.upper(), self.overlay_work(), self.root()] {
            fs_err::create_dir_all(folder)?;
        }
        for volume in volumes {
            fs_err::create_dir_all(self.volume(volume))?;
        }
        ensure_plain(&self.folder)
    }

    fn identity_file(&self) -> PathBuf {
        self.folder.join("machine.json")
    }

    fn running_file(&self) -> PathBuf {
        self.folder.join("running.json")
    }
}

/// Refuses a folder in which no machine can have its disk.
pub(super) fn ensure_plain(folder: &Path) -> Result<()> {
    let kind = statfs(folder).context("ask for the kind of file system")?;
    ensure!(
        kind.filesystem_type() != OVERLAYFS_SUPER_MAGIC,
        "{} lies on an overlay file system, which cannot hold another: have it on a plain disk (BOWLINE_MACHINES \
         names the folder of light machines)",
        folder.display()
    );
    Ok(())
}

/// The folder that holds all machines of this checkout.
pub fn machines_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("BOWLINE_MACHINES") {
        return folder.into();
    }
    crate::target_folder().join("machines")
}

fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs_err::read(file)?;
    serde_json::from_slice(&text).with_context(|| format!("understand {}", file.display()))
}

fn write_json<T: Serialize>(file: &Path, value: &T) -> Result<()> {
    Ok(fs_err::write(file, serde_json::to_vec_pretty(value)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_volume_has_a_folder_of_its_own() {
        let disk = Disk::new("/m");
        assert_eq!(
            disk.volume(Path::new("/var/lib/bowline")),
            Path::new("/m/volumes/var-lib-bowline")
        );
        assert_ne!(
            disk.volume(Path::new("/var/lib/bowline")),
            disk.volume(Path::new("/var/lib/kubelet"))
        );
    }

    #[test]
    fn a_process_number_used_again_is_not_taken_for_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path());
        let me = ProcessId::of_this_program().unwrap();
        let running = Running { keeper: me, init: me };
        disk.write_running(running).unwrap();
        assert_eq!(disk.read_running(), Some(running));

        let earlier = ProcessId {
            start_time: me.start_time - 1,
            ..me
        };
        disk.write_running(Running {
            keeper: me,
            init: earlier,
        })
        .unwrap();
        assert_eq!(disk.read_running(), None);
    }
}
