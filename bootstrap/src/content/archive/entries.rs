//! Walks through a hostile tar stream: every entry is checked and counted before anybody sees it.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use tar::EntryType;

/// Long names and PAX headers stand between entries; the tar reader holds them in memory.
const MAX_HEADERS: u64 = 1 << 20;
const MAX_NAME: usize = 1024;
/// Even a file of one byte takes this much of a disk.
const BLOCK: u64 = 4096;

/// How much a tar stream may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    /// Bytes of the whole plain stream, and a block for each entry.
    pub(crate) bytes: u64,
}

/// One entry, as checked.
pub(crate) struct Entry<'a> {
    /// Relative, made of plain components joined by `/`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) attributes: Attributes,
    pub(crate) content: &'a mut dyn Read,
}

/// What an entry says of its owner, mode and time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Seconds since 1970.
    pub(crate) modified: u64,
    /// There is more: extended attributes, or things unknown here.
    pub(crate) extended: bool,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    /// A symbolic link and its target, unchecked.
    Link(String),
}

/// Why a tar stream is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the entry name `{0}` leads out of the archive or has odd characters")]
    Name(String),
    #[error("the entry `{name}` is a {kind}: only files and directories are taken")]
    Type { name: String, kind: &'static str },
    #[error("it has more than {0} entries")]
    TooMany(usize),
    #[error("it unpacks to more than the {0} bytes that it may")]
    TooLarge(u64),
    #[error("the headers of one entry take more than {MAX_HEADERS} bytes")]
    Headers,
    #[error("it ends in the middle of an entry: the file is truncated")]
    Truncated,
    #[error("its headers are damaged")]
    Damaged(#[source] io::Error),
}

/// Calls `visit` with each entry in turn until it breaks.
pub(crate) fn walk<E: From<Refused> + From<io::Error>>(
    source: impl Read,
    limits: Limits,
    mut visit: impl FnMut(Entry<'_>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    each(source, limits, |entry| {
        let name = checked_name(&entry.path_bytes())?;
        let kind = kind(entry, &name)?;
        let attributes = attributes(entry);
        let size = if kind == Kind::File { entry.size() } else { 0 };
        let mut content = Exact {
            inner: entry,
            left: size,
        };
        let flow = visit(Entry {
            name,
            kind,
            size,
            attributes,
            content: &mut content,
        })?;
        if flow.is_continue() {
            io::copy(&mut content, &mut io::sink()).map_err(refused)?;
        }
        Ok(flow)
    })
    .map(drop)
}

/// Refuses a tar stream that would take more than `limits` where somebody else unpacks it. Links, devices and names
/// are theirs to judge; sparse files are refused, for they grow without a byte in the stream.
pub(crate) fn measure(source: impl Read, limits: Limits) -> Result<(), Refused> {
    let mut rest = each(source, limits, |entry| {
        if is_sparse(entry).map_err(refused)? {
            let name = String::from_utf8_lossy(&entry.path_bytes())
                .chars()
                .take(200)
                .collect();
            return Err(Refused::Type {
                name,
                kind: "sparse file",
            });
        }
        io::copy(entry, &mut io::sink()).map_err(refused)?;
        Ok(ControlFlow::Continue(()))
    })?;
    io::copy(&mut rest, &mut io::sink()).map_err(refused)?;
    Ok(())
}

/// In GNU's old way, or in one of those that PAX headers tell.
fn is_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<bool> {
    if entry.header().entry_type() == EntryType::GNUSparse {
        return Ok(true);
    }
    for extension in entry.pax_extensions()?.into_iter().flatten() {
        if extension?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Calls `visit` with each entry until it breaks, and returns what is left of the stream.
fn each<R: Read, E: From<Refused>>(
    source: R,
    limits: Limits,
    mut visit: impl FnMut(&mut tar::Entry<'_, Metered<R>>) -> Result<ControlFlow<()>, E>,
) -> Result<Metered<R>, E> {
    let meter = Meter::new(limits.bytes);
    let mut archive = tar::Archive::new(Metered {
        inner: source,
        meter: meter.clone(),
    });
    let mut entries = archive.entries().map_err(Refused::Damaged)?;
    for count in 0.. {
        meter.enter_headers();
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(refused)?;
        meter.enter_content();
        if count == limits.entries {
            return Err(Refused::TooMany(limits.entries).into());
        }
        meter.take(BLOCK)?;
        if visit(&mut entry)?.is_break() {
            break;
        }
    }
    meter.enter_content();
    Ok(archive.into_inner())
}

/// The name as plain components: no root, no `..`, nothing that a terminal or a path would take for something else.
fn checked_name(bytes: &[u8]) -> Result<String, Refused> {
    let refused = || Refused::Name(String::from_utf8_lossy(bytes).chars().take(200).collect());
    let text = std::str::from_utf8(bytes).map_err(|_| refused())?;
    if text.len() > MAX_NAME || text.starts_with('/') || text.contains(|c: char| c.is_control() || c == '\\')
    {
        return Err(refused());
    }
    let plain = |component: &&str| !matches!(*component, "" | ".");
    let components: Vec<&str> = text.split('/').filter(plain).collect();
    if components.contains(&"..") {
        return Err(refused());
    }
    Ok(components.join("/"))
}

fn kind<R: Read>(entry: &tar::Entry<'_, R>, name: &str) -> Result<Kind, Refused> {
    let other = |kind| Refused::Type {
        name: name.to_owned(),
        kind,
    };
    match entry.header().entry_type() {
        EntryType::Regular => Ok(Kind::File),
        EntryType::Directory => Ok(Kind::Directory),
        EntryType::Symlink => {
            let target = entry
                .link_name_bytes()
                .map(|target| String::from_utf8_lossy(&target).into_owned());
            Ok(Kind::Link(target.unwrap_or_default()))
        }
        EntryType::Link => Err(other("hard link")),
        EntryType::Char | EntryType::Block => Err(other("device")),
        EntryType::Fifo => Err(other("named pipe")),
        EntryType::GNUSparse => Err(other("sparse file")),
        _ => Err(other("thing of unknown type")),
    }
}

/// What a PAX header may say without meaning more than a plain header does.
const PLAIN_PAX: [&str; 10] = [
    "path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime",
];

/// Attributes that cannot be read count as extended ones: nobody shall guess them.
fn attributes<R: Read>(entry: &mut tar::Entry<'_, R>) -> Attributes {
    let unknown = Attributes {
        extended: true,
        ..Attributes::default()
    };
    read_attributes(entry).unwrap_or(unknown)
}

fn read_attributes<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<Attributes> {
    let mut extended = false;
    for extension in entry.pax_extensions()?.into_iter().flatten() {
        extended |= !extension?.key().is_ok_and(|key| PLAIN_PAX.contains(&key));
    }
    let header = entry.header();
    let id = |id: u64| u32::try_from(id).map_err(io::Error::other);
    Ok(Attributes {
        mode: header.mode()?,
        uid: id(header.uid()?)?,
        gid: id(header.gid()?)?,
        modified: header.mtime()?,
        extended,
    })
}

/// Gives the error back that a meter put inside an I/O error.
fn refused(error: io::Error) -> Refused {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Refused::Truncated;
    }
    match error.downcast::<Refused>() {
        Ok(refused) => refused,
        Err(error) => Refused::Damaged(error),
    }
}

/// An entry's content, which is an error if it is shorter than the header says.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.left == 0 {
            return Ok(0);
        }
        let truncated = || io::Error::new(io::ErrorKind::UnexpectedEof, Refused::Truncated);
        match self.inner.read(buffer) {
            Ok(0) => Err(truncated()),
            Ok(count) => {
                self.left = self.left.saturating_sub(count as u64);
                Ok(count)
            }
            // A decompressor that runs dry.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(truncated()),
            Err(error) => Err(error),
        }
    }
}

/// Counts what is read, and in which part of the stream.
struct Meter {
    limit: u64,
    left: Cell<u64>,
    headers_left: Cell<Option<u64>>,
}

impl Meter {
    fn new(limit: u64) -> Rc<Self> {
        Rc::new(Self {
            limit,
            left: Cell::new(limit),
            headers_left: Cell::new(None),
        })
    }

    fn enter_headers(&self) {
        self.headers_left.set(Some(MAX_HEADERS));
    }

    fn enter_content(&self) {
        self.headers_left.set(None);
    }

    fn take(&self, count: u64) -> Result<(), Refused> {
        let left = self
            .left
            .get()
            .checked_sub(count)
            .ok_or(Refused::TooLarge(self.limit))?;
        self.left.set(left);
        if let Some(headers_left) = self.headers_left.get() {
            self.headers_left
                .set(Some(headers_left.checked_sub(count).ok_or(Refused::Headers)?));
        }
        Ok(())
    }
}

struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.meter.take(count as u64).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 1 << 20,
    };

    /// A tar with entries that a well-meaning writer would not make.
    fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if kind.is_symlink() {
                header.set_size(0);
                header.set_link_name_literal(content).unwrap();
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else {
                header.set_cksum();
                builder.append(&header, *content).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn names(bytes: &[u8], limits: Limits) -> Result<Vec<(String, Kind, u64)>, String> {
        let mut found = Vec::new();
        let result: anyhow::Result<()> = walk(bytes, limits, |entry| {
            found.push((entry.name, entry.kind, entry.size));
            Ok(ControlFlow::Continue(()))
        });
        result.map(|()| found).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn plain_entries_pass_with_clean_names() {
        let bytes = tar(&[
            ("./a//b", EntryType::Regular, b"12345"),
            ("dir/", EntryType::Directory, b""),
            ("link", EntryType::Symlink, b"../x"),
        ]);
        let expected = [
            ("a/b".to_owned(), Kind::File, 5),
            ("dir".to_owned(), Kind::Directory, 0),
            ("link".to_owned(), Kind::Link("../x".to_owned()), 0),
        ];
        assert_eq!(names(&bytes, LIMITS).unwrap(), expected);
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a/..",
            "a\\b",
            "a\nb",
            "\u{1b}[31m",
        ] {
            let error = names(&tar(&[(name, EntryType::Regular, b"")]), LIMITS).unwrap_err();
            assert!(error.contains("leads out"), "{name}: {error}");
        }
    }

    #[test]
    fn links_devices_and_unknown_things_are_refused() {
        for (kind, word) in [
            (EntryType::Link, "hard link"),
            (EntryType::Char, "device"),
            (EntryType::Block, "device"),
            (EntryType::Fifo, "named pipe"),
            (EntryType::new(b'Q'), "unknown"),
        ] {
            let error = names(&tar(&[("x", kind, b"")]), LIMITS).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_sparse_file_that_claims_to_be_huge_is_refused() {
        let mut header = tar::Header::new_gnu();
        header.set_path("x").unwrap();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_size(0);
        header.as_gnu_mut().unwrap().set_real_size(1 << 50);
        header.set_cksum();
        assert!(names(header.as_bytes(), LIMITS).unwrap_err().contains("sparse"));
    }

    #[test]
    fn counts_and_sizes_are_limited() {
        let empty: &[u8] = b"";
        let many = tar(&[("x", EntryType::Regular, empty); 11]);
        let large = tar(&[("x", EntryType::Regular, &vec![0; 2 << 20])]);
        let measured = |bytes: &[u8], limits| measure(bytes, limits).unwrap_err().to_string();
        for (bytes, limits, expected) in [
            (&many, LIMITS, "more than 10 entries"),
            (&large, LIMITS, "unpacks to more"),
            // Few bytes in the stream, but a block of the disk each.
            (
                &many,
                Limits {
                    entries: 20,
                    bytes: 40_000,
                },
                "unpacks to more",
            ),
        ] {
            assert!(names(bytes, limits).unwrap_err().contains(expected), "{expected}");
            assert!(measured(bytes, limits).contains(expected), "{expected}");
        }
    }

    #[test]
    fn what_others_unpack_is_measured_whatever_it_is_but_never_sparse() {
        let mut bytes = tar(&[
            ("/a/../b", EntryType::Regular, b"1"),
            ("x", EntryType::Link, b""),
            ("y", EntryType::Char, b""),
        ]);
        measure(&bytes[..], LIMITS).unwrap();
        bytes.resize(2 << 20, 0);
        assert!(
            matches!(measure(&bytes[..], LIMITS), Err(Refused::TooLarge(_))),
            "behind the end"
        );

        let mut old = tar::Header::new_gnu();
        old.set_path("x").unwrap();
        old.set_entry_type(EntryType::GNUSparse);
        old.set_size(0);
        let gnu = old.as_gnu_mut().unwrap();
        gnu.set_real_size(1 << 50);
        gnu.sparse[0].set_offset(1 << 50);
        gnu.sparse[0].set_length(0);
        old.set_cksum();
        let mut pax = tar::Builder::new(Vec::new());
        pax.append_pax_extensions([("GNU.sparse.realsize", &b"1125899906842624"[..])])
            .unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("x").unwrap();
        header.set_size(0);
        header.set_cksum();
        pax.append(&header, io::empty()).unwrap();
        for bytes in [old.as_bytes().to_vec(), pax.into_inner().unwrap()] {
            let error = measure(&bytes[..], LIMITS).unwrap_err();
            assert!(error.to_string().contains("sparse"), "{error:?}");
        }
    }

    #[test]
    fn a_long_name_does_not_fill_the_memory() {
        let name = vec![b'a'; 4 << 20];
        let bytes = tar(&[
            ("././@LongLink", EntryType::GNULongName, &name),
            ("x", EntryType::Regular, b""),
        ]);
        let limits = Limits {
            bytes: 1 << 30,
            ..LIMITS
        };
        assert!(
            names(&bytes, limits)
                .unwrap_err()
                .contains("headers of one entry")
        );
    }

    #[test]
    fn a_truncated_archive_is_told() {
        let bytes = tar(&[("x", EntryType::Regular, &[7; 4000])]);
        assert!(names(&bytes[..2000], LIMITS).unwrap_err().contains("truncated"));
        assert!(names(&bytes[..300], LIMITS).is_err());
    }

    #[test]
    fn a_size_that_the_archive_does_not_have_is_told() {
        let mut header = tar::Header::new_gnu();
        header.set_path("x").unwrap();
        header.set_size(1 << 60);
        header.set_cksum();
        let limits = Limits {
            bytes: u64::MAX,
            ..LIMITS
        };
        assert!(
            names(header.as_bytes(), limits)
                .unwrap_err()
                .contains("truncated")
        );
    }

    proptest! {
        #[test]
        fn a_name_that_passes_stays_below_its_root(name in "[a./\\\\\u{0}\u{e9} -]{0,40}") {
            if let Ok(name) = checked_name(name.as_bytes()) {
                let components = std::path::Path::new(&name).components();
                for component in components {
                    prop_assert!(matches!(component, std::path::Component::Normal(_)), "{name}");
                }
            }
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            let _ = names(&bytes, LIMITS);
            let _ = measure(&bytes[..], LIMITS);
        }
    }
}
