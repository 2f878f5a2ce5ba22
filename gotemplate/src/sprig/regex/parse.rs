//! From a pattern in RE2's syntax to the automata's tree.

use std::fmt;

use bstr::BString;
use regex_syntax::hir::{Capture, Dot, Hir, Look};

use super::class::Set;

/// Groups may not nest deeper.
const DEEPEST: usize = 250;
/// More ranges of characters than this make no automaton.
const MOST_RANGES: usize = 1 << 20;

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    problem: &'static str,
    part: BString,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.problem, self.part)
    }
}

impl std::error::Error for ParseError {}

impl ParseError {
    pub(super) fn new(problem: &'static str, part: impl AsRef<[u8]>) -> Self {
        Self {
            problem,
            part: part.as_ref().into(),
        }
    }

    pub(super) fn too_large(pattern: &[u8]) -> Self {
        Self::new("expression too large", pattern)
    }
}

/// A pattern understood.
pub(super) struct Parsed {
    pub(super) tree: Hir,
    /// The names of the groups, the whole match first.
    pub(super) names: Vec<Option<String>>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is one letter of the syntax")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
    pub(super) ungreedy: bool,
}

/// A piece of the tree and how often it repeats what lies deepest in it.
pub(super) struct Node {
    pub(super) tree: Hir,
    pub(super) repeats: u32,
}

/// An open group.
pub(super) struct Group {
    alternatives: Vec<Node>,
    pub(super) sequence: Vec<Node>,
    /// The flags to return to when it closes.
    outer: Flags,
    capture: Option<u32>,
}

pub(super) struct Parser<'p> {
    pattern: &'p str,
    pub(super) rest: &'p str,
    pub(super) flags: Flags,
    groups: Vec<Group>,
    names: Vec<Option<String>>,
    /// How many ranges its classes have so far.
    ranges: usize,
    /// The text from the last repetition on, when nothing came after it yet.
    pub(super) last_repeat: Option<&'p str>,
}

pub(super) fn parse(pattern: &[u8]) -> Result<Parsed, ParseError> {
    let text = std::str::from_utf8(pattern)
        .map_err(|error| ParseError::new("invalid UTF-8", &pattern[error.valid_up_to()..]))?;
    let mut parser = Parser {
        pattern: text,
        rest: text,
        flags: Flags::default(),
        groups: vec![Group::new(Flags::default(), None)],
        names: vec![None],
        ranges: 0,
        last_repeat: None,
    };
    while !parser.rest.is_empty() {
        let before = parser.rest;
        let repeated = parser.step()?;
        parser.last_repeat = repeated.then_some(before);
    }
    match (parser.groups.pop(), parser.groups.is_empty()) {
        (Some(group), true) => Ok(Parsed {
            tree: group.close().tree,
            names: parser.names,
        }),
        _ => Err(ParseError::new("missing closing )", pattern)),
    }
}

impl Group {
    fn new(outer: Flags, capture: Option<u32>) -> Self {
        Self {
            alternatives: Vec::new(),
            sequence: Vec::new(),
            outer,
            capture,
        }
    }

    fn end_alternative(&mut self) {
        let sequence = std::mem::take(&mut self.sequence);
        self.alternatives.push(Node::join(sequence, Hir::concat));
    }

    fn close(mut self) -> Node {
        self.end_alternative();
        Node::join(self.alternatives, Hir::alternation)
    }
}

impl Node {
    fn join(nodes: Vec<Self>, join: fn(Vec<Hir>) -> Hir) -> Self {
        let repeats = nodes.iter().map(|node| node.repeats).max().unwrap_or(1);
        Self {
            tree: join(nodes.into_iter().map(|node| node.tree).collect()),
            repeats,
        }
    }
}

impl Parser<'_> {
    /// Reads one element; tells whether it was a repetition.
    fn step(&mut self) -> Result<bool, ParseError> {
        match self.rest.as_bytes()[0] {
            b'(' => self.open_group()?,
            b')' => self.close_group()?,
            b'|' => {
                self.skip(1);
                self.group()?.end_alternative();
            }
            b'^' => self.look(
                if self.flags.multi_line {
                    Look::StartLF
                } else {
                    Look::Start
                },
                1,
            )?,
            b'$' => self.look(
                if self.flags.multi_line {
                    Look::EndLF
                } else {
                    Look::End
                },
                1,
            )?,
            b'.' => {
                let dot = if self.flags.dot_newline {
                    Dot::AnyChar
                } else {
                    Dot::AnyCharExceptLF
                };
                self.push(Hir::dot(dot))?;
                self.skip(1);
            }
            b'[' => self.class()?,
            b'*' => return self.repeat(0, None, &self.rest[1..]),
            b'+' => return self.repeat(1, None, &self.rest[1..]),
            b'?' => return self.repeat(0, Some(1), &self.rest[1..]),
            b'{' => return self.counted_repeat(),
            b'\\' => self.backslash()?,
            _ => {
                let character = self.next_character();
                self.literal(character)?;
            }
        }
        Ok(false)
    }

    pub(super) fn group(&mut self) -> Result<&mut Group, ParseError> {
        let pattern = self.pattern;
        self.groups
            .last_mut()
            .ok_or_else(|| ParseError::new("unexpected )", pattern))
    }

    pub(super) fn skip(&mut self, length: usize) {
        self.rest = &self.rest[length..];
    }

    pub(super) fn next_character(&mut self) -> u32 {
        let mut characters = self.rest.chars();
        let character = characters.next().map_or(0, u32::from);
        self.rest = characters.as_str();
        character
    }

    /// Counts the ranges of a class, or of a part of it, as they are read.
    pub(super) fn counted(&mut self, set: Set) -> Result<Set, ParseError> {
        self.ranges += set.len();
        if self.ranges > MOST_RANGES {
            return Err(ParseError::too_large(self.pattern.as_bytes()));
        }
        Ok(set)
    }

    pub(super) fn push(&mut self, tree: Hir) -> Result<(), ParseError> {
        self.group()?.sequence.push(Node { tree, repeats: 1 });
        Ok(())
    }

    pub(super) fn look(&mut self, look: Look, length: usize) -> Result<(), ParseError> {
        self.skip(length);
        self.push(Hir::look(look))
    }

    pub(super) fn literal(&mut self, code: u32) -> Result<(), ParseError> {
        let set = Set::of(&[(code, code)]);
        let tree = match char::from_u32(code) {
            Some(character) if !self.flags.fold_case => {
                Hir::literal(character.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
            }
            _ if self.flags.fold_case => set.folded().into_tree(),
            _ => set.into_tree(),
        };
        self.push(tree)
    }

    fn open_group(&mut self) -> Result<(), ParseError> {
        if self.groups.len() > DEEPEST {
            return Err(ParseError::new("expression nests too deeply", self.pattern));
        }
        if self.rest.starts_with("(?") {
            return self.extended_group();
        }
        self.skip(1);
        self.open_capture(None);
        Ok(())
    }

    fn open_capture(&mut self, name: Option<String>) {
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.groups.push(Group::new(self.flags, Some(index)));
    }

    /// A named group, or flags for a group or for the rest of this one.
    fn extended_group(&mut self) -> Result<(), ParseError> {
        let whole = self.rest;
        for (prefix, shortest) in [("(?P<", 5), ("(?<", 4)] {
            if whole.starts_with(prefix) && whole.len() >= shortest {
                let end = whole
                    .find('>')
                    .ok_or_else(|| ParseError::new("invalid named capture", whole))?;
                let name = &whole[prefix.len()..end];
                if name.is_empty()
                    || !name
                        .bytes()
                        .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
                {
                    return Err(ParseError::new("invalid named capture", &whole[..=end]));
                }
                self.skip(end + 1);
                self.open_capture(Some(name.to_owned()));
                return Ok(());
            }
        }
        self.skip(2);
        let (flags, outer) = self.read_flags(whole)?;
        if let Some(outer) = outer {
            self.groups.push(Group::new(outer, None));
        }
        self.flags = flags;
        Ok(())
    }

    /// The new flags, and the old ones when a group begins with them.
    fn read_flags(&mut self, whole: &str) -> Result<(Flags, Option<Flags>), ParseError> {
        let outer = self.flags;
        let (mut flags, mut on, mut seen) = (outer, true, false);
        while !self.rest.is_empty() {
            match char::from_u32(self.next_character()) {
                Some('i') => flags.fold_case = on,
                Some('m') => flags.multi_line = on,
                Some('s') => flags.dot_newline = on,
                Some('U') => flags.ungreedy = on,
                Some('-') if on => {
                    (on, seen) = (false, false);
                    continue;
                }
                Some(':') if on || seen => return Ok((flags, Some(outer))),
                Some(')') if on || seen => return Ok((flags, None)),
                _ => break,
            }
            seen = true;
        }
        let read = &whole[..whole.len() - self.rest.len()];
        Err(ParseError::new("invalid or unsupported Perl syntax", read))
    }

    fn close_group(&mut self) -> Result<(), ParseError> {
        let unexpected = || ParseError::new("unexpected )", self.pattern);
        if self.groups.len() < 2 {
            return Err(unexpected());
        }
        let group = self.groups.pop().ok_or_else(unexpected)?;
        self.skip(1);
        self.flags = group.outer;
        let capture = group.capture;
        let Node { tree, repeats } = group.close();
        let tree = match capture {
            None => tree,
            Some(index) => {
                let name = self
                    .names
                    .get(index as usize)
                    .and_then(|name| name.as_deref().map(Into::into));
                Hir::capture(Capture {
                    index,
                    name,
                    sub: Box::new(tree),
                })
            }
        };
        self.group()?.sequence.push(Node { tree, repeats });
        Ok(())
    }
}
