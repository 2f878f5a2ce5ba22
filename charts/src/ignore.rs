//! `.helmignore`: which files of a directory are no part of the chart, and the glob patterns it is written in.

/// The rules of one `.helmignore`.
#[derive(Debug, Default)]
pub(crate) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    is_negated: bool,
    directories_only: bool,
    /// A pattern with a slash is matched against the whole path, one without against each name.
    whole_path: bool,
}

impl Ignore {
    /// Reads the file's text. As in Helm, a `!` rule names what to keep by ignoring everything that does not match.
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self {
            rules: lines.map(Rule::parse).collect(),
        }
    }

    /// Whether a path, relative to the chart, is left out.
    pub(crate) fn ignores(&self, path: &str, is_directory: bool) -> bool {
        self.rules.iter().any(|rule| rule.ignores(path, is_directory))
    }
}

impl Rule {
    fn parse(line: &str) -> Self {
        let (is_negated, rest) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directories_only, rest) = rest.strip_suffix('/').map_or((false, rest), |rest| (true, rest));
        let whole_path = rest.contains('/');
        let pattern = rest.strip_prefix('/').unwrap_or(rest).to_owned();
        Self {
            pattern,
            is_negated,
            directories_only,
            whole_path,
        }
    }

    fn ignores(&self, path: &str, is_directory: bool) -> bool {
        if self.directories_only && !is_directory {
            return false;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        matches(&self.pattern, if self.whole_path { path } else { name }) != self.is_negated
    }
}

/// Shell matching of a whole path: `*` and `?` stay within a name, `**` crosses directories, `[a-z]` is a set.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    // reach[i]: the pattern so far matches the first i characters. Row by row: no pattern makes this explode.
    let mut reach = vec![false; path.len() + 1];
    reach[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let (token, length) = Token::read(&pattern[at..]);
        reach = token.advance(&reach, &path);
        at += length;
    }
    reach[path.len()]
}

enum Token<'a> {
    /// `*`, or `**` when it crosses directories.
    Star {
        crosses: bool,
    },
    Any,
    Set {
        members: &'a [char],
        is_negated: bool,
    },
    Literal(char),
}

impl<'a> Token<'a> {
    fn read(pattern: &'a [char]) -> (Self, usize) {
        match pattern {
            ['*', '*', '/', ..] => (Self::Star { crosses: true }, 3),
            ['*', '*', ..] => (Self::Star { crosses: true }, 2),
            ['*', ..] => (Self::Star { crosses: false }, 1),
            ['?', ..] | [] => (Self::Any, 1),
            ['\\', c, ..] => (Self::Literal(*c), 2),
            ['[', rest @ ..] => match rest.iter().skip(1).position(|&c| c == ']') {
                Some(end) => {
                    let set = &rest[..=end];
                    let is_negated = matches!(set[0], '^' | '!');
                    let members = if is_negated { &set[1..] } else { set };
                    (Self::Set { members, is_negated }, end + 3)
                }
                None => (Self::Literal('['), 1),
            },
            [c, ..] => (Self::Literal(*c), 1),
        }
    }

    fn advance(&self, reach: &[bool], path: &[char]) -> Vec<bool> {
        let mut next = vec![false; reach.len()];
        for index in 0..reach.len() {
            if let Self::Star { crosses } = self {
                let carried = index > 0 && next[index - 1] && (*crosses || path[index - 1] != '/');
                next[index] = reach[index] || carried;
            } else if index > 0 {
                next[index] = reach[index - 1] && self.accepts(path[index - 1]);
            }
        }
        next
    }

    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Star { .. } => false,
            Self::Any => c != '/',
            Self::Literal(literal) => c == *literal,
            Self::Set { members, is_negated } => in_set(members, c) != *is_negated && c != '/',
        }
    }
}

fn in_set(members: &[char], c: char) -> bool {
    match members {
        [low, '-', high, rest @ ..] => (*low..=*high).contains(&c) || in_set(rest, c),
        [member, rest @ ..] => *member == c || in_set(rest, c),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_a_shell_does() {
        for (pattern, path, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a/b.yaml", false),
            ("a/*/c", "a/b/c", true),
            ("**/c", "a/b/c", true),
            ("**/c", "c", true),
            ("a/**", "a/b/c", true),
            ("?.t[a-cx]t", "a.tbt", true),
            ("?.t[a-cx]t", "a.tdt", false),
            ("[^a]", "b", true),
            ("[^a]", "a", false),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("[a", "[a", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends_soon() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(150)));
    }

    #[test]
    fn rules_speak_of_names_paths_and_directories() {
        let ignore = Ignore::parse("# editors\n*.swp\n\nci/\n/docs/*.md\n");
        assert!(ignore.ignores("templates/.x.swp", false));
        assert!(ignore.ignores("ci", true));
        assert!(!ignore.ignores("ci", false));
        assert!(ignore.ignores("docs/a.md", false));
        assert!(!ignore.ignores("templates/docs/a.md", false));
        assert!(!ignore.ignores("README.md", false));
    }
}
