//! Makes the disk equal the plan: directories and files come in, the paths that had to change go out.
//!
//! A file is written beside its place and renamed into it, so a reader sees the old one or the new one. What the
//! plan gives can be planned again, so it is not forced to the disk: after a power cut the next start compares
//! and repairs. What cannot be made again (keys, tokens) goes through [`store`], which forces it.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::layout::Layout;
use crate::plan::{Directory, File};

/// The static pods that are ours: their manifests go when the plan has none of that name.
const COMPONENTS: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// Why a path cannot be made what it shall be.
#[derive(Debug, Error)]
pub(crate) enum ApplyError {
    #[error(
        "no room for {path}: its file system is full, {need} bytes are needed; free some or move data-dir"
    )]
    Full { path: PathBuf, need: usize },
    #[error(
        "{path} cannot be written: its file system is mounted read-only; mount it writable or move data-dir"
    )]
    ReadOnly { path: PathBuf },
    #[error("{path} is {found}, where bowline keeps a {expected}; move it away")]
    Occupied {
        path: PathBuf,
        found: &'static str,
        expected: &'static str,
    },
    #[error("{what} {path}")]
    Failed {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The paths that were made or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes(pub(crate) BTreeSet<PathBuf>);

/// Makes directories, then files. Stops at the first that fails.
pub(crate) fn apply(directories: &[Directory], files: &[File]) -> Result<Changes, ApplyError> {
    let mut changes = Changes::default();
    for directory in directories {
        if make_directory(directory)? {
            changes.0.insert(directory.path.clone());
        }
    }
    for file in files {
        if write_file(file)? {
            changes.0.insert(file.path.clone());
        }
    }
    Ok(changes)
}

/// Writes one file if it differs in content, mode or owner; says whether it did.
pub(crate) fn write_file(file: &File) -> Result<bool, ApplyError> {
    if is_equal(file)? {
        return Ok(false);
    }
    let staged = stage(file)?;
    persist(staged, file)?;
    Ok(true)
}

/// Writes files that nothing could make again: all are on the disk before the first gets its name, and all names
/// are before this returns.
pub(crate) fn store(files: &[File]) -> Result<(), ApplyError> {
    let mut staged = Vec::new();
    for file in files {
        staged.push(stage(file)?);
    }
    for (temporary, file) in staged.iter().zip(files) {
        let synced = temporary.as_file().sync_all();
        synced.map_err(|error| explain(error, file, "force to the disk"))?;
    }
    for (temporary, file) in staged.into_iter().zip(files) {
        persist(temporary, file)?;
    }
    let parents: BTreeSet<&Path> = files.iter().map(|file| parent(&file.path)).collect();
    parents.into_iter().try_for_each(|path| {
        let synced = fs_err::File::open(path).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed("force to the disk", path, error))
    })
}

/// Removes the manifests of our static pods that are not in `wanted`.
pub(crate) fn remove_stale_manifests<'a>(
    layout: &Layout,
    wanted: impl IntoIterator<Item = &'a str>,
) -> Result<Changes, ApplyError> {
    let wanted: BTreeSet<&str> = wanted.into_iter().collect();
    let mut changes = Changes::default();
    for name in COMPONENTS.into_iter().filter(|name| !wanted.contains(name)) {
        let path = layout.pod_manifest(name);
        match fs_err::remove_file(&path) {
            Ok(()) => changes.0.insert(path),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("remove", &path, error)),
        };
    }
    Ok(changes)
}

/// Makes a directory, its parents too; says whether anything had to change.
pub(crate) fn make_directory(directory: &Directory) -> Result<bool, ApplyError> {
    let Directory { path, mode, owner } = directory;
    let as_file = || File {
        path: path.clone(),
        mode: *mode,
        owner: *owner,
        content: Vec::new(),
    };
    let made = match fs_err::metadata(path) {
        Ok(found) if found.is_dir() => false,
        Ok(_) => {
            return Err(ApplyError::Occupied {
                path: path.clone(),
                found: "a file",
                expected: "directory",
            });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs_err::create_dir_all(path).map_err(|error| explain(error, &as_file(), "make the directory"))?;
            true
        }
        Err(error) => return Err(failed("look at", path, error)),
    };
    let found = fs_err::metadata(path).map_err(|error| failed("look at", path, error))?;
    let differs = found.mode() & 0o7777 != *mode || found.uid() != *owner || found.gid() != *owner;
    if differs {
        // The owner first: changing it clears set-id bits.
        std::os::unix::fs::chown(path, Some(*owner), Some(*owner))
            .map_err(|error| explain(error, &as_file(), "change the owner of"))?;
        fs_err::set_permissions(path, PermissionsExt::from_mode(*mode))
            .map_err(|error| explain(error, &as_file(), "change the mode of"))?;
    }
    Ok(made || differs)
}

/// Whether the disk has this very file.
fn is_equal(file: &File) -> Result<bool, ApplyError> {
    let found = match fs_err::symlink_metadata(&file.path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed("look at", &file.path, error)),
    };
    if found.is_dir() {
        return Err(ApplyError::Occupied {
            path: file.path.clone(),
            found: "a directory",
            expected: "file",
        });
    }
    let is_alike = found.is_file()
        && found.mode() & 0o7777 == file.mode
        && found.uid() == file.owner
        && found.gid() == file.owner
        && found.len() == file.content.len() as u64;
    if !is_alike {
        return Ok(false);
    }
    let content = fs_err::read(&file.path).map_err(|error| failed("read", &file.path, error))?;
    Ok(content == file.content)
}

/// Writes the content beside its place, under a name with a leading dot: the kubelet and others pass over it.
fn stage(file: &File) -> Result<NamedTempFile, ApplyError> {
    let folder = parent(&file.path);
    fs_err::create_dir_all(folder).map_err(|error| explain(error, file, "make the directory of"))?;
    let write = || -> io::Result<NamedTempFile> {
        let mut temporary = tempfile::Builder::new().prefix(".bowline-").tempfile_in(folder)?;
        temporary.write_all(&file.content)?;
        let handle = temporary.as_file();
        std::os::unix::fs::fchown(handle, Some(file.owner), Some(file.owner))?;
        handle.set_permissions(PermissionsExt::from_mode(file.mode))?;
        Ok(temporary)
    };
    write().map_err(|error| explain(error, file, "write"))
}

fn persist(staged: NamedTempFile, file: &File) -> Result<(), ApplyError> {
    let renamed = staged.persist(&file.path);
    renamed
        .map(drop)
        .map_err(|error| explain(error.error, file, "put in place"))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// The error as a person can act on it.
fn explain(error: io::Error, file: &File, what: &'static str) -> ApplyError {
    let path = file.path.clone();
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EDQUOT) => ApplyError::Full {
            path,
            need: file.content.len(),
        },
        Some(Errno::EROFS) => ApplyError::ReadOnly { path },
        _ => ApplyError::Failed {
            what,
            path,
            source: error,
        },
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> ApplyError {
    ApplyError::Failed {
        what,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_user() -> u32 {
        nix::unistd::getuid().as_raw()
    }

    fn file(path: PathBuf, content: &str) -> File {
        File {
            path,
            mode: 0o600,
            owner: own_user(),
            content: content.into(),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn only_what_differs_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = file(folder.path().join("a/b"), "one");
        assert!(write_file(&wanted).unwrap());
        let inode = fs_err::metadata(&wanted.path).unwrap().ino();
        assert!(!write_file(&wanted).unwrap());
        assert_eq!(fs_err::metadata(&wanted.path).unwrap().ino(), inode);
        assert_eq!(mode(&wanted.path), 0o600);
        let longer = file(wanted.path.clone(), "other");
        assert!(write_file(&longer).unwrap());
        assert_eq!(fs_err::read_to_string(&wanted.path).unwrap(), "other");
    }

    #[test]
    fn a_changed_mode_is_put_right() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = file(folder.path().join("key"), "secret");
        write_file(&wanted).unwrap();
        fs_err::set_permissions(&wanted.path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(write_file(&wanted).unwrap());
        assert_eq!(mode(&wanted.path), 0o600);
    }

    #[test]
    fn a_link_is_replaced_and_its_target_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs_err::write(&target, "theirs").unwrap();
        let wanted = file(folder.path().join("link"), "ours");
        fs_err::os::unix::fs::symlink(&target, &wanted.path).unwrap();
        assert!(write_file(&wanted).unwrap());
        assert_eq!(fs_err::read_to_string(&target).unwrap(), "theirs");
        assert!(fs_err::symlink_metadata(&wanted.path).unwrap().is_file());
    }

    #[test]
    fn nothing_is_left_beside_a_written_file() {
        let folder = tempfile::tempdir().unwrap();
        write_file(&file(folder.path().join("a"), "1")).unwrap();
        store(&[
            file(folder.path().join("b"), "2"),
            file(folder.path().join("c"), "3"),
        ])
        .unwrap();
        let mut names: Vec<_> = fs_err::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn changes_name_what_was_touched() {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory {
            path: folder.path().join("etc"),
            mode: 0o700,
            owner: own_user(),
        };
        let wanted = file(folder.path().join("etc/config"), "x");
        let changes = apply(std::slice::from_ref(&directory), std::slice::from_ref(&wanted)).unwrap();
        assert_eq!(
            changes.0,
            BTreeSet::from([directory.path.clone(), wanted.path.clone()])
        );
        assert_eq!(apply(&[directory], &[wanted]).unwrap(), Changes::default());
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let occupied = folder.path().join("config");
        fs_err::create_dir_all(&occupied).unwrap();
        let error = write_file(&file(occupied.clone(), "x")).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "{} is a directory, where bowline keeps a file; move it away",
                occupied.display()
            )
        );
    }

    #[test]
    fn a_full_or_read_only_disk_is_named_as_such() {
        let wanted = file("/x/y".into(), "four");
        let full = explain(Errno::ENOSPC.into(), &wanted, "write").to_string();
        assert!(
            full.starts_with("no room for /x/y") && full.contains("4 bytes"),
            "{full}"
        );
        let read_only = explain(Errno::EROFS.into(), &wanted, "write").to_string();
        assert!(read_only.contains("mounted read-only"), "{read_only}");
    }

    #[test]
    fn only_manifests_of_ours_that_are_not_planned_go() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        for name in ["etcd", "kube-scheduler", "users-own"] {
            write_file(&file(layout.pod_manifest(name), "{}")).unwrap();
        }
        let changes = remove_stale_manifests(&layout, ["etcd"]).unwrap();
        assert_eq!(changes.0, BTreeSet::from([layout.pod_manifest("kube-scheduler")]));
        assert!(layout.pod_manifest("etcd").exists() && layout.pod_manifest("users-own").exists());
    }
}
