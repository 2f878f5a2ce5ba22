//! Makes the first writing of keys all or nothing: half a CA after a power cut would look like a lost one.
//!
//! A journal names the new files before the first is there. If a start finds it and a file that it names is
//! missing, nothing was built on the others yet, so they go and all are made again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tracing::warn;

use super::files::read_optional;
use crate::apply;
use crate::layout::Layout;
use crate::plan::File;

/// Undoes a writing that was cut short.
pub(crate) fn recover(layout: &Layout) -> Result<()> {
    let path = layout.tls_journal();
    let Some(content) = read_optional(&path)? else {
        return Ok(());
    };
    // An unreadable journal was itself cut short: nothing had been written after it.
    let named: Vec<PathBuf> = serde_json::from_slice(&content).unwrap_or_default();
    for path in leftovers(layout, &named, Path::exists) {
        warn!(path = %path.display(), "made again: its first writing was cut short");
        fs_err::remove_file(path).context("remove a key of a writing that was cut short")?;
    }
    fs_err::remove_file(path).context("remove the journal of keys")
}

/// The files to remove: all that are there, if any that was named is not. Never one outside the server's folder.
fn leftovers(layout: &Layout, named: &[PathBuf], exists: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let server = layout.server();
    let is_ours = |path: &Path| {
        let is_plain = path.components().all(|part| part.as_os_str() != "..");
        path.starts_with(&server) && is_plain
    };
    if named.iter().all(|path| exists(path)) {
        return Vec::new();
    }
    let there = named.iter().filter(|path| is_ours(path) && exists(path));
    there.cloned().collect()
}

/// Forces the files to the disk, those that are new all or none.
pub(crate) fn store(layout: &Layout, files: &[File]) -> Result<()> {
    let new: Vec<&PathBuf> = files
        .iter()
        .map(|file| &file.path)
        .filter(|path| !path.exists())
        .collect();
    if new.is_empty() {
        return Ok(apply::store(files)?);
    }
    let journal = File {
        path: layout.tls_journal(),
        mode: 0o600,
        owner: 0,
        content: serde_json::to_vec(&new).context("name the keys to be written")?,
    };
    apply::store(std::slice::from_ref(&journal))?;
    apply::store(files)?;
    fs_err::remove_file(&journal.path).context("remove the journal of keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: PathBuf) -> File {
        File {
            path,
            mode: 0o600,
            owner: 0,
            content: b"key".to_vec(),
        }
    }

    #[test]
    fn a_whole_writing_leaves_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let files = [
            file(layout.tls_key("client-ca")),
            file(layout.tls_certificate("client-ca")),
        ];
        store(&layout, &files).unwrap();
        assert!(!layout.tls_journal().exists());
        recover(&layout).unwrap();
        assert!(files.iter().all(|file| file.path.exists()));
    }

    #[test]
    fn a_writing_that_was_cut_short_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let (key, certificate) = (layout.tls_key("client-ca"), layout.tls_certificate("client-ca"));
        let older = layout.tls_key("server-ca");
        let journal = File {
            content: serde_json::to_vec(&[&key, &certificate]).unwrap(),
            ..file(layout.tls_journal())
        };
        apply::store(&[journal, file(key.clone()), file(older.clone())]).unwrap();
        recover(&layout).unwrap();
        assert!(!key.exists() && older.exists() && !layout.tls_journal().exists());
    }

    #[test]
    fn a_journal_that_outlived_its_writing_removes_nothing() {
        let layout = Layout::new("/data");
        let named = [layout.tls_key("client-ca"), layout.tls_certificate("client-ca")];
        assert_eq!(leftovers(&layout, &named, |_| true), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_journal_cannot_name_files_elsewhere() {
        let layout = Layout::new("/data");
        let named = ["/etc/passwd", "/data/server/../agent/x", "/data/server/gone"].map(PathBuf::from);
        let exists = |path: &Path| !path.ends_with("gone");
        assert_eq!(leftovers(&layout, &named, exists), Vec::<PathBuf>::new());
    }
}
