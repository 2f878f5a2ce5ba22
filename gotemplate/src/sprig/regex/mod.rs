//! Regular expressions with RE2's meaning, as Go reads and applies them, on the automata of the regex project.
//!
//! The dialects differ too much for a rewrite of texts (`\w` is ASCII, `{` may stand alone, `[^]]` is no nested class,
//! other words in errors), so a pattern is parsed here by RE2's rules into the automata's own tree.

mod bytes;
mod class;
mod escape;
mod expand;
mod parse;
mod repeat;
mod subject;
mod work;

use std::ops::Range;

use regex_automata::util::captures::Captures;
use regex_automata::{Input, meta};

use crate::Error;
pub use parse::ParseError;
use subject::Subject;

/// What is told before each further search how many bytes it may go over: an error ends the work. All matches of some
/// patterns take a time that grows with the square of the text.
pub type Meter<'m> = dyn FnMut(usize) -> Result<(), Error> + 'm;

/// No pattern may need more memory than this for its automaton.
const LARGEST_AUTOMATON: usize = 32 << 20;

/// Each group has a place in each state: no pattern may have more bytes of automaton times groups.
const LARGEST_TABLE: usize = 64 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub struct Regex {
    automaton: meta::Regex,
    names: Vec<Option<String>>,
    is_empty: bool,
}

/// A pattern that was understood, and is yet to be compiled.
pub struct Pattern<'p> {
    text: &'p [u8],
    parsed: parse::Parsed,
}

impl<'p> Pattern<'p> {
    /// Reads a pattern, or says what is wrong in Go's words.
    pub fn parse(text: &'p [u8]) -> Result<Self, ParseError> {
        let parsed = parse::parse(text)?;
        Ok(Self { text, parsed })
    }

    /// The steps that reading a text will take.
    pub fn work_to_parse(text: &[u8]) -> u64 {
        work::to_read(text)
    }

    /// The steps that compiling will take: some short patterns take seconds.
    pub fn work_to_compile(&self) -> u64 {
        work::to_compile(&self.parsed.tree)
    }

    /// Makes the automaton.
    pub fn compile(self) -> Result<Regex, ParseError> {
        let config = meta::Config::new()
            .nfa_size_limit(Some(LARGEST_AUTOMATON))
            .onepass_size_limit(Some(1 << 20))
            .hybrid_cache_capacity(1 << 20);
        let mut builder = meta::Builder::new();
        builder.configure(config);
        let mut built = builder.build_from_hir(&bytes::of_classes(&self.parsed.tree));
        if built.is_err() {
            built = builder.build_from_hir(&self.parsed.tree);
        }
        let automaton = built.map_err(|_| ParseError::too_large(self.text))?;
        if automaton.memory_usage().saturating_mul(self.parsed.names.len()) > LARGEST_TABLE {
            return Err(ParseError::too_large(self.text));
        }
        Ok(Regex {
            automaton,
            names: self.parsed.names,
            is_empty: self.text.is_empty(),
        })
    }
}

impl Regex {
    /// Compiles a pattern, or says what is wrong in Go's words.
    pub fn new(pattern: &[u8]) -> Result<Self, ParseError> {
        Pattern::parse(pattern)?.compile()
    }

    /// About how many bytes the automaton takes.
    pub fn memory(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// The steps that each byte of a text takes in the worst case, where it is held against each state.
    pub fn work_per_byte(&self) -> u64 {
        1 + self.memory() as u64 / 1024
    }

    /// Whether the pattern matches somewhere in `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.automaton.is_match(Subject::new(text).text())
    }

    /// The leftmost match.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let subject = Subject::new(text);
        let found = self.automaton.find(subject.text())?;
        text.get(subject.original(found.range()))
    }

    /// At most `limit` matches that do not overlap.
    pub fn find_all(
        &self,
        text: &[u8],
        limit: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Range<usize>>, Error> {
        let subject = Subject::new(text);
        let mut found = Vec::new();
        let (mut position, mut last_end) = (0, None);
        while found.len() < limit && position <= subject.text().len() {
            meter(subject.text().len() - position)?;
            let Some(range) = self.find_from(&subject, position) else {
                break;
            };
            // An empty match right behind another match does not count.
            let counts = range.end != position || Some(range.start) != last_end;
            last_end = Some(range.end);
            position = if range.end == position {
                subject.after(position)
            } else {
                range.end
            };
            if counts {
                found.push(subject.original(range));
            }
        }
        Ok(found)
    }

    fn find_from(&self, subject: &Subject<'_>, position: usize) -> Option<Range<usize>> {
        self.automaton
            .find(Input::new(subject.text()).range(position..))
            .map(|found| found.range())
    }

    /// Replaces every match; `$name` and `${1}` in the replacement stand for groups.
    pub fn replace_all(
        &self,
        text: &[u8],
        replacement: &[u8],
        meter: &mut Meter<'_>,
    ) -> Result<Vec<u8>, Error> {
        let subject = Subject::new(text);
        let template = expand::Template::new(replacement, &self.names);
        self.replace_with(&subject, meter, |captures, output| {
            template.expand(output, |group| {
                captures
                    .get_group(group)
                    .and_then(|span| text.get(subject.original(span.range())))
            });
        })
    }

    /// Replaces every match by the replacement as it stands.
    pub fn replace_all_literally(
        &self,
        text: &[u8],
        replacement: &[u8],
        meter: &mut Meter<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.replace_with(&Subject::new(text), meter, |_, output| {
            output.extend_from_slice(replacement);
        })
    }

    fn replace_with(
        &self,
        subject: &Subject<'_>,
        meter: &mut Meter<'_>,
        replace: impl Fn(&Captures, &mut Vec<u8>),
    ) -> Result<Vec<u8>, Error> {
        let text = subject.text();
        let mut output = Vec::with_capacity(text.len());
        let mut captures = self.automaton.create_captures();
        let (mut copied, mut position) = (0, 0);
        while position <= text.len() {
            meter(text.len() - position)?;
            self.automaton
                .search_captures(&Input::new(text).range(position..), &mut captures);
            let Some(found) = captures.get_match().map(|found| found.range()) else {
                break;
            };
            output.extend_from_slice(subject.slice(copied..found.start));
            // No second replacement for an empty match right behind another match.
            if found.end > copied || found.start == 0 {
                replace(&captures, &mut output);
            }
            copied = found.end;
            let next = subject.after(position);
            position = if next > found.end { next } else { found.end };
        }
        output.extend_from_slice(subject.slice(copied..text.len()));
        Ok(output)
    }

    /// The texts between matches; a `limit` of none means all, one of zero gives none.
    pub fn split<'t>(
        &self,
        text: &'t [u8],
        limit: Option<usize>,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Vec<&'t [u8]>>, Error> {
        if limit == Some(0) {
            return Ok(None);
        }
        if !self.is_empty && text.is_empty() {
            return Ok(Some(vec![text]));
        }
        let mut pieces = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for found in self.find_all(text, limit.unwrap_or(usize::MAX), meter)? {
            if limit.is_some_and(|limit| pieces.len() + 1 == limit) {
                break;
            }
            end = found.start;
            if found.end != 0 {
                pieces.push(&text[begin..end]);
            }
            begin = found.end;
        }
        if end != text.len() {
            pieces.push(&text[begin..]);
        }
        Ok(Some(pieces))
    }
}

/// `text` with a backslash before everything that means something in a pattern.
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len());
    for &byte in text {
        if br"\.+*?()|[]{}^$".contains(&byte) {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    fn replaced(pattern: &str, text: &str, replacement: &str) -> String {
        let regex = Regex::new(pattern.as_bytes()).expect(pattern);
        regex
            .replace_all(text.as_bytes(), replacement.as_bytes(), &mut |_| Ok(()))
            .expect("no limit")
            .to_str_lossy()
            .into_owned()
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern.as_bytes())
            .expect(pattern)
            .is_match(text.as_bytes())
    }

    #[test]
    fn perl_classes_are_ascii() {
        assert!(!matches(r"^\w$", "ä"));
        assert!(!matches(r"^\d$", "٣"));
        assert!(matches(r"\bb", "äb"));
        assert!(matches(r"^\W$", "ä"));
    }

    #[test]
    fn braces_that_are_no_repetition_stand_for_themselves() {
        assert_eq!(replaced(r"{(v[0-9])*[^}]*}}$", "a{v1x}}", "-"), "a-");
        assert!(matches(r"^a{,2}$", "a{,2}"));
        assert!(matches(r"^[\w-\.]+$", "a-b."));
    }

    #[test]
    fn groups_are_expanded_with_the_longest_name() {
        assert_eq!(replaced("a(x*)b", "-ab-axxb-", "$1"), "--xx-");
        assert_eq!(replaced("a(x*)b", "-ab-axxb-", "$1W"), "---");
        assert_eq!(replaced("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
        assert_eq!(replaced("(?P<n>a)", "ba", "$n$$$"), "ba$$");
    }

    #[test]
    fn empty_matches_are_replaced_once() {
        assert_eq!(replaced("a*", "baaac", "x"), "xbxcx");
        assert_eq!(replaced("", "äb", "-"), "-ä-b-");
    }

    #[test]
    fn splitting_leaves_out_what_go_leaves_out() {
        let split = |pattern: &str, text: &'static str, limit| {
            let regex = Regex::new(pattern.as_bytes()).expect(pattern);
            regex
                .split(text.as_bytes(), limit, &mut |_| Ok(()))
                .expect("no limit")
                .map(|pieces| pieces.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>())
        };
        assert_eq!(
            split("a", "banana", None).expect("some"),
            [&b"b"[..], b"n", b"n", b""]
        );
        assert_eq!(split("a*", "baac", Some(2)).expect("some"), [&b"b"[..], b"c"]);
        assert_eq!(split("x", "", None).expect("some"), [b""]);
        assert_eq!(split("", "", None).expect("some"), Vec::<Vec<u8>>::new());
        assert_eq!(split("x", "a", Some(0)), None);
    }

    #[test]
    fn a_byte_that_is_no_text_is_one_character() {
        let regex = Regex::new(b"^.b").expect("valid");
        assert_eq!(regex.find(b"\xffbc"), Some(&b"\xffb"[..]));
        let regex = Regex::new(b"b").expect("valid");
        let replaced = regex.replace_all_literally(b"\xffb\xfe", b"-", &mut |_| Ok(()));
        assert_eq!(replaced.expect("no limit"), b"\xff-\xfe");
    }

    #[test]
    fn errors_use_gos_words() {
        for (pattern, error) in [
            ("[", "missing closing ]: `[`"),
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?P<1-x>a)", "invalid named capture: `(?P<1-x>`"),
            ("[b-a]", "invalid character class range: `b-a`"),
            (r"\p{Foo}", r"invalid character class range: `\p{Foo}`"),
            ("((a{100}){100}){100}", "invalid repeat count: `{100}`"),
        ] {
            let refused = Regex::new(pattern.as_bytes()).expect_err(pattern);
            assert_eq!(refused.to_string(), format!("error parsing regexp: {error}"));
        }
    }
}
