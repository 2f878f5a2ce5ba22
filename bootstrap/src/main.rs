//! `bowline` turns a Linux machine into a Kubernetes node.
//!
//! The modules stand in the order in which data passes through them: what was asked becomes
//! [`settings`], images become [`content`], and both, with [`certificates`] and the node config, become one
//! [`plan`]. [`apply`] makes the disk equal the plan, [`processes`] runs what it names, and [`node`] is the loop
//! around it all.

mod apply;
mod certificates;
mod cli;
mod commands;
mod content;
mod layout;
mod ledger;
mod lock;
mod netlink;
mod node;
mod plan;
mod processes;
mod settings;
mod status;
mod supervisor;

fn main() -> std::process::ExitCode {
    commands::run()
}
