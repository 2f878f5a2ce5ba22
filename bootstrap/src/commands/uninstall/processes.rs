//! Which processes are ours: by the program that they run, or by the socket that they serve.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use procfs::process::all_processes;

use super::plan::Processes;
use super::step::Process;

/// What procfs says of one process.
#[derive(Clone, Debug)]
struct Seen {
    process: Process,
    program: PathBuf,
    arguments: Vec<String>,
}

/// Where our programs and sockets lie.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) data_dir: PathBuf,
    pub(super) socket: PathBuf,
}

/// Our processes in this machine's own namespaces; those of containers are found by their cgroup.
pub(super) fn find(marks: &Marks) -> Result<Processes> {
    let me = procfs::process::Process::myself().context("read /proc/self")?;
    let mount_namespace = mount_namespace(&me);
    let seen = all_processes()
        .context("list processes")?
        .flatten()
        .filter(|process| {
            process.pid != me.pid
                && mount_namespace.is_some()
                && self::mount_namespace(process) == mount_namespace
        })
        .filter_map(|process| look(&process));
    Ok(sort(seen, marks))
}

/// Processes of containers, and of other machines on this kernel, have a namespace of their own.
fn mount_namespace(process: &procfs::process::Process) -> Option<u64> {
    let namespaces = process.namespaces().ok()?.0;
    namespaces
        .get(std::ffi::OsStr::new("mnt"))
        .map(|namespace| namespace.identifier)
}

/// None when it ends while we look, or is a thread of the kernel.
fn look(process: &procfs::process::Process) -> Option<Seen> {
    Some(Seen {
        process: Process {
            pid: process.pid,
            start: process.stat().ok()?.starttime,
        },
        program: without_deleted(process.exe().ok()?),
        arguments: process.cmdline().ok()?,
    })
}

/// The kernel adds this to a program whose file is gone.
fn without_deleted(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(name) => PathBuf::from(std::ffi::OsStr::from_bytes(name)),
        None => path,
    }
}

fn sort(seen: impl Iterator<Item = Seen>, marks: &Marks) -> Processes {
    let mut found = Processes::default();
    for one in seen {
        let list = match name(&one.program) {
            "bowline" if is_node(&one.arguments) => &mut found.bowline,
            _ if is_shim(&one, marks) => &mut found.shims,
            _ if !one.program.starts_with(&marks.data_dir) => continue,
            "kubelet" => &mut found.kubelet,
            "containerd" => &mut found.containerd,
            _ => &mut found.others,
        };
        list.push(one.process);
    }
    found
}

fn name(program: &Path) -> &str {
    program
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn is_node(arguments: &[String]) -> bool {
    matches!(arguments.get(1).map(String::as_str), Some("server" | "agent"))
}

/// A shim is ours by its program, or by the containerd that it answers to.
fn is_shim(seen: &Seen, marks: &Marks) -> bool {
    let ours = seen.program.starts_with(&marks.data_dir)
        || seen
            .arguments
            .iter()
            .any(|argument| Path::new(argument) == marks.socket);
    ours && name(&seen.program).starts_with("containerd-shim")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pid: i32, line: &str) -> Seen {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Seen {
            process: Process { pid, start: 0 },
            program: PathBuf::from(&arguments[0]),
            arguments,
        }
    }

    fn pids(processes: &[Process]) -> Vec<i32> {
        processes.iter().map(|process| process.pid).collect()
    }

    #[test]
    fn only_our_programs_are_ours() {
        let seen = [
            seen(1, "/usr/local/bin/bowline server"),
            seen(2, "/usr/local/bin/bowline uninstall"),
            seen(3, "/var/lib/bowline/data/v1-aa/bin/containerd -c x"),
            seen(4, "/usr/bin/containerd"),
            seen(5, "/var/lib/bowline/data/v1-aa/bin/kubelet --config x"),
            seen(
                6,
                "/opt/old/containerd-shim-runc-v2 -address /run/bowline/containerd/containerd.sock",
            ),
            seen(
                7,
                "/usr/bin/containerd-shim-runc-v2 -address /run/containerd/containerd.sock",
            ),
            seen(8, "/var/lib/bowline/data/v1-aa/bin/socat -"),
            seen(9, "/usr/bin/kubelet"),
        ];
        let marks = Marks {
            data_dir: "/var/lib/bowline".into(),
            socket: "/run/bowline/containerd/containerd.sock".into(),
        };
        let found = sort(seen.into_iter(), &marks);
        assert_eq!(pids(&found.bowline), [1]);
        assert_eq!(pids(&found.containerd), [3]);
        assert_eq!(pids(&found.kubelet), [5]);
        assert_eq!(pids(&found.shims), [6]);
        assert_eq!(pids(&found.others), [8]);
    }

    #[test]
    fn a_program_whose_file_is_gone_keeps_its_name() {
        let path = without_deleted("/var/lib/bowline/data/x/bin/kubelet (deleted)".into());
        assert_eq!(path, Path::new("/var/lib/bowline/data/x/bin/kubelet"));
    }

    #[test]
    fn looking_at_this_machine_finds_no_node_in_a_test() {
        let marks = Marks {
            data_dir: "/nowhere/at/all".into(),
            socket: "/nowhere/at/all.sock".into(),
        };
        let found = find(&marks).unwrap();
        assert_eq!(
            (found.kubelet.len(), found.containerd.len(), found.shims.len()),
            (0, 0, 0)
        );
    }
}
