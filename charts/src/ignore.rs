//! `.helmignore`: which files of a directory are no part of the chart, and the patterns it is written in.

use thiserror::Error;

/// The rules of one `.helmignore`.
#[derive(Debug)]
pub(crate) struct Ignore {
    rules: Vec<Rule>,
}

/// A rule that Helm refuses too.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(".helmignore: {rule:?}: {reason}")]
pub(crate) struct IgnoreError {
    rule: String,
    reason: &'static str,
}

#[derive(Debug)]
struct Rule {
    pattern: Vec<char>,
    simple: Simple,
    is_negated: bool,
    directories_only: bool,
    /// A pattern with a slash is matched against the whole path, one without against the last name.
    whole_path: bool,
}

/// What nearly every rule is: a name, or an ending of names.
#[derive(Debug)]
enum Simple {
    Exact(String),
    Ending(String),
    No,
}

impl Simple {
    fn of(pattern: &[char]) -> Self {
        let is_plain = |part: &[char]| !part.iter().any(|c| matches!(c, '*' | '?' | '[' | '\\'));
        match pattern {
            plain if is_plain(plain) => Self::Exact(plain.iter().collect()),
            ['*', ending @ ..] if is_plain(ending) => Self::Ending(ending.iter().collect()),
            _ => Self::No,
        }
    }
}

impl Default for Ignore {
    fn default() -> Self {
        let hidden_templates = Rule {
            pattern: "templates/.?*".chars().collect(),
            simple: Simple::No,
            is_negated: false,
            directories_only: false,
            whole_path: true,
        };
        Self {
            rules: vec![hidden_templates],
        }
    }
}

impl Ignore {
    /// Reads the file's text. As in Helm, a `!` rule names what to keep by ignoring everything that does not match,
    /// and hidden files directly under `templates/` are always left out.
    pub(crate) fn parse(text: &str) -> Result<Self, IgnoreError> {
        let lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut rules = lines.map(Rule::parse).collect::<Result<Vec<_>, _>>()?;
        rules.extend(Self::default().rules);
        Ok(Self { rules })
    }

    /// Whether a path, relative to the chart, is left out.
    pub(crate) fn ignores(&self, path: &str, is_directory: bool) -> bool {
        self.rules.iter().any(|rule| rule.ignores(path, is_directory))
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Self, IgnoreError> {
        let fail = |reason| {
            Err(IgnoreError {
                rule: line.to_owned(),
                reason,
            })
        };
        if line.contains("**") {
            return fail("double-star (**) syntax is not supported");
        }
        let (is_negated, rest) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directories_only, rest) = rest.strip_suffix('/').map_or((false, rest), |rest| (true, rest));
        let pattern: Vec<char> = rest.strip_prefix('/').unwrap_or(rest).chars().collect();
        if !is_pattern(&pattern) {
            return fail("syntax error in pattern");
        }
        Ok(Self {
            simple: Simple::of(&pattern),
            pattern,
            is_negated,
            directories_only,
            whole_path: rest.contains('/'),
        })
    }

    fn ignores(&self, path: &str, is_directory: bool) -> bool {
        if self.directories_only && !is_directory {
            return self.is_negated;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let matched = match (self.whole_path, &self.simple) {
            (true, Simple::Exact(text)) => path == text,
            (false, Simple::Exact(text)) => name == text,
            (false, Simple::Ending(text)) => name.ends_with(text.as_str()),
            (whole, _) => matches(&self.pattern, if whole { path } else { name }),
        };
        matched != self.is_negated
    }
}

/// Whether a path matches a pattern as a shell matches one; a broken pattern matches nothing.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    is_pattern(&pattern) && matches(&pattern, path)
}

fn is_pattern(pattern: &[char]) -> bool {
    let mut at = 0;
    while at < pattern.len() {
        match Token::read(&pattern[at..]) {
            Some((_, length)) => at += length,
            None => return false,
        }
    }
    true
}

/// Shell matching of a whole path: `*`, `?` and `[^a-z]` stay within a name.
fn matches(pattern: &[char], path: &str) -> bool {
    let path: Vec<char> = path.chars().collect();
    // reach[i]: the pattern so far matches the first i characters. Row by row: no pattern makes this explode.
    let mut reach = vec![false; path.len() + 1];
    reach[0] = true;
    let mut at = 0;
    while let Some((token, length)) = Token::read(&pattern[at..]).filter(|_| at < pattern.len()) {
        reach = token.advance(&reach, &path);
        at += length;
    }
    reach[path.len()]
}

enum Token<'a> {
    Star,
    Any,
    Set { members: &'a [char], is_negated: bool },
    Literal(char),
}

impl<'a> Token<'a> {
    /// The first token and its length; none where the pattern is broken.
    fn read(pattern: &'a [char]) -> Option<(Self, usize)> {
        match pattern {
            ['*', ..] => Some((Self::Star, 1)),
            ['\\', c, ..] => Some((Self::Literal(*c), 2)),
            ['\\'] => None,
            ['[', rest @ ..] => Self::read_set(rest),
            ['?', ..] | [] => Some((Self::Any, 1)),
            [c, ..] => Some((Self::Literal(*c), 1)),
        }
    }

    /// What follows a `[`: at least one member, each a character or a range.
    fn read_set(rest: &'a [char]) -> Option<(Self, usize)> {
        let is_negated = rest.first() == Some(&'^');
        let start = usize::from(is_negated);
        let mut at = start;
        while rest.get(at) != Some(&']') || at == start {
            let (_, length) = member(&rest[at.min(rest.len())..])?;
            at += length;
        }
        let members = &rest[start..at];
        Some((Self::Set { members, is_negated }, at + 2))
    }

    fn advance(&self, reach: &[bool], path: &[char]) -> Vec<bool> {
        let mut next = vec![false; reach.len()];
        for index in 0..reach.len() {
            if matches!(self, Self::Star) {
                let carried = index > 0 && next[index - 1] && path[index - 1] != '/';
                next[index] = reach[index] || carried;
            } else if index > 0 {
                next[index] = reach[index - 1] && self.accepts(path[index - 1]);
            }
        }
        next
    }

    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => c != '/',
            Self::Literal(literal) => c == *literal,
            Self::Set { members, is_negated } => in_set(members, c) != *is_negated,
        }
    }
}

fn in_set(mut members: &[char], c: char) -> bool {
    while let Some(((low, high), length)) = member(members) {
        if (low..=high).contains(&c) {
            return true;
        }
        members = &members[length..];
    }
    false
}

/// The first character or range of a set, and its length.
fn member(set: &[char]) -> Option<((char, char), usize)> {
    let (low, length) = member_char(set)?;
    match set.get(length) {
        Some('-') => {
            let (high, more) = member_char(&set[length + 1..])?;
            Some(((low, high), length + 1 + more))
        }
        _ => Some(((low, low), length)),
    }
}

fn member_char(set: &[char]) -> Option<(char, usize)> {
    match set {
        ['-' | ']', ..] | [] | ['\\'] => None,
        ['\\', c, ..] => Some((*c, 2)),
        [c, ..] => Some((*c, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_a_shell_does() {
        for (pattern, path, expected) in [
            ("/*.yaml", "a.yaml", true),
            ("/*.yaml", "a/b.yaml", false),
            ("*.yaml", "a/b.yaml", true),
            ("a/*/c", "a/b/c", true),
            ("?.t[a-cx]t", "a.tbt", true),
            ("?.t[a-cx]t", "a.tdt", false),
            ("[^a]", "b", true),
            ("[^a]", "a", false),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"[\]]", "]", true),
        ] {
            let ignore = Ignore::parse(pattern).unwrap();
            assert_eq!(ignore.ignores(path, false), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends_soon() {
        let ignore = Ignore::parse(&"*a".repeat(200)).unwrap();
        assert!(!ignore.ignores(&"a".repeat(150), false));
    }

    #[test]
    fn rules_speak_of_names_paths_and_directories() {
        let ignore = Ignore::parse("# editors\n*.swp\n\nci/\n/docs/*.md\n").unwrap();
        assert!(ignore.ignores("templates/x.swp", false));
        assert!(ignore.ignores("ci", true));
        assert!(!ignore.ignores("ci", false));
        assert!(ignore.ignores("docs/a.md", false));
        assert!(!ignore.ignores("templates/docs/a.md", false));
        assert!(!ignore.ignores("README.md", false));
    }

    #[test]
    fn hidden_templates_are_left_out_without_a_rule() {
        assert!(Ignore::default().ignores("templates/.x.yaml", false));
        assert!(!Ignore::default().ignores("templates/a/.x.yaml", false));
        assert!(!Ignore::default().ignores(".helmignore", false));
    }

    #[test]
    fn a_negated_rule_ignores_all_that_it_does_not_name() {
        let ignore = Ignore::parse("!*.yaml").unwrap();
        assert!(ignore.ignores("a.txt", false));
        assert!(!ignore.ignores("a.yaml", false));
        assert!(Ignore::parse("!a/").unwrap().ignores("b", false));
    }

    #[test]
    fn rules_that_helm_refuses_are_refused() {
        for rule in ["**/x", "[a", "[]", "a\\", "[a-]"] {
            assert!(Ignore::parse(rule).is_err(), "{rule}");
        }
    }
}
