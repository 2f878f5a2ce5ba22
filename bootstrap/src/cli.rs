//! What the command line says: one subcommand and its flags. The flags of a node come from the key table.

use clap::{Parser, Subcommand};

use crate::commands::certificate::Certificate;
use crate::commands::check::Check;
use crate::commands::completion::Completion;
use crate::commands::crictl::Crictl;
use crate::commands::program::Arguments;
use crate::commands::status::Status;
use crate::commands::token::Token;
use crate::commands::uninstall::Uninstall;
use crate::commands::version;
use crate::settings::{AgentFlags, ServerFlags, explain};

/// Turns a Linux machine into a Kubernetes node.
#[derive(Debug, Parser)]
#[command(
    name = "bowline",
    version = version::RELEASE.as_str(),
    long_version = version::LONG.as_str(),
    max_term_width = 120
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line, or ends the program with what is wrong with it.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| explain(error).exit())
    }
}

/// What bowline can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node with the control plane, until SIGTERM
    Server(ServerFlags),
    /// Run a node without the control plane, until SIGTERM
    #[command(hide = true)]
    Agent(AgentFlags),
    /// Show how far the node is and what is stuck
    Status(Status),
    /// Judge whether this machine is fit for a node
    Check(Check),
    /// Run kubectl as administrator of the cluster
    #[command(disable_help_flag = true)]
    Kubectl(Arguments),
    /// Talk to the container runtime as crictl does
    Crictl(Crictl),
    /// Run containerd's ctr on this node
    #[command(disable_help_flag = true)]
    Ctr(Arguments),
    /// Look after the certificates of this node
    Certificate(Certificate),
    /// Print the token by which other nodes join this server
    Token(Token),
    /// Print a script that completes command lines
    Completion(Completion),
    /// End bowline and all its pods; data and configuration stay
    Killall(Uninstall),
    /// Remove bowline and everything it made
    Uninstall(Uninstall),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
