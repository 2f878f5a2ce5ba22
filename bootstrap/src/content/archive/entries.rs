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
mod tests;
