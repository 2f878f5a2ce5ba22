//! `bowline uninstall` and `bowline killall`: take bowline away, whole or only what runs of it.
//!
//! [`machine`] looks at what is there, [`plan`] decides the steps (pure), [`perform`] does them. Then it looks again:
//! nothing is left when the plan is empty. Ended processes set other things free, so there are a few rounds.

mod iptables;
mod machine;
mod perform;
mod plan;
mod processes;
mod step;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use machine::Machine;
use plan::{Extent, Places, plan};
use step::Step;

use super::location;

/// How often it looks again before it gives up.
const ROUNDS: usize = 4;

/// Flags of `uninstall` and `killall`.
#[derive(Args, Debug)]
pub(crate) struct Uninstall {
    /// Folder that holds bowline's data
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Removes bowline and everything it made.
pub(crate) fn uninstall(arguments: Uninstall) -> Result<()> {
    remove(arguments, Extent::Everything)
}

/// Ends bowline and all its pods; data and configuration stay.
pub(crate) fn kill_all(arguments: Uninstall) -> Result<()> {
    remove(arguments, Extent::Running)
}

fn remove(arguments: Uninstall, extent: Extent) -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        bail!("only root can take bowline away: try again with sudo");
    }
    let data_dir = checked_data_dir(location::find(arguments.data_dir).layout.data_dir())?;
    let machine = Machine::open(&data_dir)?;
    if !machine.has_bowline() {
        println!(
            "nothing of bowline is on this machine (data dir {})",
            data_dir.display()
        );
        return Ok(());
    }
    let folders = machine.folders();
    let steps = plan(&machine.look()?, &Places { folders: &folders }, extent);
    if arguments.dry_run {
        for step in steps {
            println!("{step}");
        }
        return Ok(());
    }
    if !arguments.yes && !confirm(extent, &data_dir)? {
        bail!("nothing was done");
    }
    perform_all(&machine, &folders, extent)
}

/// `rm -rf /` and its like are not what anybody meant.
fn checked_data_dir(path: &Path) -> Result<PathBuf> {
    let canonical = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let too_short = !canonical.is_absolute() || canonical.components().count() < 3;
    if too_short
        || ["/usr/bin", "/usr/lib", "/usr/local", "/var/lib", "/var/log"]
            .iter()
            .any(|used| canonical == Path::new(used))
    {
        bail!(
            "{} cannot be a data dir of bowline: it is not removed",
            canonical.display()
        );
    }
    Ok(canonical)
}

fn confirm(extent: Extent, data_dir: &Path) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("give --yes where nobody can be asked, or --dry-run to see what would be done");
    }
    let question = match extent {
        Extent::Everything => format!(
            "This ends all pods and removes bowline with all its data in {}. Go on? [y/N] ",
            data_dir.display()
        ),
        Extent::Running => "This ends bowline and all its pods. Go on? [y/N] ".to_owned(),
    };
    print!("{question}");
    std::io::stdout().flush().context("write to standard output")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn perform_all(machine: &Machine, folders: &[PathBuf], extent: Extent) -> Result<()> {
    let mut failures = Vec::new();
    for _ in 0..ROUNDS {
        let steps = plan(&machine.look()?, &Places { folders }, extent);
        if steps.is_empty() {
            break;
        }
        failures = steps.iter().filter_map(attempt).collect();
    }
    let left = plan(&machine.look()?, &Places { folders }, extent);
    if left.is_empty() {
        println!("done");
        return Ok(());
    }
    let left: Vec<String> = left.iter().map(|step| format!("  still to do: {step}")).collect();
    failures.extend(left);
    bail!("something is left:\n{}", failures.join("\n"))
}

/// Does a step and says so; an error is told and the rest goes on.
fn attempt(step: &Step) -> Option<String> {
    println!("{step}");
    perform::perform(step)
        .err()
        .map(|error| format!("  {step}: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_system_are_no_data_dir() {
        for path in ["/", "/var", "/var/lib", "relative/path", "/usr/local"] {
            assert!(checked_data_dir(Path::new(path)).is_err(), "{path}");
        }
        assert!(checked_data_dir(Path::new("/srv/bowline")).is_ok());
    }
}
