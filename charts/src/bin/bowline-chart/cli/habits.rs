//! What people are used to from helm's options beside their names.

use clap::{Arg, ArgAction, Command};

/// Switches may be given a value, and an option takes whatever follows it.
pub(super) fn taken(command: Command) -> Command {
    let command = command.mut_args(as_in_helm);
    command.mut_subcommands(taken)
}

fn as_in_helm(arg: Arg) -> Arg {
    match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .value_parser(boolean)
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .hide_default_value(true)
            .default_missing_value("true"),
        ArgAction::Set | ArgAction::Append if !arg.is_positional() => arg.allow_hyphen_values(true),
        _ => arg,
    }
}

/// A boolean in any of the ways in which Go takes one.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}
