//! The control groups of a machine: one group in each hierarchy that the host has, of version 1, 2 or both.
//!
//! The host's own mounts are only read, and each gets one new group below its top; inside the machine the same
//! hierarchies are mounted again, where the control group namespace makes the machine's group their top.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use procfs::process::{MountInfo, Process};

/// One tree of control groups that the host has mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub(super) mount_point: PathBuf,
    pub(super) version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// With the mount options that name its controllers.
    One {
        options: String,
    },
    Two,
}

/// All hierarchies of the host.
pub(super) fn hierarchies() -> Result<Vec<Hierarchy>> {
    let mounts = Process::myself()
        .and_then(|process| process.mountinfo())
        .context("read the mounts of this machine")?;
    let found = from_mounts(mounts.iter());
    ensure!(
        !found.is_empty(),
        "no control groups are mounted here: mount them at /sys/fs/cgroup"
    );
    Ok(found)
}

/// Makes the machine's group in each hierarchy.
pub(super) fn create(number: u8) -> Result<()> {
    for hierarchy in hierarchies()? {
        let group = hierarchy.group(number);
        fs_err::create_dir_all(&group).context(
            "make a control group (in a container, the control groups must be writable: run it privileged)",
        )?;
        match hierarchy.version {
            // A cpuset group takes no process before it has both.
            Version::One { options } if options.contains("cpuset") => {
                for file in ["cpuset.cpus", "cpuset.mems"] {
                    fs_err::write(group.join(file), fs_err::read(hierarchy.mount_point.join(file))?)?;
                }
            }
            Version::One { .. } => {}
            Version::Two => {
                hand_controllers_down(&hierarchy.mount_point)?;
                fs_err::create_dir_all(hierarchy.members(number))?;
            }
        }
    }
    Ok(())
}

/// Moves this process into the machine's groups.
pub(super) fn join(number: u8) -> Result<()> {
    for hierarchy in hierarchies()? {
        fs_err::write(hierarchy.members(number).join("cgroup.procs"), "0")?;
    }
    Ok(())
}

/// Removes the machine's groups once the last process has left them.
pub(super) fn remove(number: u8) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    for hierarchy in hierarchies()? {
        let group = hierarchy.group(number);
        while group.exists() {
            match remove_tree(&group) {
                Ok(()) => break,
                // The last processes are still on their way out.
                Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(error).context("remove the machine's control group"),
            }
        }
    }
    Ok(())
}

/// Whether a line of /proc/…/cgroup, as the host sees it, lies in the machine's group.
pub(super) fn is_inside(line: &str, number: u8) -> bool {
    let name = name(number);
    line.rsplit(':')
        .next()
        .is_some_and(|path| path.split('/').any(|part| part == name))
}

fn name(number: u8) -> String {
    format!("bowline-machine-{number}")
}

impl Hierarchy {
    /// The machine's group.
    fn group(&self, number: u8) -> PathBuf {
        self.mount_point.join(name(number))
    }

    /// The group that holds the machine's processes: in version 2 a leaf, because a group that hands
    /// controllers down may hold none.
    fn members(&self, number: u8) -> PathBuf {
        match self.version {
            Version::One { .. } => self.group(number),
            Version::Two => self.group(number).join("init"),
        }
    }
}

/// Lets the groups below use the controllers that the top has.
fn hand_controllers_down(top: &Path) -> Result<()> {
    let controllers = fs_err::read_to_string(top.join("cgroup.controllers"))?;
    let wanted: Vec<_> = controllers
        .split_whitespace()
        .map(|name| format!("+{name}"))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    Ok(fs_err::write(
        top.join("cgroup.subtree_control"),
        wanted.join(" "),
    )?)
}

fn remove_tree(group: &Path) -> std::io::Result<()> {
    for entry in fs_err::read_dir(group)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs_err::remove_dir(group)
}

fn from_mounts<'a>(mounts: impl Iterator<Item = &'a MountInfo>) -> Vec<Hierarchy> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for mount in mounts {
        let version = match mount.fs_type.as_str() {
            "cgroup" => Version::One {
                options: controller_options(mount),
            },
            "cgroup2" => Version::Two,
            _ => continue,
        };
        if found.iter().all(|known| known.version != version) {
            found.push(Hierarchy {
                mount_point: mount.mount_point.clone(),
                version,
            });
        }
    }
    found
}

/// The options that choose a hierarchy: its controllers, or the name of one that has none.
fn controller_options(mount: &MountInfo) -> String {
    const NOT_CONTROLLERS: [&str; 7] = [
        "rw",
        "ro",
        "xattr",
        "noprefix",
        "clone_children",
        "release_agent",
        "cpuset_v2_mode",
    ];
    let mut options: Vec<String> = mount
        .super_options
        .iter()
        .filter(|(name, _)| !NOT_CONTROLLERS.contains(&name.as_str()))
        .map(|(name, value)| {
            value
                .as_ref()
                .map_or_else(|| name.clone(), |value| format!("{name}={value}"))
        })
        .collect();
    options.sort();
    if options.len() == 1 && options[0].starts_with("name=") {
        options.insert(0, "none".to_owned());
    }
    options.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Hierarchy> {
        let mounts: Vec<_> = lines
            .iter()
            .map(|line| MountInfo::from_line(line).unwrap())
            .collect();
        from_mounts(mounts.iter())
    }

    #[test]
    fn version_one_hierarchies_are_told_by_their_controllers() {
        let found = read(&[
            "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpuacct,cpu",
            "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd",
            "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
        ]);
        let options: Vec<_> = found.iter().map(|hierarchy| hierarchy.version.clone()).collect();
        assert_eq!(
            options,
            [
                Version::One {
                    options: "cpu,cpuacct".into()
                },
                Version::One {
                    options: "none,name=systemd".into()
                },
                Version::Two,
            ]
        );
    }

    #[test]
    fn a_hierarchy_mounted_twice_counts_once() {
        let found = read(&[
            "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate",
            "99 31 0:38 / /somewhere/else rw,relatime - cgroup2 cgroup2 rw,nsdelegate",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].mount_point, Path::new("/sys/fs/cgroup"));
    }

    #[test]
    fn a_process_is_told_by_its_whole_group_name() {
        assert!(is_inside("8:pids:/bowline-machine-2/kubepods/pod1", 2));
        assert!(!is_inside("8:pids:/bowline-machine-22", 2));
        assert!(!is_inside("8:pids:/", 2));
    }

    #[test]
    fn only_version_two_keeps_its_members_in_a_leaf() {
        let hierarchy = |version| Hierarchy {
            mount_point: "/c".into(),
            version,
        };
        let one = hierarchy(Version::One {
            options: "pids".into(),
        });
        assert_eq!(one.members(7), Path::new("/c/bowline-machine-7"));
        assert_eq!(
            hierarchy(Version::Two).members(7),
            Path::new("/c/bowline-machine-7/init")
        );
    }
}
