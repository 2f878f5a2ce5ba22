//! A machine from its creation to its removal.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::claim::HostLock;
use super::disk::{Disk, Identity, ProcessId, Running, machines_folder};
use super::spec::{DATA_DIR, Spec, check_name};
use super::{KEEPER, cgroups, network};

const END_LIMIT: Duration = Duration::from_secs(30);

/// A light machine. It is removed when what [`Machine::create`] gave is dropped, unless it stays or `BOWLINE_KEEP` is
/// set.
#[derive(Debug)]
pub struct Machine {
    pub(super) disk: Disk,
    pub(super) identity: Identity,
    /// The keeper, when this program started it.
    keeper: Option<Child>,
    /// Whether the machine ends with this value: it does for who made it, not for who found it.
    removed_with_this: bool,
}

impl Machine {
    /// Makes a machine with an empty disk, in place of any that has the name; it does not run yet.
    pub fn create(mut spec: Spec) -> Result<Self> {
        check_name(&spec.name)?;
        spec.stays |= std::env::var_os("BOWLINE_KEEP").is_some();
        let disk = Disk::of(&spec.name);
        if let Some(mut old) = Self::open(&spec.name)? {
            old.take_away().context("remove the machine that has this name")?;
        }
        disk.make(&spec.volumes)
            .with_context(|| format!("make the disk of machine {}", spec.name))?;
        let number = HostLock::acquire()?.take_number(disk.folder())?;
        let removed_with_this = !spec.stays;
        let identity = Identity {
            spec,
            number,
            maker: ProcessId::of_this_program()?,
        };
        disk.write_identity(&identity)?;
        Ok(Self {
            disk,
            identity,
            keeper: None,
            removed_with_this,
        })
    }

    /// The machine of that name which another program made, if there is one.
    pub fn open(name: &str) -> Result<Option<Self>> {
        check_name(name)?;
        let disk = Disk::of(name);
        if !disk.exists() {
            return Ok(None);
        }
        Ok(Some(Self {
            identity: disk.read_identity()?,
            disk,
            keeper: None,
            removed_with_this: false,
        }))
    }

    /// Removes machines whose program ended without doing so.
    pub fn remove_stale() -> Result<()> {
        let Ok(folders) = fs_err::read_dir(machines_folder()) else {
            return Ok(());
        };
        for folder in folders {
            let name = folder?.file_name();
            let machine = name.to_str().and_then(|name| Self::open(name).ok().flatten());
            if let Some(mut machine) = machine
                && !machine.identity.spec.stays
                && !machine.is_running()
                && !machine.identity.maker.lives()
            {
                machine.take_away()?;
            }
        }
        Ok(())
    }

    /// Switches the machine on.
    pub fn start(&mut self) -> Result<()> {
        ensure!(!self.is_running(), "machine {} runs already", self.name());
        self.clear_up()?;
        cgroups::create(self.identity.number)?;
        let started = self.start_keeper();
        if started.is_err() {
            // What failed is of more interest than what is left of it.
            let _ = self.power_cut();
        }
        started.with_context(|| format!("start machine {}", self.name()))
    }

    fn start_keeper(&mut self) -> Result<()> {
        let console: std::fs::File = fs_err::File::create(self.disk.console())?.into();
        let stdin = if self.identity.spec.stays {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let mut keeper = Command::new(std::env::current_exe().context("find this program")?)
            .arg(KEEPER)
            .arg(self.disk.folder())
            .current_dir("/")
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(console)
            .spawn()
            .context("start the machine's keeper")?;
        let output = keeper.stdout.take().context("listen to the machine's keeper")?;
        let pid = i32::try_from(keeper.id())?;
        self.keeper = Some(keeper);
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("listen to the machine's keeper")?;
        let Ok(init) = line.trim().parse() else {
            bail!("{}", fs_err::read_to_string(self.disk.console())?.trim());
        };
        let running = Running {
            keeper: ProcessId::of(pid).context("the machine's keeper is gone already")?,
            init: ProcessId::of(init).context("the machine's init is gone already")?,
        };
        self.disk.write_running(running)?;
        network::connect(self.identity.number, init)
    }

    /// Takes the power away: everything stops at once, the disk stays as it is.
    pub fn power_cut(&mut self) -> Result<()> {
        self.end(Signal::SIGKILL)
    }

    /// Switches the machine off in good order.
    pub fn stop(&mut self) -> Result<()> {
        self.end(Signal::SIGTERM)
    }

    /// Removes the machine and its disk.
    pub fn remove(mut self) -> Result<()> {
        self.take_away()
    }

    /// Whether the machine is switched on.
    pub fn is_running(&self) -> bool {
        self.disk.read_running().is_some()
    }

    /// The machine's host name.
    pub fn name(&self) -> &str {
        &self.identity.spec.name
    }

    /// The machine's address.
    pub fn address(&self) -> Ipv4Addr {
        network::address(self.identity.number)
    }

    /// The machine's folder on the host.
    pub fn folder(&self) -> &Path {
        self.disk.folder()
    }

    /// Where the data dir lies on the host.
    pub fn data_dir(&self) -> PathBuf {
        self.volume(Path::new(DATA_DIR))
    }

    /// Where one of the machine's volumes lies on the host; a limited one is only there while the machine runs.
    pub fn volume(&self, path: &Path) -> PathBuf {
        if self.identity.spec.is_limited(path) {
            return self.path(path);
        }
        self.disk.volume(path)
    }

    /// Where a path of the machine lies on the host, links aside: in the running system, or on its disk while it is off.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        let inside = inside.as_ref();
        let relative = inside.strip_prefix("/").unwrap_or(inside);
        match self.disk.read_running() {
            Some(Running { init, .. }) => PathBuf::from(format!("/proc/{}/root", init.pid)).join(relative),
            None => self.disk.upper().join(relative),
        }
    }

    /// Every file and folder, as a path in the machine, by which its root differs from the host's; volumes aside.
    pub fn changed_files(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        list(&self.disk.upper(), Path::new("/"), &mut found)?;
        found.sort();
        Ok(found)
    }

    fn end(&mut self, signal: Signal) -> Result<()> {
        if let Some(Running { init, .. }) = self.disk.read_running() {
            kill(Pid::from_raw(init.pid), signal).context("signal the machine's init")?;
        } else if let Some(keeper) = &mut self.keeper {
            // It never got as far as an init, or that is gone too.
            let _ = keeper.kill();
        }
        let deadline = Instant::now() + END_LIMIT;
        while self.is_running() || self.keeper_runs() {
            ensure!(
                Instant::now() < deadline,
                "machine {} has not ended within {END_LIMIT:?}",
                self.name()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        self.keeper = None;
        self.clear_up()
    }

    fn keeper_runs(&mut self) -> bool {
        self.keeper
            .as_mut()
            .is_some_and(|keeper| matches!(keeper.try_wait(), Ok(None)))
    }

    /// Takes away what a machine that does not run has left on the host.
    fn clear_up(&self) -> Result<()> {
        self.disk.forget_running();
        network::disconnect(self.identity.number)?;
        cgroups::remove(self.identity.number)
    }

    fn take_away(&mut self) -> Result<()> {
        self.power_cut()?;
        fs_err::remove_dir_all(self.disk.folder())?;
        HostLock::acquire()?.return_number(self.identity.number)?;
        // The folder of all machines goes with the last.
        let _ = std::fs::remove_dir(machines_folder());
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.removed_with_this
            && self.disk.exists()
            && let Err(error) = self.take_away()
        {
            eprintln!("machine {} is not gone: {error:#}", self.name());
        }
    }
}

fn list(folder: &Path, inside: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &path, found)?;
        }
        found.push(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_are_listed_as_the_machine_sees_them() {
        let upper = tempfile::tempdir().unwrap();
        fs_err::create_dir(upper.path().join("etc")).unwrap();
        fs_err::write(upper.path().join("etc/hosts"), "").unwrap();
        let mut found = Vec::new();
        list(upper.path(), Path::new("/"), &mut found).unwrap();
        assert_eq!(found, [Path::new("/etc/hosts"), Path::new("/etc")]);
    }
}
