//! Light machines: nodes made of namespaces, each with an own root, network and control groups.
//!
//! In: a [`Spec`]. Out: a [`Machine`] on which programs run as on a computer of their own. Its files are on the disk in
//! one folder, so a [`Machine::power_cut`] loses what a real one loses and no more, and [`Machine::changed_files`] is
//! the exact list of what programs wrote. Nothing of the host is changed but for what [`network`] and [`cgroups`] add
//! under names of their own and take away again.
//!
//! The processes of a machine: `keeper` (in the host's process namespace, waits) → `init` (PID 1 inside). Programs come
//! in from outside through `enter`.

mod cgroups;
mod claim;
mod disk;
mod enter;
mod init;
mod keeper;
mod lifecycle;
mod needs;
mod network;
mod process;
mod programs;
mod root;
mod spec;
mod sysctl;

use std::process::ExitCode;

pub use disk::machines_folder;
pub use lifecycle::Machine;
pub use needs::{Need, needs};
pub use process::Process;
pub use spec::Spec;

const KEEPER: &str = "machine-keeper";
const INIT: &str = "machine-init";
const ENTER: &str = "machine-enter";

/// Becomes a machine's keeper, init or door when the hidden argument says so, and then never returns.
pub fn run_init_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next().and_then(|role| role.into_string().ok());
    let run: fn(&disk::Disk, Vec<std::ffi::OsString>) -> anyhow::Result<ExitCode> = match role.as_deref() {
        Some(KEEPER) => |disk, _| keeper::run(disk),
        Some(INIT) => |disk, _| init::run(disk),
        Some(ENTER) => enter::run,
        _ => return,
    };
    let code = arguments
        .next()
        .ok_or_else(|| anyhow::anyhow!("a machine's folder was expected after the hidden argument"))
        .and_then(|folder| run(&disk::Disk::new(folder), arguments.collect()))
        .unwrap_or_else(|error| {
            eprintln!("machine: {error:#}");
            ExitCode::FAILURE
        });
    // There is no way back into the program that lent us its executable.
    #[expect(clippy::exit, reason = "main must not go on after a hidden role has ended")]
    std::process::exit(i32::from(code == ExitCode::FAILURE))
}
