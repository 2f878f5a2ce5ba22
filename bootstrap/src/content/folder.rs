//! The folder of image archives and lists, `agent/images/`: which archive holds which image.
//!
//! An archive is looked into when somebody asks for an image that it may hold, likely ones first, and only once.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use tracing::warn;

use super::archive::{Archive, Listing};
use super::image::Image;
use super::reference::Reference;

/// A list of references is small; anything larger is none.
const MAX_LIST: u64 = 1 << 20;

/// The folder. What lies there may change at any time: each question looks again which files there are, but what
/// an archive holds is remembered as long as its file stays the same.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    listings: Mutex<HashMap<String, Known>>,
}

/// What is known of an archive, and the file that it was read from.
#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    listing: Result<Arc<Listing>, String>,
}

/// Tells apart what one name may stand for in turn: inode, size and time of change.
type Stamp = (u64, u64, i64, i64);

/// An image and the archive that holds it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) archive: Archive,
    pub(crate) listing: Arc<Listing>,
    pub(crate) image: Image,
}

impl Folder {
    /// The folder at `path`; one that does not exist is empty.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            listings: Mutex::default(),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The archive that holds `reference`, if one does.
    ///
    /// An archive that cannot be read is an error only if no other has the image: it might be the one.
    pub(crate) fn find(&self, reference: &Reference) -> Result<Option<Found>> {
        let name = reference.to_string();
        let mut broken = None;
        for file in self.likely_first(reference)? {
            match self.listing(&file) {
                Ok(listing) => {
                    if let Some(image) = listing.images.iter().find(|image| image.name == name) {
                        let (archive, image) = (self.archive(&file), image.clone());
                        return Ok(Some(Found {
                            archive,
                            listing,
                            image,
                        }));
                    }
                }
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        broken.map_or(Ok(None), |error| {
            Err(error.context(format!("look for the image {name}")))
        })
    }

    /// Every image of every archive. Archives that cannot be read are reported and left out.
    pub(crate) fn all(&self) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        for file in self.files(Archive::is_named_like_one)? {
            match self.listing(&file) {
                Ok(listing) => {
                    let Listing { images, unnamed, .. } = &*listing;
                    if *unnamed > 0 {
                        warn!(archive = file, unnamed, "images without a name are left out");
                    }
                    let archive = self.archive(&file);
                    all.extend(images.iter().map(|image| Found {
                        archive: archive.clone(),
                        listing: listing.clone(),
                        image: image.clone(),
                    }));
                }
                Err(error) => warn!(error = %format_args!("{error:#}"), "image archive left out"),
            }
        }
        Ok(all)
    }

    /// The references in all lists.
    pub(crate) fn listed(&self) -> Result<Vec<Reference>> {
        let mut references = Vec::new();
        for file in self.files(is_list)? {
            let path = self.path.join(file);
            anyhow::ensure!(
                fs_err::metadata(&path)?.len() <= MAX_LIST,
                "{} is too large",
                path.display()
            );
            let text = fs_err::read_to_string(&path)?;
            references.extend(parse_list(&text).with_context(|| format!("read {}", path.display()))?);
        }
        Ok(references)
    }

    fn archive(&self, file: &str) -> Archive {
        Archive::new(self.path.join(file))
    }

    fn files(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let entries = match fs_err::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<Result<Vec<_>, _>>()?;
        names.retain(|name| wanted(name));
        names.sort();
        Ok(names)
    }

    /// Archives whose file name speaks of the image, then those that were looked into already, then the others.
    fn likely_first(&self, reference: &Reference) -> Result<Vec<String>> {
        let word = reference.repository.rsplit('/').next().unwrap_or_default();
        let mut files = self.files(Archive::is_named_like_one)?;
        let known = self.known();
        files.sort_by_key(|file| match (file.contains(word), known.contains_key(file)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        });
        Ok(files)
    }

    fn listing(&self, file: &str) -> Result<Arc<Listing>> {
        let archive = self.archive(file);
        let stamp = stamp(archive.path())?;
        let known = self
            .known()
            .get(file)
            .filter(|known| known.stamp == stamp)
            .cloned();
        let Known { listing, .. } = known.unwrap_or_else(|| {
            // Nobody holds the lock meanwhile: reading may take long, and reading twice does no harm.
            let listing = archive.list().map(Arc::new).map_err(|error| format!("{error:#}"));
            let known = Known { stamp, listing };
            self.known().insert(file.to_owned(), known.clone());
            known
        });
        listing.map_err(|message| anyhow!(message))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: &Path) -> Result<Stamp> {
    let metadata = fs_err::metadata(path)?;
    Ok((
        metadata.ino(),
        metadata.len(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ))
}

fn is_list(name: &str) -> bool {
    !name.starts_with('.') && name.strip_suffix(".txt").is_some()
}

/// One reference a line; `#` starts a comment.
fn parse_list(text: &str) -> Result<Vec<Reference>> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| line.parse().with_context(|| format!("line {number}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::{make_image, make_tar, write_archive};
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["etcd", "pause"] {
            let made = make_image(&[make_tar(&[("bin", name)])]);
            let tar = make_tar(&made.entries(&format!("docker.io/bowline/{name}:v1")));
            write_archive(folder.path(), &format!("bowline-{name}.tar.zst"), &tar);
        }
        folder
    }

    #[test]
    fn an_image_is_found_in_the_likely_archive_alone() {
        let folder = folder();
        let opened = Folder::new(folder.path());
        let found = opened
            .find(&"bowline/pause:v1".parse().unwrap())
            .unwrap()
            .unwrap();
        assert!(found.archive.path().ends_with("bowline-pause.tar.zst"));
        assert!(!opened.known().contains_key("bowline-etcd.tar.zst"));
        assert!(
            opened
                .find(&"bowline/pause:v2".parse().unwrap())
                .unwrap()
                .is_none()
        );
        assert_eq!(opened.all().unwrap().len(), 2);
    }

    #[test]
    fn a_broken_archive_matters_only_when_the_image_is_nowhere_else() {
        let folder = folder();
        fs_err::write(folder.path().join("a.tar"), "broken").unwrap();
        let opened = Folder::new(folder.path());
        assert!(
            opened
                .find(&"bowline/etcd:v1".parse().unwrap())
                .unwrap()
                .is_some()
        );
        let error = opened.find(&"bowline/other:v1".parse().unwrap()).unwrap_err();
        assert!(format!("{error:#}").contains("a.tar"), "{error:#}");
        assert_eq!(opened.all().unwrap().len(), 2);
    }

    #[test]
    fn an_archive_that_arrives_or_changes_later_is_seen() {
        let folder = folder();
        let opened = Folder::new(folder.path());
        let reference = "bowline/pause:v1".parse().unwrap();
        let whole = fs_err::read(folder.path().join("bowline-pause.tar.zst")).unwrap();
        fs_err::write(
            folder.path().join("bowline-pause.tar.zst"),
            &whole[..whole.len() / 2],
        )
        .unwrap();
        assert!(opened.find(&reference).is_err());
        fs_err::remove_file(folder.path().join("bowline-pause.tar.zst")).unwrap();
        assert!(opened.find(&reference).unwrap().is_none());
        fs_err::write(folder.path().join("another.tar.zst"), &whole).unwrap();
        assert!(opened.find(&reference).unwrap().is_some());
    }

    #[test]
    fn lists_name_images_and_errors_name_the_line() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(
            folder.path().join("more.txt"),
            "# mine\n\nnginx\n quay.io/a/b:1 \n",
        )
        .unwrap();
        fs_err::write(folder.path().join(".hidden.txt"), "what is this").unwrap();
        let listed = Folder::new(folder.path()).listed().unwrap();
        let names: Vec<String> = listed.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["docker.io/library/nginx:latest", "quay.io/a/b:1"]);

        fs_err::write(folder.path().join("more.txt"), "nginx\nNOT A NAME\n").unwrap();
        let error = Folder::new(folder.path()).listed().unwrap_err();
        assert!(format!("{error:#}").contains("more.txt: line 2"), "{error:#}");
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let opened = Folder::new("/no/such/folder");
        assert!(opened.all().unwrap().is_empty() && opened.listed().unwrap().is_empty());
    }
}
