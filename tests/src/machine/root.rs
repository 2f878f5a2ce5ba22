//! The file system of a machine, put together by its init before it moves in.
//!
//! In: the host's root (read-only underneath) and the machine's disk. Out: an overlay with own /proc, /sys, /dev, /run
//! and /tmp, with the volumes bound as plain folders, because an overlay cannot hold the snapshots of containerd.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::cgroups::{self, Version};
use super::disk::{Disk, Identity};
use super::sysctl;

/// Puts the root together, makes it `/` and gives the old one up.
pub(super) fn enter(disk: &Disk, identity: &Identity) -> Result<()> {
    propagation("/", MsFlags::MS_PRIVATE)?;
    // Known before the host's mounts are out of sight.
    let hierarchies = cgroups::hierarchies()?;
    let root = disk.root();
    overlay(disk, &root)?;
    for volume in &identity.spec.volumes {
        let inside = within(&root, volume);
        fs_err::create_dir_all(&inside)?;
        match identity.spec.data_limit {
            Some(limit) if identity.spec.is_limited(volume) => {
                file_system("tmpfs", &inside, &format!("mode=0755,size={limit}"))?;
            }
            _ => bind(&disk.volume(volume), &inside, MsFlags::empty())?,
        }
    }
    kernel_file_systems(&root)?;
    mount_cgroups(&root, hierarchies)?;
    pivot(&root)?;
    sysctl::cover(Path::new("/run/machine/sysctl"))?;
    // As on a booted computer: pods expect mounts to spread.
    propagation("/", MsFlags::MS_SHARED)
}

/// Binds `from` over `to`.
pub(super) fn bind(from: &Path, to: &Path, more: MsFlags) -> Result<()> {
    mount(
        Some(from),
        to,
        None::<&str>,
        MsFlags::MS_BIND | more,
        None::<&str>,
    )
    .with_context(|| format!("bind {} to {}", from.display(), to.display()))
}

/// Writes a file, and the folders above it.
pub(super) fn make_file(file: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    Ok(fs_err::write(file, content)?)
}

fn overlay(disk: &Disk, root: &Path) -> Result<()> {
    let (upper, work) = (disk.upper(), disk.overlay_work());
    let options = format!(
        "lowerdir=/,upperdir={},workdir={}",
        upper.display(),
        work.display()
    );
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match mount(
            Some("overlay"),
            root,
            Some("overlay"),
            MsFlags::empty(),
            Some(options.as_str()),
        ) {
            // After a power cut the kernel may still hold the last root.
            Err(Errno::EBUSY) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            done => return done.with_context(|| format!("mount the machine's root with {options}")),
        }
    }
}

fn kernel_file_systems(root: &Path) -> Result<()> {
    for (kind, path, options) in [
        ("proc", "proc", ""),
        ("sysfs", "sys", ""),
        ("devtmpfs", "dev", "mode=0755"),
        ("devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5"),
        ("tmpfs", "dev/shm", "mode=1777"),
        ("tmpfs", "run", "mode=0755"),
        ("tmpfs", "tmp", "mode=1777"),
    ] {
        file_system(kind, &root.join(path), options)?;
    }
    Ok(fs_err::create_dir_all(root.join("run/lock"))?)
}

fn mount_cgroups(root: &Path, hierarchies: Vec<cgroups::Hierarchy>) -> Result<()> {
    let top = root.join("sys/fs/cgroup");
    if hierarchies
        .iter()
        .any(|hierarchy| hierarchy.version != Version::Two)
    {
        file_system("tmpfs", &top, "mode=0755")?;
    }
    for hierarchy in hierarchies {
        let inside = within(root, &hierarchy.mount_point);
        if inside != top {
            fs_err::create_dir_all(&inside)?;
        }
        match hierarchy.version {
            Version::One { options } => file_system("cgroup", &inside, &options)?,
            Version::Two => file_system("cgroup2", &inside, "")?,
        }
    }
    Ok(())
}

/// Makes `root` the root of this mount namespace; what was there before is out of reach.
fn pivot(root: &Path) -> Result<()> {
    nix::unistd::chdir(root).context("go to the machine's root")?;
    nix::unistd::pivot_root(".", ".").context("make the machine's root the root")?;
    umount2(".", MntFlags::MNT_DETACH).context("leave the host's root")?;
    nix::unistd::chdir("/").context("go to the new root")
}

fn file_system(kind: &str, path: &Path, options: &str) -> Result<()> {
    mount(Some(kind), path, Some(kind), MsFlags::empty(), Some(options))
        .with_context(|| format!("mount {kind} at {} ({options})", path.display()))
}

fn propagation(path: &str, how: MsFlags) -> Result<()> {
    mount(
        None::<&str>,
        path,
        None::<&str>,
        how | MsFlags::MS_REC,
        None::<&str>,
    )
    .with_context(|| format!("set how mounts spread from {path}"))
}

/// `path` as seen from outside while the machine's root is at `root`.
fn within(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
