//! One version in the loose form that Masterminds' library reads: an optional `v`, one to three numbers, a
//! pre-release, build metadata.

use std::cmp::Ordering;
use std::fmt;

use super::scan::Scanner;

const LONGEST: usize = 256;

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// The text does not have the form of a version at all.
    #[error("invalid semantic version")]
    Invalid,
    /// A number of a pre-release starts with a zero.
    #[error("version segment starts with 0")]
    StartsWithZero,
    /// The text is longer than any version may be.
    #[error("version string is too long (max {LONGEST} bytes)")]
    TooLong,
    /// A pre-release holds what it must not.
    #[error("invalid prerelease string")]
    InvalidPrerelease,
    /// Build metadata holds what it must not.
    #[error("invalid metadata string")]
    InvalidMetadata,
    /// One of the three numbers does not fit.
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range")]
    OutOfRange(String),
}

/// A version; pieces that the text leaves out are zero or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What follows the hyphen.
    pub prerelease: String,
    /// What follows the plus sign.
    pub metadata: String,
    /// The text it was read from.
    pub original: String,
}

impl Version {
    /// Reads a version, adding what a shortened one leaves out.
    pub fn parse(text: &[u8]) -> Result<Self, VersionError> {
        if text.len() > LONGEST {
            return Err(VersionError::TooLong);
        }
        let text = std::str::from_utf8(text).map_err(|_| VersionError::Invalid)?;
        let mut scanner = Scanner::new(text);
        scanner.accept("v");
        let major = scanner
            .run(|byte| byte.is_ascii_digit())
            .ok_or(VersionError::Invalid)?;
        let minor = scanner.dotted(|byte| byte.is_ascii_digit());
        // Without a second number a third cannot stand.
        let patch = minor.and_then(|_| scanner.dotted(|byte| byte.is_ascii_digit()));
        let prerelease = scanner.identifiers("-").unwrap_or_default();
        let metadata = scanner.identifiers("+").unwrap_or_default();
        if !scanner.rest().is_empty() {
            return Err(VersionError::Invalid);
        }
        let version = Self {
            major: number(major)?,
            minor: minor.map_or(Ok(0), number)?,
            patch: patch.map_or(Ok(0), number)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        };
        version.check()?;
        Ok(version)
    }

    fn check(&self) -> Result<(), VersionError> {
        if self.prerelease.is_empty() {
            Ok(())
        } else {
            check_prerelease(&self.prerelease)
        }
    }

    /// The next patch version; a pre-release only loses what makes it one.
    pub fn next_patch(&self) -> Option<Self> {
        let patch = if self.prerelease.is_empty() {
            self.patch.checked_add(1)?
        } else {
            self.patch
        };
        Some(self.release(self.major, self.minor, patch))
    }

    /// The next minor version.
    pub fn next_minor(&self) -> Option<Self> {
        Some(self.release(self.major, self.minor.checked_add(1)?, 0))
    }

    /// The next major version.
    pub fn next_major(&self) -> Option<Self> {
        Some(self.release(self.major.checked_add(1)?, 0, 0))
    }

    fn release(&self, major: u64, minor: u64, patch: u64) -> Self {
        let next = Self {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: String::new(),
        };
        self.with_original_prefix(next)
    }

    /// The same version with another pre-release.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, VersionError> {
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        Ok(self.with_original_prefix(Self {
            prerelease: prerelease.to_owned(),
            ..self.clone()
        }))
    }

    /// The same version with other build metadata.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, VersionError> {
        if !metadata.is_empty() && !metadata.split('.').all(is_identifier) {
            return Err(VersionError::InvalidMetadata);
        }
        Ok(self.with_original_prefix(Self {
            metadata: metadata.to_owned(),
            ..self.clone()
        }))
    }

    fn with_original_prefix(&self, mut next: Self) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        next.original = format!("{prefix}{next}");
        next
    }

    /// The order of precedence; build metadata does not count.
    pub fn precedence(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(
                || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
                },
            )
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn number(digits: &str) -> Result<u64, VersionError> {
    digits
        .parse()
        .map_err(|_| VersionError::OutOfRange(digits.to_owned()))
}

fn check_prerelease(prerelease: &str) -> Result<(), VersionError> {
    for part in prerelease.split('.') {
        if !is_identifier(part) {
            return Err(VersionError::InvalidPrerelease);
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(VersionError::StartsWithZero);
        }
    }
    Ok(())
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Compares two pre-releases part by part: numbers by value and below words, a missing part lowest.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    // An empty pre-release is one empty part, below every other.
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => compare_parts(left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    if left.is_empty() || right.is_empty() {
        return left.len().cmp(&right.len());
    }
    match (unsigned(left), unsigned(right)) {
        (None, None) => left.cmp(right),
        (None, Some(_)) => Ordering::Greater,
        // Different texts of one number only differ by leading zeros, which no valid part has.
        (Some(left), Some(right)) if left > right => Ordering::Greater,
        (Some(_), _) => Ordering::Less,
    }
}

fn unsigned(part: &str) -> Option<u64> {
    // A sign makes it a word.
    part.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| part.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text.as_bytes()).expect(text)
    }

    #[test]
    fn shortened_versions_are_completed() {
        assert_eq!(version("v1").to_string(), "1.0.0");
        assert_eq!(version("1.25").to_string(), "1.25.0");
        assert_eq!(version("v01.002.3-rc.1+b.2").to_string(), "1.2.3-rc.1+b.2");
    }

    #[test]
    fn texts_of_another_form_are_refused() {
        for text in [
            "", "a", "1.", "1.2.3.4", "1.2.3-", "1.2.3+", "1.2-a..b", " 1", "1 ", "V1",
        ] {
            assert_eq!(
                Version::parse(text.as_bytes()),
                Err(VersionError::Invalid),
                "{text}"
            );
        }
        assert_eq!(Version::parse(b"1.2.3-01"), Err(VersionError::StartsWithZero));
        assert_eq!(Version::parse(&[b'1'; 257]), Err(VersionError::TooLong));
        assert_eq!(
            Version::parse(b"99999999999999999999").unwrap_err().to_string(),
            "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
        );
    }

    #[test]
    fn prereleases_stand_below_their_release_and_in_order() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(
                version(pair[0]).precedence(&version(pair[1])),
                Ordering::Less,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn the_next_patch_of_a_prerelease_is_its_release() {
        assert_eq!(
            version("v1.2.3-rc1").next_patch().expect("fits").original,
            "v1.2.3"
        );
        assert_eq!(version("1.2.3").next_patch().expect("fits").to_string(), "1.2.4");
    }
}
