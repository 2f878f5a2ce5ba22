//! What the command line says: one subcommand and its flags. The flags of a node come from the key table.

use clap::{Parser, Subcommand};

use crate::settings::{AgentFlags, ServerFlags};

/// Turns a Linux machine into a Kubernetes node.
#[derive(Debug, Parser)]
#[command(name = "bowline", version, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What bowline can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node with the control plane, until SIGTERM
    Server(ServerFlags),
    /// Run a node without the control plane, until SIGTERM
    #[command(hide = true)]
    Agent(AgentFlags),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
