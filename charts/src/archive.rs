//! A chart's files to and from a `.tgz`.
//!
//! Reading trusts nothing: sizes, counts, names and entry types are checked before a byte is kept. Writing is
//! deterministic: the same files give the same bytes, whoever packs them and when.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};
use thiserror::Error;

use crate::chart::File;

/// What one archive may hold. Real charts stay well below; Helm's own limit for one file is the same.
const MAX_TOTAL_BYTES: u64 = 32 << 20;
const MAX_FILE_BYTES: u64 = 5 << 20;
const MAX_ENTRIES: usize = 10_000;
const MAX_PATH_BYTES: usize = 512;

/// Why an archive was refused.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The bytes are not a gzip-compressed tar, or end too early.
    #[error("chart archive is not a readable .tgz")]
    Unreadable(#[source] io::Error),
    /// The unpacked archive is larger than any chart.
    #[error("chart archive unpacks to more than {} MiB", MAX_TOTAL_BYTES >> 20)]
    TooLarge,
    /// One file is larger than a chart may carry.
    #[error("chart archive: file {path:?} is larger than {} MiB", MAX_FILE_BYTES >> 20)]
    FileTooLarge {
        /// The file's name in the archive.
        path: String,
    },
    /// Too many entries.
    #[error("chart archive holds more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// A link, device or the like.
    #[error("chart archive: entry {path:?} is a {kind}; a chart holds files and directories only")]
    Type {
        /// The entry's name.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// A name that leads out of the chart or is no plain relative path.
    #[error("chart archive: {path:?} is not a plain relative path inside one chart directory")]
    Path {
        /// The offending name.
        path: String,
    },
    /// Files of more than one chart, or files beside the chart's directory.
    #[error("chart archive holds {first:?} and {second:?} at its top; expected one chart directory")]
    SeveralRoots {
        /// The first top directory.
        first: String,
        /// Another one.
        second: String,
    },
}

/// What archives may still unpack to. Those inside of a chart share one: each of them is small where it is packed.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    entries: usize,
}

impl Budget {
    /// As much as so many archives may hold.
    pub(crate) fn for_archives(count: u8) -> Self {
        Self {
            bytes: MAX_TOTAL_BYTES * u64::from(count),
            entries: MAX_ENTRIES * usize::from(count),
        }
    }
}

/// Reads every file of a chart archive, with paths relative to the chart's directory.
pub fn unpack(bytes: &[u8]) -> Result<Vec<File>, ArchiveError> {
    unpack_within(bytes, &mut Budget::for_archives(1))
}

/// The same for an archive that shares its budget with others.
pub(crate) fn unpack_within(bytes: &[u8], budget: &mut Budget) -> Result<Vec<File>, ArchiveError> {
    let most = budget.bytes.min(MAX_TOTAL_BYTES);
    let mut archive = Archive::new(Limited {
        inner: GzDecoder::new(bytes),
        left: most,
    });
    let mut files = Files::default();
    for (index, entry) in archive.entries().map_err(unreadable)?.enumerate() {
        if index >= MAX_ENTRIES || budget.entries == 0 {
            return Err(ArchiveError::TooManyEntries);
        }
        budget.entries -= 1;
        let mut entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Regular => {}
            other => {
                return Err(ArchiveError::Type {
                    path,
                    kind: kind_name(other),
                });
            }
        }
        if entry.size() > MAX_FILE_BYTES {
            return Err(ArchiveError::FileTooLarge { path });
        }
        let size = usize::try_from(entry.size()).unwrap_or_default();
        let mut data = Vec::with_capacity(size);
        entry.read_to_end(&mut data).map_err(unreadable)?;
        files.add(&path, data)?;
    }
    budget.bytes -= most - archive.into_inner().left;
    Ok(files.list)
}

/// Packs a chart's files under the directory `root`: sorted, with no time, owner or mode of this machine.
pub fn pack(root: &str, files: &[File]) -> io::Result<Vec<u8>> {
    let mut sorted: Vec<&File> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let gzip = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    let mut builder = Builder::new(gzip);
    for file in sorted {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(file.data.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, format!("{root}/{}", file.path), file.data.as_slice())?;
    }
    builder.into_inner()?.finish()
}

/// The files so far, all from one top directory.
#[derive(Default)]
struct Files {
    root: Option<String>,
    /// Where in the list a path stands.
    seen: BTreeMap<String, usize>,
    list: Vec<File>,
}

impl Files {
    fn add(&mut self, raw: &str, data: Vec<u8>) -> Result<(), ArchiveError> {
        let refused = || ArchiveError::Path { path: raw.to_owned() };
        let name = raw.strip_prefix("./").unwrap_or(raw);
        let (root, path) = name.split_once('/').ok_or_else(refused)?;
        if !is_plain(root) || !path.split('/').all(is_plain) || name.len() > MAX_PATH_BYTES {
            return Err(refused());
        }
        let first = self.root.get_or_insert_with(|| root.to_owned());
        if first != root {
            return Err(ArchiveError::SeveralRoots {
                first: first.clone(),
                second: root.to_owned(),
            });
        }
        // `helm package` writes a subchart twice that lies there as a directory and as an archive.
        if let Some(&place) = self.seen.get(path) {
            self.list[place] = File::new(path, data);
            return Ok(());
        }
        self.seen.insert(path.to_owned(), self.list.len());
        self.list.push(File::new(path, data));
        Ok(())
    }
}

/// One component of a path that means the same file on every system.
fn is_plain(component: &str) -> bool {
    !matches!(component, "" | "." | "..")
        && !component
            .contains(|c: char| c == '\\' || c == ':' || c == char::REPLACEMENT_CHARACTER || c.is_control())
}

fn kind_name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "symbolic link",
        EntryType::Link => "hard link",
        EntryType::Char | EntryType::Block => "device",
        EntryType::Fifo => "named pipe",
        EntryType::GNUSparse => "sparse file",
        _ => "special entry",
    }
}

fn unreadable(error: io::Error) -> ArchiveError {
    if error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<OverLimit>())
        .is_some()
    {
        return ArchiveError::TooLarge;
    }
    ArchiveError::Unreadable(error)
}

/// Marks the I/O error by which [`Limited`] stops a decompression bomb.
#[derive(Debug, Error)]
#[error("more data than allowed")]
struct OverLimit;

/// A reader that fails, rather than ends, once more than its limit was read.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(OverLimit))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(build: impl FnOnce(&mut Builder<flate2::write::GzEncoder<Vec<u8>>>)) -> Vec<u8> {
        let mut builder = Builder::new(GzBuilder::new().write(Vec::new(), Compression::fast()));
        build(&mut builder);
        builder.into_inner().unwrap().finish().unwrap()
    }

    /// Writes a name that the tar crate itself would refuse to write.
    fn add_raw(builder: &mut Builder<flate2::write::GzEncoder<Vec<u8>>>, name: &str, kind: EntryType) {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, io::empty()).unwrap();
    }

    #[test]
    fn packed_files_come_back_sorted_and_the_bytes_do_not_depend_on_the_order() {
        let a = File::new("Chart.yaml", "name: a");
        let b = File::new("templates/x.yaml.j2", "x: 1");
        let one = pack("a", &[b.clone(), a.clone()]).unwrap();
        assert_eq!(one, pack("a", &[a.clone(), b.clone()]).unwrap());
        assert_eq!(unpack(&one).unwrap(), [a, b]);
    }

    #[test]
    fn names_that_leave_the_chart_are_refused() {
        for name in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a/./x",
            "a//x",
            "a\\x/y",
            "x",
            "a/c:x",
            "a/x\ny",
        ] {
            let bytes = archive(|builder| add_raw(builder, name, EntryType::Regular));
            assert!(matches!(unpack(&bytes), Err(ArchiveError::Path { .. })), "{name}");
        }
    }

    #[test]
    fn links_devices_and_pipes_are_refused() {
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Char,
            EntryType::Block,
            EntryType::Fifo,
        ] {
            let bytes = archive(|builder| add_raw(builder, "a/x", kind));
            assert!(
                matches!(unpack(&bytes), Err(ArchiveError::Type { .. })),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn the_last_file_of_a_name_counts() {
        let twice = archive(|builder| {
            for (name, content) in [("a/x", "1"), ("a/y", "2"), ("./a/x", "3")] {
                let mut header = Header::new_gnu();
                header.set_size(content.len() as u64);
                builder
                    .append_data(&mut header, name, content.as_bytes())
                    .unwrap();
            }
        });
        assert_eq!(
            unpack(&twice).unwrap(),
            [File::new("x", "3"), File::new("y", "2")]
        );
    }

    #[test]
    fn two_top_directories_are_refused() {
        let two = archive(|builder| {
            add_raw(builder, "a/x", EntryType::Regular);
            add_raw(builder, "b/x", EntryType::Regular);
        });
        assert!(matches!(unpack(&two), Err(ArchiveError::SeveralRoots { .. })));
    }

    #[test]
    fn a_decompression_bomb_stops_at_the_limit() {
        let zeros = vec![0; 4 << 20];
        let bytes = archive(|builder| {
            for index in 0..9 {
                let mut header = Header::new_gnu();
                header.set_size(zeros.len() as u64);
                builder
                    .append_data(&mut header, format!("a/{index}"), zeros.as_slice())
                    .unwrap();
            }
        });
        assert!(bytes.len() < 1 << 20);
        assert!(matches!(unpack(&bytes), Err(ArchiveError::TooLarge)));
    }

    #[test]
    fn a_large_file_is_refused_by_its_header_alone() {
        let bytes = archive(|builder| {
            let mut header = Header::new_gnu();
            header.set_path("a/x").unwrap();
            header.set_size(MAX_FILE_BYTES + 1);
            header.set_cksum();
            builder.append(&header, io::empty()).unwrap();
        });
        assert!(matches!(unpack(&bytes), Err(ArchiveError::FileTooLarge { .. })));
    }

    #[test]
    fn text_and_truncated_archives_are_named_unreadable() {
        assert!(matches!(unpack(b"no archive"), Err(ArchiveError::Unreadable(_))));
        let whole = pack("a", &[File::new("x", "y".repeat(10_000))]).unwrap();
        assert!(matches!(
            unpack(&whole[..whole.len() / 2]),
            Err(ArchiveError::Unreadable(_))
        ));
    }

    #[test]
    fn a_hostile_long_name_is_bounded() {
        let name = format!("a/{}", "x".repeat(2000));
        let bytes = archive(|builder| {
            let mut header = Header::new_gnu();
            header.set_size(0);
            builder.append_data(&mut header, name, io::empty()).unwrap();
        });
        assert!(matches!(unpack(&bytes), Err(ArchiveError::Path { .. })));
    }
}
