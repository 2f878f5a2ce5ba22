//! A chart's files from a directory: the one place of this library that reads the disk.

use std::fs::FileType;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::chart::File;
use crate::ignore::Ignore;

/// What may lie behind links, which can multiply a few directories without going in circles. As for archives.
const MAX_LINKED_ENTRIES: usize = 10_000;
const MAX_LINKED_BYTES: u64 = 32 << 20;

/// Reads every file below `root` that `.helmignore` does not leave out. Links are followed wherever they lead, as Helm
/// does: `root` is a directory that its user trusts, never one that was unpacked.
pub fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut walk = Walk {
        ignore: rules(&root.join(".helmignore"))?,
        files: Vec::new(),
        above: Vec::new(),
        entries_left: MAX_LINKED_ENTRIES,
        bytes_left: MAX_LINKED_BYTES,
    };
    let top = Directory {
        path: root,
        real: fs::canonicalize(root)?,
        prefix: "",
        is_linked: false,
    };
    walk.directory(&top)?;
    walk.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.files)
}

fn rules(path: &Path) -> io::Result<Ignore> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            Ignore::parse(&fs::read_to_string(path)?).map_err(io::Error::other)
        }
        Ok(_) => Err(refused(path, ".helmignore has to be a file")),
        // A link that leads nowhere is told of with the rest of the files.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ignore::default()),
        Err(error) => Err(error),
    }
}

struct Walk {
    ignore: Ignore,
    files: Vec<File>,
    /// The directories that are being read, without links in their paths.
    above: Vec<PathBuf>,
    entries_left: usize,
    bytes_left: u64,
}

struct Directory<'a> {
    /// As its user sees it.
    path: &'a Path,
    /// The same without links.
    real: PathBuf,
    /// What the paths of its files begin with.
    prefix: &'a str,
    is_linked: bool,
}

impl Walk {
    fn directory(&mut self, directory: &Directory<'_>) -> io::Result<()> {
        self.above.push(directory.real.clone());
        for entry in fs::read_dir(directory.path)? {
            self.entry(directory, &entry?)?;
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, directory: &Directory<'_>, entry: &fs::DirEntry) -> io::Result<()> {
        let path = entry.path();
        let name = entry.file_name().into_string().map_err(|name| {
            let fault = format!("file name {} is not UTF-8", name.display());
            refused(directory.path, &fault)
        })?;
        let inner = format!("{}{name}", directory.prefix);
        let own = entry.file_type()?;
        let link = own
            .is_symlink()
            .then(|| followed(&path, &directory.real.join(&name)));
        let kind = match &link {
            None => Some(own),
            Some(target) => target.as_ref().ok().map(|(kind, _)| *kind),
        };
        let is_directory = kind.is_some_and(|kind| kind.is_dir());
        // First of all: what is left out may as well be a link that leads nowhere.
        if self.ignore.ignores(&inner, is_directory) {
            return Ok(());
        }
        let link = link.transpose()?;
        let is_linked = directory.is_linked || link.is_some();
        if is_linked {
            self.count(&path)?;
        }
        if is_directory {
            self.directory(&Directory {
                path: &path,
                real: match link {
                    Some((_, real)) => self.unless_above(&path, real)?,
                    None => directory.real.join(name),
                },
                prefix: &format!("{inner}/"),
                is_linked,
            })
        } else if kind.is_some_and(|kind| kind.is_file()) {
            let data = if is_linked {
                self.linked(&path)?
            } else {
                fs::read(&path)?
            };
            self.files.push(File::new(inner, data));
            Ok(())
        } else {
            Err(refused(&path, "a chart holds files and directories only"))
        }
    }

    fn unless_above(&self, link: &Path, real: PathBuf) -> io::Result<PathBuf> {
        if self.above.contains(&real) {
            let fault = format!("the link to {} leads back to a directory above it", shown(link));
            return Err(refused(link, &fault));
        }
        Ok(real)
    }

    fn count(&mut self, path: &Path) -> io::Result<()> {
        self.entries_left = self.entries_left.checked_sub(1).ok_or_else(|| {
            let fault =
                format!("the chart's links lead to more than {MAX_LINKED_ENTRIES} files and directories");
            refused(path, &fault)
        })?;
        Ok(())
    }

    fn linked(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        // One byte more tells a file that ends at the limit from one that goes on.
        fs::File::open(path)?
            .take(self.bytes_left + 1)
            .read_to_end(&mut data)?;
        self.bytes_left = self.bytes_left.checked_sub(data.len() as u64).ok_or_else(|| {
            let fault = format!(
                "the chart's links lead to more than {} MiB",
                MAX_LINKED_BYTES >> 20
            );
            refused(path, &fault)
        })?;
        Ok(data)
    }
}

/// What a link, whose path without other links is `real`, leads to in the end.
fn followed(link: &Path, real: &Path) -> io::Result<(FileType, PathBuf)> {
    let fail = |error: io::Error| {
        let target = shown(link);
        let fault = match error.kind() {
            io::ErrorKind::NotFound => format!("the link to {target} leads nowhere"),
            _ => format!("the link to {target} cannot be followed: {error}"),
        };
        refused(link, &fault)
    };
    // Not of `fs_err`, whose errors name the link once more.
    let real = std::fs::canonicalize(real).map_err(fail)?;
    let kind = std::fs::metadata(&real).map_err(fail)?.file_type();
    Ok((kind, real))
}

/// A link's target as it was written.
fn shown(link: &Path) -> String {
    let target = std::fs::read_link(link).unwrap_or_default();
    target.display().to_string()
}

fn refused(path: &Path, fault: &str) -> io::Error {
    io::Error::other(format!("{}: {fault}", path.display()))
}
