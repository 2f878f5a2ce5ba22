//! The folder of image archives and lists, `agent/images/`: which archive holds which image.
//!
//! An archive is looked into when somebody asks for an image that it may hold, likely ones first, and only once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, anyhow};
use tracing::warn;

use super::archive::{Archive, Listing};
use super::image::Image;
use super::reference::Reference;

/// A list of references is small; anything larger is none.
const MAX_LIST: u64 = 1 << 20;

/// The archives and lists of a folder, as they were when it was opened.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    archives: Vec<Shelved>,
    lists: Vec<PathBuf>,
}

#[derive(Debug)]
struct Shelved {
    archive: Archive,
    listing: OnceLock<Result<Arc<Listing>, String>>,
}

/// An image and the archive that holds it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) archive: Archive,
    pub(crate) listing: Arc<Listing>,
    pub(crate) image: Image,
}

impl Folder {
    /// Looks which files are there, by name alone. A folder that does not exist is empty.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut names: Vec<String> = match fs_err::read_dir(path) {
            Ok(entries) => entries
                .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
                .collect::<Result<_, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        names.sort();
        let shelve = |name: &String| Shelved {
            archive: Archive::new(path.join(name)),
            listing: OnceLock::new(),
        };
        Ok(Self {
            path: path.to_owned(),
            archives: names
                .iter()
                .filter(|name| Archive::is_named_like_one(name))
                .map(shelve)
                .collect(),
            lists: names
                .iter()
                .filter(|name| is_list(name))
                .map(|name| path.join(name))
                .collect(),
        })
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
        for shelved in self.likely_first(reference) {
            match shelved.listing() {
                Ok(listing) => {
                    if let Some(image) = listing.images.iter().find(|image| image.name == name) {
                        let (archive, image) = (shelved.archive.clone(), image.clone());
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
    pub(crate) fn all(&self) -> Vec<Found> {
        let mut all = Vec::new();
        for shelved in &self.archives {
            match shelved.listing() {
                Ok(listing) => {
                    let Listing { images, unnamed, .. } = &*listing;
                    if *unnamed > 0 {
                        warn!(archive = %shelved.archive.path().display(), unnamed, "images without a name are left out");
                    }
                    let found = |image: &Image| Found {
                        archive: shelved.archive.clone(),
                        listing: listing.clone(),
                        image: image.clone(),
                    };
                    all.extend(images.iter().map(found));
                }
                Err(error) => warn!(error = %format_args!("{error:#}"), "image archive left out"),
            }
        }
        all
    }

    /// The references in all lists.
    pub(crate) fn listed(&self) -> Result<Vec<Reference>> {
        let mut references = Vec::new();
        for path in &self.lists {
            anyhow::ensure!(
                fs_err::metadata(path)?.len() <= MAX_LIST,
                "{} is too large",
                path.display()
            );
            let text = fs_err::read_to_string(path)?;
            references.extend(parse_list(&text).with_context(|| format!("read {}", path.display()))?);
        }
        Ok(references)
    }

    /// Archives that were looked into already, then those whose file name speaks of the image, then the others.
    fn likely_first(&self, reference: &Reference) -> Vec<&Shelved> {
        let word = reference.repository.rsplit('/').next().unwrap_or_default();
        let speaks = |shelved: &Shelved| {
            let name = shelved
                .archive
                .path()
                .file_name()
                .map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.contains(word))
        };
        let mut order: Vec<&Shelved> = self.archives.iter().collect();
        order.sort_by_key(|shelved| match (speaks(shelved), shelved.listing.get()) {
            (true, _) => 0,
            (false, Some(_)) => 1,
            (false, None) => 2,
        });
        order
    }
}

impl Shelved {
    fn listing(&self) -> Result<Arc<Listing>> {
        let list = || {
            self.archive
                .list()
                .map(Arc::new)
                .map_err(|error| format!("{error:#}"))
        };
        self.listing
            .get_or_init(list)
            .clone()
            .map_err(|message| anyhow!(message))
    }
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
        let opened = Folder::open(folder.path()).unwrap();
        let found = opened
            .find(&"bowline/pause:v1".parse().unwrap())
            .unwrap()
            .unwrap();
        assert!(found.archive.path().ends_with("bowline-pause.tar.zst"));
        assert!(opened.archives[0].listing.get().is_none());
        assert!(
            opened
                .find(&"bowline/pause:v2".parse().unwrap())
                .unwrap()
                .is_none()
        );
        assert_eq!(opened.all().len(), 2);
    }

    #[test]
    fn a_broken_archive_matters_only_when_the_image_is_nowhere_else() {
        let folder = folder();
        fs_err::write(folder.path().join("a.tar"), "broken").unwrap();
        let opened = Folder::open(folder.path()).unwrap();
        assert!(
            opened
                .find(&"bowline/etcd:v1".parse().unwrap())
                .unwrap()
                .is_some()
        );
        let error = opened.find(&"bowline/other:v1".parse().unwrap()).unwrap_err();
        assert!(format!("{error:#}").contains("a.tar"), "{error:#}");
        assert_eq!(opened.all().len(), 2);
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
        let listed = Folder::open(folder.path()).unwrap().listed().unwrap();
        let names: Vec<String> = listed.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["docker.io/library/nginx:latest", "quay.io/a/b:1"]);

        fs_err::write(folder.path().join("more.txt"), "nginx\nNOT A NAME\n").unwrap();
        let error = Folder::open(folder.path()).unwrap().listed().unwrap_err();
        assert!(format!("{error:#}").contains("more.txt: line 2"), "{error:#}");
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let opened = Folder::open(Path::new("/no/such/folder")).unwrap();
        assert!(opened.all().is_empty() && opened.listed().unwrap().is_empty());
    }
}
