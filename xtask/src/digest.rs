//! SHA-256 of files, streams and ordered parts.

use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Result;
use sha2::{Digest, Sha256};

/// Passes bytes on while it hashes and counts them.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hash: Sha256,
    written: u64,
}

/// What a [`HashingWriter`] has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) hex: String,
    pub(crate) size: u64,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            written: 0,
        }
    }

    pub(crate) fn finish(self) -> (W, Sum) {
        let sum = Sum {
            hex: hex::encode(self.hash.finalize()),
            size: self.written,
        };
        (self.inner, sum)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut file = fs_err::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// A key over named parts. Lengths are part of it, so that no two lists of parts read alike.
#[derive(Debug, Default, Clone)]
pub(crate) struct Key(Sha256);

impl Key {
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) -> &mut Self {
        for part in [name.as_bytes(), content] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Short enough for a path, long enough to never meet another.
    pub(crate) fn finish(&self) -> String {
        let mut hex = hex::encode(self.0.clone().finalize());
        hex.truncate(32);
        hex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_run_into_each_other() {
        let one = Key::default().add("a", b"bc").finish();
        let other = Key::default().add("ab", b"c").finish();
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn a_hashing_writer_sums_what_went_through() {
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"bow").unwrap();
        writer.write_all(b"line").unwrap();
        let (bytes, sum) = writer.finish();
        assert_eq!(bytes, b"bowline");
        assert_eq!(
            sum,
            Sum {
                hex: of_bytes(b"bowline"),
                size: 7
            }
        );
    }
}
