//! `bowline completion`: a script that completes command lines.

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;

/// Arguments of `completion`.
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// bash, zsh, fish, …
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(completion: &Completion) {
    clap_complete::generate(
        completion.shell,
        &mut Cli::command(),
        "bowline",
        &mut io::stdout(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_a_script_with_all_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "bowline", &mut script);
            let script = String::from_utf8(script).unwrap();
            for command in ["status", "uninstall", "crictl"] {
                assert!(script.contains(command), "{shell}: {command}");
            }
        }
    }
}
