//! The globs of `.Files.Glob`: `*` and `?` stay within a name, `**` crosses directories, `[a-z]`, `[!abc]`, `{a,b}`.
//!
//! In comes a pattern, out comes a matcher. A pattern becomes a small automaton whose states are all followed at
//! once, so that no pattern, however odd, makes a match explode.

use std::iter::Peekable;
use std::str::Chars;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Glob {
    states: Vec<State>,
}

/// What a state of the automaton waits for; it leads to the next state unless it says otherwise.
#[derive(Debug, PartialEq)]
enum State {
    Literal(char),
    /// `?`
    Single,
    /// `*`: any number of characters of one name.
    Name,
    /// `**`: any number of characters.
    Everything,
    Set {
        members: Vec<char>,
        is_negated: bool,
    },
    Range {
        low: char,
        high: char,
        is_negated: bool,
    },
    /// Leads to each of these states without a character.
    Split(Vec<usize>),
    End,
}

impl Glob {
    /// Reads a pattern; none for one that makes no sense.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return None;
        }
        let mut parser = Parser {
            input: pattern.chars().peekable(),
            states: Vec::new(),
        };
        parser.sequence(0)?;
        parser.states.push(State::End);
        Some(Self {
            states: parser.states,
        })
    }

    /// Whether the whole of `path` matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut now = vec![false; self.states.len()];
        self.enter(0, &mut now);
        for c in path.chars() {
            let mut next = vec![false; self.states.len()];
            for (index, _) in now.iter().enumerate().filter(|(_, active)| **active) {
                match &self.states[index] {
                    State::Name if c != '/' => self.enter(index, &mut next),
                    State::Everything => self.enter(index, &mut next),
                    state if state.accepts(c) => self.enter(index + 1, &mut next),
                    _ => {}
                }
            }
            now = next;
        }
        now.last().copied().unwrap_or_default()
    }

    /// Makes a state active, and those that it reaches without a character.
    fn enter(&self, index: usize, active: &mut [bool]) {
        if active[index] {
            return;
        }
        active[index] = true;
        match &self.states[index] {
            State::Name | State::Everything => self.enter(index + 1, active),
            State::Split(targets) => targets.iter().for_each(|target| self.enter(*target, active)),
            _ => {}
        }
    }
}

impl State {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::Single => c != '/',
            Self::Set { members, is_negated } => members.contains(&c) != *is_negated,
            Self::Range {
                low,
                high,
                is_negated,
            } => (*low..=*high).contains(&c) != *is_negated,
            _ => false,
        }
    }
}

/// A path is shorter than this.
const MAX_PATTERN_BYTES: usize = 4096;
/// Braces nest no deeper in any pattern that means something.
const MAX_DEPTH: usize = 16;

struct Parser<'a> {
    input: Peekable<Chars<'a>>,
    states: Vec<State>,
}

impl Parser<'_> {
    /// States for what stands up to the end, or, within braces, up to `,` or `}`, which stay in the input.
    fn sequence(&mut self, depth: usize) -> Option<()> {
        while let Some(&c) = self.input.peek() {
            if depth > 0 && matches!(c, ',' | '}') {
                break;
            }
            self.input.next();
            let state = match c {
                '*' if self.input.next_if_eq(&'*').is_some() => State::Everything,
                '*' => State::Name,
                '?' => State::Single,
                '[' => self.set()?,
                '{' => {
                    self.alternatives(depth + 1)?;
                    continue;
                }
                '\\' => match self.input.next() {
                    Some(escaped) => State::Literal(escaped),
                    None => break,
                },
                literal => State::Literal(literal),
            };
            self.states.push(state);
        }
        Some(())
    }

    /// What follows a `{`. As in the original, the end of the pattern closes what is still open.
    fn alternatives(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let split = self.states.len();
        self.states.push(State::Split(Vec::new()));
        let mut starts = Vec::new();
        let mut exits = Vec::new();
        loop {
            starts.push(self.states.len());
            self.sequence(depth)?;
            exits.push(self.states.len());
            self.states.push(State::Split(Vec::new()));
            if self.input.next() != Some(',') {
                break;
            }
        }
        let end = self.states.len();
        for exit in exits {
            self.states[exit] = State::Split(vec![end]);
        }
        self.states[split] = State::Split(starts);
        Some(())
    }

    /// What follows a `[`: characters or one range, perhaps negated.
    fn set(&mut self) -> Option<State> {
        let is_negated = self.input.next_if_eq(&'!').is_some();
        let first = self.input.next()?;
        if self.input.next_if_eq(&'-').is_some() {
            let high = self.input.next()?;
            let is_closed = self.input.next() == Some(']');
            return (is_closed && first <= high).then_some(State::Range {
                low: first,
                high,
                is_negated,
            });
        }
        let mut members = Vec::new();
        let mut current = first;
        loop {
            match current {
                ']' => break,
                '\\' => members.push(self.input.next()?),
                member => members.push(member),
            }
            current = self.input.next()?;
        }
        (!members.is_empty()).then_some(State::Set { members, is_negated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::new(pattern).is_some_and(|glob| glob.matches(path))
    }

    #[test]
    fn patterns_match_as_charts_mean_them() {
        for (pattern, path, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a/b.yaml", false),
            ("a/*/c", "a/b/c", true),
            ("**.yaml", "a/b.yaml", true),
            ("crds/**.yaml", "crds/x/y.yaml", true),
            ("**/c", "c", false),
            ("**/c", "a/b/c", true),
            ("a/**", "a/b/c", true),
            ("**", "", true),
            ("?.t[a-c]t", "a.tbt", true),
            ("?.t[a-c]t", "a.tdt", false),
            ("[!a]", "b", true),
            ("[!a]", "a", false),
            ("x.[sh|js]", "x.s", true),
            ("{a,b*}.txt", "bcd.txt", true),
            ("{a,b*}.txt", "a.txt", true),
            ("{a,b*}.txt", "c.txt", false),
            ("{a,{b,c}d}e", "cde", true),
            ("{a,}b", "b", true),
            ("{a,b", "b", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("a,b", "a,b", true),
            ("", "", true),
            ("ä?", "äö", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_that_make_no_sense_are_known() {
        for pattern in ["[a", "[]", "[b-a]", "[a-bc]", "[a-"] {
            assert!(Glob::new(pattern).is_none(), "{pattern}");
        }
        assert!(Glob::new(&"{".repeat(100)).is_none());
    }

    #[test]
    fn a_pattern_of_many_stars_ends_soon() {
        assert!(!matches(&"**a".repeat(200), &"a".repeat(150)));
    }
}
