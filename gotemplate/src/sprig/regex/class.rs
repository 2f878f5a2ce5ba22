//! Character classes: Perl's and POSIX's, all ASCII, and Unicode's.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir};

use crate::letters;

/// The highest character.
pub(super) const LAST: u32 = 0x10_ffff;

const SURROGATES: (u32, u32) = (0xd800, 0xdfff);

/// Characters of a class as they are collected; code points that are no characters fall out.
#[derive(Debug, Clone)]
pub(super) struct Set(ClassUnicode);

impl Set {
    pub(super) fn of(ranges: &[(u32, u32)]) -> Self {
        let mut set = Self(ClassUnicode::empty());
        for &(low, high) in ranges {
            set.add_range(low, high);
        }
        set
    }

    fn add_range(&mut self, low: u32, high: u32) {
        let mut push = |low: u32, high: u32| {
            if let (true, Some(low), Some(high)) = (low <= high, char::from_u32(low), char::from_u32(high)) {
                self.0.push(ClassUnicodeRange::new(low, high));
            }
        };
        push(low, high.min(SURROGATES.0 - 1));
        push(low.max(SURROGATES.1 + 1), high);
    }

    /// All of these together, put in order once.
    pub(super) fn union(parts: &[Self]) -> Self {
        let ranges = parts.iter().flat_map(|part| part.0.ranges());
        Self(ClassUnicode::new(ranges.copied()))
    }

    /// How many ranges it has.
    pub(super) fn len(&self) -> usize {
        self.0.ranges().len()
    }

    pub(super) fn folded(mut self) -> Self {
        self.0.case_fold_simple();
        self
    }

    pub(super) fn negated(mut self, negate: bool) -> Self {
        if negate {
            self.0.negate();
        }
        self
    }

    pub(super) fn into_tree(self) -> Hir {
        Hir::class(Class::Unicode(self.0))
    }
}

/// `\d`, `\s` and `\w`.
pub(super) fn perl(letter: u8) -> Option<Set> {
    let ranges: &[(u8, u8)] = match letter {
        b'd' => &[(b'0', b'9')],
        b's' => &[(b'\t', b'\n'), (0x0c, b'\r'), (b' ', b' ')],
        b'w' => &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
        _ => return None,
    };
    Some(ascii(ranges))
}

/// What stands between `[:` and `:]`.
pub(super) fn posix(name: &str) -> Option<Set> {
    let ranges: &[(u8, u8)] = match name {
        "alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        "alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        "ascii" => &[(0, 0x7f)],
        "blank" => &[(b'\t', b'\t'), (b' ', b' ')],
        "cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
        "digit" => &[(b'0', b'9')],
        "graph" => &[(b'!', b'~')],
        "lower" => &[(b'a', b'z')],
        "print" => &[(b' ', b'~')],
        "punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
        "space" => &[(b'\t', b'\r'), (b' ', b' ')],
        "upper" => &[(b'A', b'Z')],
        "word" => &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
        "xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    };
    Some(ascii(ranges))
}

fn ascii(ranges: &[(u8, u8)]) -> Set {
    let ranges: Vec<_> = ranges
        .iter()
        .map(|&(low, high)| (u32::from(low), u32::from(high)))
        .collect();
    Set::of(&ranges)
}

/// A category or script by its name.
pub(super) fn unicode(name: &str) -> Option<Set> {
    match name.to_ascii_lowercase().as_str() {
        "any" => return Some(Set::of(&[(0, LAST)])),
        "ascii" => return Some(Set::of(&[(0, 0x7f)])),
        _ => {}
    }
    // Other properties (`Alphabetic`, `Emoji`) are unknown to RE2.
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte))
    {
        return None;
    }
    ["gc", "sc"]
        .into_iter()
        .find_map(|property| letters::property(property, name))
        .map(Set)
}
