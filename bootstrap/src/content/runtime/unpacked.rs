//! The folders of unpacked runtime images: `data/<tag>-<12 hex>/`, each with a marker that is written last.
//!
//! A marker written before the files were synced holds the machine's boot: the files are whole as long as the
//! machine has not gone down since. [`seal`] syncs them and drops that condition.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::super::digest::Digest;
use super::super::disk;
use super::extract::{self, Files};

const MARKER: &str = ".extracted";
/// How folders are named that are not complete yet.
const UNFINISHED: &str = ".new-";

/// What a marker holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) reference: String,
    pub(super) digest: Digest,
    pub(super) files: Files,
    /// Only trusted while the machine is in this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
}

impl Marker {
    /// For files that were written just now.
    pub(super) fn unsealed(reference: String, digest: Digest, files: Files) -> Self {
        Self {
            reference,
            digest,
            files,
            boot: Some(disk::boot()),
        }
    }

    /// Whether a sync is still due.
    pub(super) fn is_sealed(&self) -> bool {
        self.boot.is_none()
    }
}

/// The folder's marker, if all that it speaks of is there.
pub(super) fn complete(folder: &Path) -> Option<Marker> {
    let bytes = fs_err::read(folder.join(MARKER)).ok()?;
    let marker: Marker = serde_json::from_slice(&bytes).ok()?;
    let same_boot = marker.boot.as_ref().is_none_or(|then| *then == disk::boot());
    (same_boot && extract::check(folder, &marker.files).is_ok()).then_some(marker)
}

/// The complete folder of `reference`: the one that is in use if that is one, else any.
pub(super) fn find(contents: &Path, reference: &str, in_use: Option<&str>) -> Option<(PathBuf, Marker)> {
    let mut names = folders(contents).ok()?;
    names.sort_by_key(|name| Some(name.as_str()) != in_use);
    names
        .into_iter()
        .map(|name| contents.join(name))
        .find_map(|folder| {
            let marker = complete(&folder)?;
            (marker.reference == reference).then_some((folder, marker))
        })
}

/// A new folder beside the complete ones; it is gone when dropped before [`publish`].
pub(super) fn begin(contents: &Path) -> Result<tempfile::TempDir> {
    fs_err::create_dir_all(contents)?;
    let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(contents);
    folder.with_context(|| format!("create a folder in {}", contents.display()))
}

/// Writes the marker, then gives the folder its name at once.
pub(super) fn publish(unfinished: tempfile::TempDir, folder: &Path, marker: &Marker) -> Result<()> {
    write_marker(unfinished.path(), marker)?;
    set_readable(unfinished.path())?;
    if folder.exists() {
        // It was incomplete, or it would be in use. Out of the way first: a rename replaces no full folder.
        let aside = begin(folder.parent().unwrap_or(folder))?;
        fs_err::rename(folder, aside.path().join("incomplete"))?;
    }
    fs_err::rename(unfinished.keep(), folder)?;
    Ok(())
}

/// Makes the folder's files safe against a power cut, then says so in the marker.
pub(super) fn seal(folder: &Path, marker: &Marker) -> Result<()> {
    extract::sync(folder, &marker.files)?;
    write_marker(
        folder,
        &Marker {
            boot: None,
            ..marker.clone()
        },
    )
}

/// Points `link` to the folder's programs, at once.
pub(super) fn link(link: &Path, folder: &Path) -> Result<()> {
    let target = folder.join("bin");
    if fs_err::read_link(link).ok().as_ref() == Some(&target) {
        return Ok(());
    }
    let parent = link.parent().context("the link to the programs has no parent")?;
    let staging = tempfile::Builder::new().prefix(".bin-").tempdir_in(parent)?;
    let new = staging.path().join("bin");
    fs_err::os::unix::fs::symlink(&target, &new)?;
    fs_err::rename(&new, link)?;
    Ok(fs_err::File::open(parent)?.sync_all()?)
}

/// Keeps `current`, the one before it and those that `programs` run from; removes the others, and what a killed
/// start left unfinished.
pub(super) fn prune(contents: &Path, current: &Path, programs: &[PathBuf]) -> Result<()> {
    let mut others = Vec::new();
    for entry in fs_err::read_dir(contents)? {
        let entry = entry?;
        if entry.path() != current && entry.file_type()?.is_dir() {
            let finished = !entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(UNFINISHED.as_bytes());
            others.push((finished, entry.metadata()?.modified()?, entry.path()));
        }
    }
    others.sort();
    others.pop_if(|(finished, _, _)| *finished);
    for (_, _, folder) in others {
        if !programs.iter().any(|program| program.starts_with(&folder)) {
            fs_err::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

/// The program files of all processes; a container's shim runs on from the folder that it was started from.
pub(super) fn running_programs() -> Vec<PathBuf> {
    let Ok(processes) = procfs::process::all_processes() else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|process| process.exe().ok())
        .collect()
}

fn folders(contents: &Path) -> Result<Vec<String>> {
    let names = fs_err::read_dir(contents)?.map(|entry| entry.map(|entry| entry.file_name()));
    let visible = |name: &OsStr| Some(name.to_str()?.to_owned()).filter(|name| !name.starts_with('.'));
    Ok(names
        .collect::<Result<Vec<_>, _>>()?
        .iter()
        .filter_map(|name| visible(name))
        .collect())
}

fn write_marker(folder: &Path, marker: &Marker) -> Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("create a file in {}", folder.display()))?;
    file.write_all(serde_json::to_string(marker)?.as_bytes())?;
    if marker.is_sealed() {
        file.as_file().sync_all()?;
    }
    file.persist(folder.join(MARKER))
        .with_context(|| format!("write the marker in {}", folder.display()))?;
    Ok(())
}

/// Temporary folders are closed to others.
fn set_readable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs_err::set_permissions(
        folder,
        std::fs::Permissions::from_mode(0o755),
    )?)
}
