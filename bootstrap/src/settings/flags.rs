//! The key table as clap's arguments, and what clap read as a layer.

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::keys::{CONFIG, KEYS, Key, Kind};
use super::layer::{Entry, Layer, Origin, Value};
use super::{Role, rke2};

/// The flags of `bowline server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerFlags(pub(crate) Layer);

/// The flags of `bowline agent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentFlags(pub(crate) Layer);

macro_rules! flags_of {
    ($flags:ident, $role:expr) => {
        impl clap::Args for $flags {
            fn augment_args(command: Command) -> Command {
                augment(command, $role)
            }
            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $role)
            }
        }

        impl clap::FromArgMatches for $flags {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(layer(matches, $role)))
            }
            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = layer(matches, $role);
                Ok(())
            }
        }
    };
}

flags_of!(ServerFlags, Role::Server);
flags_of!(AgentFlags, Role::Agent);

/// The table's keys as arguments of `command`.
fn augment(command: Command, role: Role) -> Command {
    command
        .args_override_self(true)
        .args(KEYS.iter().filter(|key| key.is_for(role)).map(argument))
        .after_help(
            "Each flag is also a key of the config file and a variable: --node-ip, `node-ip:`, BOWLINE_NODE_IP.\n\
             Flags win over drop-ins, those over the config file, that over variables; lists given as flags are added\n\
             to what the files say.",
        )
}

fn argument(key: &'static Key) -> Arg {
    let help = match key.default {
        Some(default) => format!("{} [default: {default}]", key.help),
        None => key.help.to_owned(),
    };
    let mut argument = Arg::new(key.name).long(key.name).help(help);
    if key.name == CONFIG {
        argument = argument.short('c');
    }
    match key.kind {
        Kind::Switch => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .action(ArgAction::Set)
            .value_name("BOOL"),
        Kind::Text => argument.value_name(key.value).action(ArgAction::Set),
        Kind::List | Kind::Repeated => argument.value_name(key.value).action(ArgAction::Append),
    }
}

/// What was given on the command line. Lists add to what files say, as they do for RKE2.
fn layer(matches: &ArgMatches, role: Role) -> Layer {
    KEYS.iter()
        .filter(|key| key.is_for(role))
        .filter_map(|key| {
            let given = matches.get_many::<String>(key.name)?;
            Some(Entry {
                key,
                append: true,
                values: given.map(|text| value(key, text)).collect(),
            })
        })
        .collect()
}

/// Tells users of RKE2 that a flag of theirs is not here yet, in place of the nearest flag that is.
pub(crate) fn explain(mut error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split('=').next().unwrap_or_default().to_owned(),
        _ => return error,
    };
    if flag.strip_prefix("--").is_some_and(rke2::is_known) {
        error.remove(ContextKind::SuggestedArg);
        let tip = format!("{flag} is known to RKE2, but not in this version");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn value(key: &Key, text: &str) -> Value {
    Value {
        text: text.to_owned(),
        origin: Origin::Flag(key.name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    fn read(arguments: &[&str]) -> Result<Vec<(String, Vec<String>)>, clap::Error> {
        let command = ServerFlags::augment_args(Command::new("server"));
        let matches = command.try_get_matches_from([&["server"], arguments].concat())?;
        let ServerFlags(layer) = ServerFlags::from_arg_matches(&matches)?;
        let texts = |entry: Entry| entry.values.into_iter().map(|value| value.text).collect();
        Ok(layer
            .into_iter()
            .map(|entry| (entry.key.name.to_owned(), texts(entry)))
            .collect())
    }

    fn given(name: &str, values: &[&str]) -> (String, Vec<String>) {
        (
            name.to_owned(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        )
    }

    #[test]
    fn only_what_was_given_is_in_the_layer() {
        assert_eq!(read(&[]).unwrap(), []);
        assert_eq!(
            read(&["--node-ip", "10.0.0.1"]).unwrap(),
            [given("node-ip", &["10.0.0.1"])]
        );
    }

    #[test]
    fn the_config_file_has_a_short_flag() {
        assert_eq!(read(&["-c", "/c.yaml"]).unwrap(), [given("config", &["/c.yaml"])]);
    }

    #[test]
    fn a_switch_needs_no_value_and_takes_one() {
        assert_eq!(read(&["--debug"]).unwrap(), [given("debug", &["true"])]);
        assert_eq!(read(&["--debug=false"]).unwrap(), [given("debug", &["false"])]);
    }

    #[test]
    fn lists_are_repeated_and_the_last_scalar_wins() {
        let lists = read(&["--kubelet-arg=a=1,2", "--kubelet-arg", "b=3"]).unwrap();
        assert_eq!(lists, [given("kubelet-arg", &["a=1,2", "b=3"])]);
        assert_eq!(
            read(&["--token=a", "--token=b"]).unwrap(),
            [given("token", &["b"])]
        );
    }

    #[test]
    fn an_unknown_flag_is_refused_with_the_nearest() {
        let error = read(&["--tls-sam=x"]).unwrap_err().to_string();
        assert!(error.contains("--tls-san"), "{error}");
    }

    #[test]
    fn a_flag_of_rke2_is_named_as_such() {
        let error = read(&["--server=https://a:9345"]).unwrap_err();
        let text = explain(error).to_string();
        assert!(
            text.contains("tip: --server is known to RKE2, but not in this version"),
            "{text}"
        );
        let other = explain(read(&["--tls-sam=x"]).unwrap_err()).to_string();
        assert!(other.contains("--tls-san") && !other.contains("RKE2"), "{other}");
    }

    #[test]
    fn an_agent_has_no_flags_of_servers() {
        let command = AgentFlags::augment_args(Command::new("agent"));
        assert!(
            command
                .try_get_matches_from(["agent", "--cluster-cidr=10.0.0.0/8"])
                .is_err()
        );
    }
}
