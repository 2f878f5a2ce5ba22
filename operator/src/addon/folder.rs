//! Which files there are, and what each asks for.
//!
//! Files called `.yaml`, `.yml` or `.json`, in this folder and those below it; names that begin with a dot are
//! ignored. An Addon is called like its file up to the first dot. `<file>.skip` leaves a file alone, wherever a file
//! of that name lies; `<file>.disabled` takes away what it brought.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bowline_crds::{DISABLED_SUFFIX, SKIP_SUFFIX};
use jiff::Timestamp;
use tracing::warn;

const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
/// Bounds on what a folder may hold.
const MAX_DEPTH: usize = 8;
const MAX_FILES: usize = 4096;

/// A manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    /// Another file that asks for the same Addon and is not heard.
    pub(crate) shadows: Option<PathBuf>,
}

/// What one Addon shall be: a file's content, or nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) addon: String,
    pub(crate) file: Option<File>,
}

/// By what a task is told from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<File>);

impl Task {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(self.file.clone())
    }
}

/// What the files below `folder` ask for, one task for each Addon, in the order of paths.
pub(crate) fn tasks(folder: &Path) -> Vec<Task> {
    let mut files = Vec::new();
    if let Err(error) = walk(folder, 0, &mut files) {
        warn!("read the manifests folder: {error}");
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    select(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if name_of(&path).starts_with('.') || files.len() >= MAX_FILES {
            continue;
        }
        // Through symbolic links, as K3s does; a link to nowhere is nothing.
        let Ok(metadata) = fs_err::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() && depth < MAX_DEPTH {
            walk(&path, depth + 1, files)?;
        } else if metadata.is_file() {
            let modified = metadata
                .modified()
                .ok()
                .and_then(|time| Timestamp::try_from(time).ok());
            files.push(File {
                path,
                size: metadata.len(),
                modified: modified.unwrap_or_default(),
                shadows: None,
            });
        }
    }
    Ok(())
}

/// One task for each Addon. Pure; `files` are sorted, and the first of a name is heard.
fn select(files: Vec<File>) -> Vec<Task> {
    let marked = |suffix: &str| -> Vec<String> {
        let names = files
            .iter()
            .filter_map(|file| name_of(&file.path).strip_suffix(suffix));
        names
            .filter(|name| is_manifest(name))
            .map(ToOwned::to_owned)
            .collect()
    };
    let (skipped, disabled) = (marked(SKIP_SUFFIX), marked(DISABLED_SUFFIX));
    let mut tasks: BTreeMap<String, Option<File>> = BTreeMap::new();
    for name in &disabled {
        tasks.insert(addon_name(name).to_owned(), None);
    }
    for file in files {
        let name = name_of(&file.path);
        if !is_manifest(name) || skipped.iter().any(|skipped| skipped == name) {
            continue;
        }
        let addon = addon_name(name).to_owned();
        if !is_object_name(&addon) {
            warn!(file = %file.path.display(), "{addon:?} cannot be the name of an Addon; rename the file");
            continue;
        }
        match tasks.get_mut(&addon) {
            None => drop(tasks.insert(addon, Some(file))),
            Some(Some(heard)) => heard.shadows = heard.shadows.take().or(Some(file.path)),
            Some(None) => {}
        }
    }
    tasks
        .into_iter()
        .map(|(addon, file)| Task { addon, file })
        .collect()
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

fn is_manifest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn addon_name(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}

fn is_object_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // It becomes the value of a label, too.
    (1..=63).contains(&name.len())
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(paths: &[&str]) -> Vec<String> {
        let mut files: Vec<File> = paths
            .iter()
            .map(|path| File {
                path: path.into(),
                ..File::default()
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let tasks = select(files).into_iter();
        let said = |task: Task| match task.file {
            None => format!("{} off", task.addon),
            Some(File {
                path, shadows: None, ..
            }) => format!("{} {}", task.addon, path.display()),
            Some(File {
                path,
                shadows: Some(other),
                ..
            }) => {
                format!("{} {} not {}", task.addon, path.display(), other.display())
            }
        };
        tasks.map(said).collect()
    }

    #[test]
    fn addons_are_called_like_their_files_up_to_the_first_dot() {
        assert_eq!(
            asked(&["a.yaml", "b.c.YML", "d/e.json", "readme.md"]),
            ["a a.yaml", "b b.c.YML", "e d/e.json"]
        );
    }

    #[test]
    fn the_first_of_two_files_of_one_name_is_heard_and_knows_of_the_other() {
        assert_eq!(asked(&["a.yaml", "sub/a.yaml"]), ["a a.yaml not sub/a.yaml"]);
    }

    #[test]
    fn a_skip_mark_leaves_every_file_of_that_name_alone() {
        assert_eq!(
            asked(&["a.yaml", "sub/a.yaml", "x/a.yaml.skip", "b.yaml"]),
            ["b b.yaml"]
        );
    }

    #[test]
    fn a_disabled_mark_wins_over_the_file() {
        assert_eq!(
            asked(&["a.yaml", "a.yaml.disabled", "b.yaml.disabled"]),
            ["a off", "b off"]
        );
    }

    #[test]
    fn names_that_no_object_can_have_are_left_out() {
        assert_eq!(
            asked(&["Big.yaml", "under_score.yaml", "ok.yaml"]),
            ["ok ok.yaml"]
        );
    }

    #[test]
    fn folders_are_walked_and_dotfiles_ignored() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(folder.path().join("sub/.hidden")).unwrap();
        for file in ["sub/a.yaml", ".b.yaml", "sub/.hidden/c.yaml"] {
            fs_err::write(folder.path().join(file), "x").unwrap();
        }
        let tasks = tasks(folder.path());
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].addon, "a");
        assert_eq!(tasks[0].file.as_ref().unwrap().size, 1);
    }
}
