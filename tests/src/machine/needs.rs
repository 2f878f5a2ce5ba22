//! What machines need of their host, found out by trying each thing where it leaves no trace: in namespaces that a
//! thread of this program makes for itself and that end with it. A kernel loads its modules for the trial as it would
//! for a machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{AccessFlags, access, geteuid};

use super::cgroups;
use super::disk::ensure_plain;
use super::network::ip;

/// What was tried, and what came of it.
#[derive(Debug)]
pub struct Need {
    /// A word or two.
    pub what: &'static str,
    /// Why there are no machines without it, when it is missing.
    pub lack: Option<String>,
}

impl Need {
    fn tried(what: &'static str, outcome: Result<()>) -> Self {
        Self {
            what,
            lack: outcome.err().map(|error| format!("{error:#}")),
        }
    }
}

/// Tries all of it, for a machine that keeps its files in `folder`, which need not be there yet.
pub fn needs(folder: &Path) -> Vec<Need> {
    if !geteuid().is_root() {
        let advice = anyhow!("namespaces, mounts and links are root's to make: run as root");
        return vec![Need::tried("root", Err(advice))];
    }
    let mut needs = vec![
        Need::tried("root", Ok(())),
        Need::tried("plain disk", plain_disk(folder)),
        Need::tried("control groups", control_groups()),
    ];
    let trial = std::thread::spawn(in_own_namespaces).join();
    needs.extend(
        trial.unwrap_or_else(|_| vec![Need::tried("namespaces", Err(anyhow!("the trial ended early")))]),
    );
    needs
}

/// This thread never goes back: what it makes ends with it.
fn in_own_namespaces() -> Vec<Need> {
    let namespaces = namespaces();
    let have_them = namespaces.is_ok();
    let mut needs = vec![Need::tried("namespaces", namespaces)];
    if have_them {
        needs.extend([
            Need::tried("overlay file system", overlay()),
            Need::tried("bridge", link("type bridge")),
            Need::tried("veth", link("type veth peer name trial0")),
            Need::tried("vxlan", link("type vxlan id 1 dstport 8472")),
            Need::tried("nf_tables", nf_tables()),
        ]);
    }
    needs
}

fn namespaces() -> Result<()> {
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
        let file = Path::new("/proc/self/ns").join(kind);
        ensure!(file.exists(), "this kernel has no {kind} namespaces");
    }
    let all = [
        CloneFlags::CLONE_NEWCGROUP,
        CloneFlags::CLONE_NEWIPC,
        CloneFlags::CLONE_NEWNET,
        CloneFlags::CLONE_NEWNS,
        CloneFlags::CLONE_NEWUTS,
    ];
    unshare(all.into_iter().collect())
        .context("they cannot be made here (in a container: run it privileged)")?;
    mount(
        None::<&str>,
        "/",
        None::<&str>,
        MsFlags::MS_PRIVATE | MsFlags::MS_REC,
        None::<&str>,
    )
    .context("mounts cannot be kept apart (in a container: run it privileged)")
}

/// Lays one over the root, as a machine's is, with its upper part in memory.
fn overlay() -> Result<()> {
    let place = "/tmp";
    let mounted = |kind, options: &str| mount(Some(kind), place, Some(kind), MsFlags::empty(), Some(options));
    mounted("tmpfs", "size=1m").context("mount a tmpfs")?;
    for folder in ["upper", "work"] {
        fs_err::create_dir(Path::new(place).join(folder))?;
    }
    mounted("overlay", "lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work")
        .context("mount one; load the kernel module overlay, or run on a kernel with CONFIG_OVERLAY_FS")
}

fn link(kind: &str) -> Result<()> {
    let name = kind.split(' ').nth(1).unwrap_or_default();
    ip(&[], &format!("link add trial-{name} {kind}\n"))
        .with_context(|| format!("load the kernel module {name}, or run on a kernel that has it"))
}

fn nf_tables() -> Result<()> {
    let mut nft = Command::new("nft");
    let output = nft
        .args(["add", "table", "inet", "trial"])
        .output()
        .context("start nft (install nftables)")?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "load the kernel module nf_tables, or run on a kernel with CONFIG_NF_TABLES: {}",
        words.trim()
    );
    Ok(())
}

fn plain_disk(folder: &Path) -> Result<()> {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    ensure_plain(there.unwrap_or(Path::new("/")))
}

fn control_groups() -> Result<()> {
    for hierarchy in cgroups::hierarchies()? {
        access(&hierarchy.mount_point, AccessFlags::W_OK).with_context(|| {
            format!(
                "{} cannot be written (in a container: run it privileged)",
                hierarchy.mount_point.display()
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where this runs as root, machines are made, so all of it must be found.
    #[test]
    fn a_host_of_machines_lacks_nothing_and_keeps_nothing_of_the_trial() {
        let needs = needs(&super::super::machines_folder());
        if !geteuid().is_root() {
            assert!(needs[0].lack.as_ref().unwrap().ends_with("run as root"));
            return;
        }
        let lacking: Vec<_> = needs.iter().filter(|need| need.lack.is_some()).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
        assert!(needs.iter().any(|need| need.what == "nf_tables"));
        assert!(!Path::new("/sys/class/net/trial-bridge").exists());
        let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains("upperdir=/tmp/upper"), "{mounts}");
    }

    #[test]
    fn a_kind_of_link_that_the_kernel_lacks_is_named() {
        if !geteuid().is_root() {
            eprintln!("skipped: only root makes links");
            return;
        }
        let trial = std::thread::spawn(|| namespaces().and_then(|()| link("type no-such")));
        let error = format!("{:#}", trial.join().unwrap().unwrap_err());
        assert!(error.starts_with("load the kernel module no-such"), "{error}");
    }
}
