//! Command lines: our own arguments, overridden by name by what a user asked for.

use std::collections::BTreeMap;

/// `--name=value` lines, sorted by name, where a user's `name=value` replaces ours.
///
/// A user may give one name several times (`--feature-gates` style): all of his lines are kept, none of ours.
pub(crate) fn command_line(ours: &[(&str, String)], users: &[String]) -> Vec<String> {
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in ours {
        lines.entry(name).or_default().push(format!("--{name}={value}"));
    }
    let mut replaced = BTreeMap::<&str, Vec<String>>::new();
    for argument in users {
        let argument = argument.trim_start_matches('-');
        let name = argument.split_once('=').map_or(argument, |(name, _)| name);
        replaced.entry(name).or_default().push(format!("--{argument}"));
    }
    lines.extend(replaced);
    lines.into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_argument_replaces_ours_of_the_same_name() {
        let ours = [("v", "2".to_owned()), ("profiling", "false".to_owned())];
        let users = ["profiling=true".to_owned(), "--new=1".to_owned()];
        assert_eq!(
            command_line(&ours, &users),
            ["--new=1", "--profiling=true", "--v=2"]
        );
    }

    #[test]
    fn a_name_given_twice_by_the_user_stays_twice() {
        let users = ["tls-sni-cert-key=a".to_owned(), "tls-sni-cert-key=b".to_owned()];
        assert_eq!(
            command_line(&[], &users),
            ["--tls-sni-cert-key=a", "--tls-sni-cert-key=b"]
        );
    }
}
