//! SHA-256 digests as OCI writes them: `sha256:<64 hex digits>`.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The digest of some content. Other algorithms than SHA-256 are refused where text is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Digest([u8; 32]);

/// A text that is no SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest: expected `sha256:` and 64 lower-case hex digits")]
pub(crate) struct NotADigest(String);

impl Digest {
    /// The digest of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From the 64 hex digits alone, as file names in an image layout have them.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let lower_case = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mut digest = [0; 32];
        (lower_case && hex::decode_to_slice(text, &mut digest).is_ok()).then_some(Self(digest))
    }

    /// The 64 hex digits.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.strip_prefix("sha256:")
            .and_then(Self::from_hex)
            .ok_or_else(|| NotADigest(text.chars().take(100).collect()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Takes content piece by piece and gives its digest and length.
#[derive(Clone, Default)]
pub(crate) struct Hasher {
    state: Sha256,
    length: u64,
}

impl Hasher {
    /// Takes the next piece.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// How many bytes were taken.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The digest of all that was taken.
    pub(crate) fn finish(self) -> Digest {
        Digest(self.state.finalize().into())
    }
}

/// Content that is not what its descriptor says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("{expected} has the digest {found}: the content is damaged or was tampered with")]
    Digest { expected: Digest, found: Digest },
    #[error("{digest} ends after {found} of {expected} bytes")]
    Short {
        digest: Digest,
        expected: u64,
        found: u64,
    },
    #[error("{digest} is longer than the {expected} bytes that its descriptor says")]
    Long { digest: Digest, expected: u64 },
}

/// Passes content through and fails when it is not the expected one, at the latest at its end.
///
/// No byte beyond the expected size is handed out.
pub(crate) struct Verified<R> {
    inner: R,
    expected: (Digest, u64),
    /// Taken at the end, when the verdict is spoken.
    hasher: Option<Hasher>,
}

impl<R: Read> Verified<R> {
    /// Wraps `inner`, which has to be `size` bytes with this digest.
    pub(crate) fn new(inner: R, digest: Digest, size: u64) -> Self {
        Self {
            inner,
            expected: (digest, size),
            hasher: Some(Hasher::default()),
        }
    }

    /// Reads what the consumer left unread, so that all of it was verified.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink()).map(drop)
    }

    fn conclude(&mut self) -> Result<(), Mismatch> {
        let (digest, expected) = self.expected;
        let Some(hasher) = self.hasher.take() else {
            return Ok(());
        };
        let length = hasher.length();
        if length < expected {
            return Err(Mismatch::Short {
                digest,
                expected,
                found: length,
            });
        }
        match hasher.finish() {
            found if found == digest => Ok(()),
            found => Err(Mismatch::Digest {
                expected: digest,
                found,
            }),
        }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (digest, expected) = self.expected;
        if self.hasher.is_none() || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        if count == 0 {
            return self.conclude().map(|()| 0).map_err(invalid);
        }
        let Some(hasher) = &mut self.hasher else {
            return Ok(0);
        };
        if hasher.length() + count as u64 > expected {
            return Err(invalid(Mismatch::Long { digest, expected }));
        }
        hasher.update(&buffer[..count]);
        Ok(count)
    }
}

fn invalid(mismatch: Mismatch) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_reads_and_writes_the_same_text() {
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest, Digest::of(b""));
        assert_eq!(digest.to_string(), EMPTY);
    }

    #[test]
    fn other_algorithms_lengths_and_cases_are_no_digests() {
        for text in [
            "",
            "sha256:",
            "sha256:abc",
            "sha512:00",
            &EMPTY.to_uppercase(),
            &EMPTY[7..],
            &format!("{EMPTY}0"),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        assert_eq!(Digest::from_hex("../../../../etc/passwd"), None);
    }

    fn read(content: &[u8], digest: Digest, size: u64) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        match Verified::new(content, digest, size).read_to_end(&mut out) {
            Ok(_) => Ok(out),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_expected_content_passes() {
        assert_eq!(read(b"hello", Digest::of(b"hello"), 5), Ok(b"hello".to_vec()));
        assert_eq!(read(b"", Digest::of(b""), 0), Ok(Vec::new()));
    }

    #[test]
    fn other_content_is_told_apart() {
        let digest = Digest::of(b"hello");
        assert!(read(b"hullo", digest, 5).unwrap_err().contains("tampered"));
        assert!(
            read(b"hell", digest, 5)
                .unwrap_err()
                .contains("ends after 4 of 5 bytes")
        );
        assert!(
            read(b"hello!", digest, 5)
                .unwrap_err()
                .contains("longer than the 5 bytes")
        );
    }

    #[test]
    fn what_a_consumer_leaves_unread_is_verified_too() {
        let verified = Verified::new(&b"hullo"[..], Digest::of(b"hello"), 5);
        assert!(verified.finish().is_err());
    }
}
