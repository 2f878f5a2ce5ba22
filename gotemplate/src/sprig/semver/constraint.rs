//! Constraints: `>=1.4-0, <1.7-0 || ^2 || ~1.2.x || 1.0 - 1.4`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::scan::Scanner;
use super::version::{Version, compare_prereleases};

const LONGEST: usize = 512;
const MOST_GROUPS: usize = 32;

/// Why a text is no constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// The text is longer than any constraint may be.
    #[error("constraint string is too long (max {LONGEST} bytes)")]
    TooLong,
    /// There are more alternatives than allowed.
    #[error("too many constraint groups (max {MOST_GROUPS})")]
    TooManyGroups,
    /// This group does not have the form of a constraint.
    #[error("improper constraint: {}", crate::format::quoted(.0))]
    Improper(Vec<u8>),
    /// A comparison has the right form, but its version cannot be read.
    #[error("constraint parser error")]
    Version,
}

/// What a version is held against.
#[derive(Debug, Clone)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    comparisons: Vec<Comparison>,
    /// One comparison names a pre-release, so pre-releases are looked at.
    prereleases: bool,
}

#[derive(Debug, Clone)]
struct Comparison {
    operator: Operator,
    version: Version,
    open: Open,
}

/// From where on a comparison leaves its version open (`1.x`, `1.2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

impl Constraint {
    /// Reads a constraint.
    pub fn parse(text: &[u8]) -> Result<Self, ConstraintError> {
        if text.len() > LONGEST {
            return Err(ConstraintError::TooLong);
        }
        let text = std::str::from_utf8(text).map_err(|_| ConstraintError::Improper(text.to_vec()))?;
        let text = without_ranges(text);
        let texts: Vec<&str> = text.split("||").collect();
        if texts.len() > MOST_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let groups = texts.into_iter().map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    /// Whether `version` is allowed.
    pub fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            // A pre-release only passes where pre-releases are asked for.
            (version.prerelease.is_empty() || group.prereleases)
                && group
                    .comparisons
                    .iter()
                    .all(|comparison| comparison.holds(version))
        })
    }
}

impl Group {
    fn parse(text: &str) -> Result<Self, ConstraintError> {
        let improper = || ConstraintError::Improper(text.into());
        let mut scanner = Scanner::new(text);
        let mut pieces = Vec::new();
        scanner.spaces();
        loop {
            pieces.push(Piece::read(&mut scanner).ok_or_else(improper)?);
            let mut separated = scanner.spaces();
            if scanner.rest().is_empty() {
                break;
            }
            if scanner.accept(",") {
                separated = true;
                scanner.spaces();
            }
            if !separated {
                return Err(improper());
            }
        }
        let comparisons = pieces
            .into_iter()
            .map(Piece::comparison)
            .collect::<Result<Vec<_>, _>>()?;
        let prereleases = comparisons
            .iter()
            .any(|comparison| !comparison.version.prerelease.is_empty());
        Ok(Self {
            comparisons,
            prereleases,
        })
    }
}

/// One comparison as it is written.
struct Piece<'t> {
    operator: Operator,
    whole: &'t str,
    major: &'t str,
    minor: Option<&'t str>,
    patch: Option<&'t str>,
    prerelease: Option<&'t str>,
}

impl<'t> Piece<'t> {
    fn read(scanner: &mut Scanner<'t>) -> Option<Self> {
        let operator = Operator::read(scanner);
        scanner.spaces();
        let whole = scanner.rest();
        scanner.accept("v");
        // A single bar passes here, as it does in the language's own grammar; the version then refuses it.
        let wanted = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'|' | b'x' | b'X' | b'*');
        let major = scanner.run(wanted)?;
        let minor = scanner.dotted(wanted);
        let patch = minor.and_then(|_| scanner.dotted(wanted));
        let prerelease = scanner.identifiers("-");
        scanner.identifiers("+");
        let whole = whole.get(..whole.len() - scanner.rest().len())?;
        Some(Self {
            operator,
            whole,
            major,
            minor,
            patch,
            prerelease,
        })
    }

    fn comparison(self) -> Result<Comparison, ConstraintError> {
        let is_open = |part: Option<&str>| part.is_none_or(|part| matches!(part, "x" | "X" | "*"));
        let suffix = self
            .prerelease
            .map(|prerelease| format!("-{prerelease}"))
            .unwrap_or_default();
        let (major, minor) = (self.major, self.minor.unwrap_or_default());
        let (text, open) = if is_open(Some(major)) {
            (format!("0.0.0{suffix}"), Open::All)
        } else if is_open(self.minor) {
            (format!("{major}.0.0{suffix}"), Open::Minor)
        } else if is_open(self.patch) {
            (format!("{major}.{minor}.0{suffix}"), Open::Patch)
        } else {
            (self.whole.to_owned(), Open::Nothing)
        };
        let version = Version::parse(text.as_bytes()).map_err(|_| ConstraintError::Version)?;
        Ok(Comparison {
            operator: self.operator,
            version,
            open,
        })
    }
}

impl Operator {
    fn read(scanner: &mut Scanner<'_>) -> Self {
        const WRITTEN: [(&str, Operator); 11] = [
            ("!=", Operator::NotEqual),
            (">=", Operator::GreaterEqual),
            ("=>", Operator::GreaterEqual),
            ("<=", Operator::LessEqual),
            ("=<", Operator::LessEqual),
            ("~>", Operator::Tilde),
            ("~", Operator::Tilde),
            ("^", Operator::Caret),
            (">", Operator::Greater),
            ("<", Operator::Less),
            ("=", Operator::Equal),
        ];
        let found = WRITTEN.into_iter().find(|(text, _)| scanner.accept(text));
        found.map_or(Self::Equal, |(_, operator)| operator)
    }
}

impl Comparison {
    fn holds(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => self.order(version) == Ordering::Equal,
            Operator::Equal | Operator::Tilde => self.holds_tilde(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => self.is_below(version),
            Operator::Less => self.order(version) == Ordering::Less,
            Operator::GreaterEqual => self.order(version) != Ordering::Less,
            Operator::LessEqual => self.reaches(version),
            Operator::Caret => self.holds_caret(version),
        }
    }

    /// How `version` stands to the one of the comparison.
    fn order(&self, version: &Version) -> Ordering {
        version.precedence(&self.version)
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => self.order(version) != Ordering::Equal,
            _ if own.major != version.major => true,
            Open::Minor => false,
            _ if own.minor != version.minor => true,
            Open::Patch => {
                let released = own.prerelease.is_empty() && version.prerelease.is_empty();
                !released && compare_prereleases(&version.prerelease, &own.prerelease) != Ordering::Equal
            }
            Open::All => own.patch != version.patch || self.order(version) != Ordering::Equal,
        }
    }

    fn is_below(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => self.order(version) == Ordering::Greater,
            _ if version.major != own.major => version.major > own.major,
            // `>11` asks for 12: everything of 11 is still 11.
            Open::Minor => false,
            Open::Patch => version.minor > own.minor,
            Open::All => self.order(version) == Ordering::Greater,
        }
    }

    fn reaches(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => self.order(version) != Ordering::Greater,
            Open::Minor => version.major <= own.major,
            Open::Patch | Open::All => (version.major, version.minor) <= (own.major, own.minor),
        }
    }

    fn holds_tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.order(version) == Ordering::Less {
            return false;
        }
        // Zero in full means any version.
        let zero = (own.major, own.minor, own.patch) == (0, 0, 0);
        if zero && matches!(self.open, Open::Nothing | Open::All) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Open::Minor)
    }

    fn holds_caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.order(version) == Ordering::Less {
            return false;
        }
        if version.major != own.major {
            return false;
        }
        if own.major > 0 || self.open == Open::Minor {
            return true;
        }
        if own.minor > 0 || self.open == Open::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

/// Hyphen ranges written as two comparisons.
fn without_ranges(text: &str) -> String {
    const VERSION: &str = r"v?[0-9|xX*]+(?:\.[0-9|xX*]+)?(?:\.[0-9|xX*]+)?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?";
    const SPACE: &str = r"[\t\n\f\r ]";
    static RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = format!("{SPACE}*({VERSION}){SPACE}+-{SPACE}+({VERSION}){SPACE}*");
        Regex::new(&pattern).ok()
    });
    // Nearly every constraint goes without; the pattern is not even compiled for them.
    if !text.contains(" - ") && !text.contains(['\t', '\n', '\r', '\u{c}']) {
        return text.to_owned();
    }
    let mut rewritten = text.to_owned();
    for range in RANGE.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        rewritten = rewritten.replacen(&range[0], &format!(">= {}, <= {} ", &range[1], &range[2]), 1);
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraint: &str, version: &str) -> bool {
        let version = Version::parse(version.as_bytes()).expect(version);
        Constraint::parse(constraint.as_bytes())
            .expect(constraint)
            .allows(&version)
    }

    #[test]
    fn prereleases_pass_only_where_one_is_named() {
        assert!(!allows(">=1.19", "1.25.3-gke.1"));
        assert!(allows(">=1.19-0", "1.25.3-gke.1"));
        assert!(allows(">=1.4-0, <1.7-0", "1.5.0-rc1"));
        assert!(!allows(">=2 || >=1.4", "1.5.0-rc1"));
    }

    #[test]
    fn open_versions_stand_for_their_range() {
        assert!(allows("1.2", "1.2.9"));
        assert!(!allows("1.2", "1.3.0"));
        assert!(!allows(">11", "11.5.0"));
        assert!(allows(">11", "12.0.0"));
        assert!(allows("<=1.2", "1.2.9"));
        assert!(allows("*", "7.0.0"));
        assert!(allows("^0.2", "0.2.7"));
        assert!(!allows("^0.0.3", "0.0.4"));
        assert!(allows("~1", "1.9.0"));
    }

    #[test]
    fn hyphen_ranges_are_two_comparisons() {
        assert!(allows("1.2 - 1.4.5", "1.4.5"));
        assert!(!allows("1.2 - 1.4.5", "1.4.6"));
        assert!(allows("1 - 2 || 4 - 5", "4.3.0"));
    }

    #[test]
    fn texts_of_another_form_are_refused() {
        for text in ["", "foo", ">=1.2,", ">= = 1", "1.2.3.4", ">=1 ||", "1>2", "1.2-"] {
            assert!(
                matches!(
                    Constraint::parse(text.as_bytes()),
                    Err(ConstraintError::Improper(_))
                ),
                "{text}"
            );
        }
        assert_eq!(Constraint::parse(b"1x").unwrap_err(), ConstraintError::Version);
    }
}
