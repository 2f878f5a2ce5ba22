//! Runs other programs: their output when all is well, their words when it is not.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// How much of a failed program's output an error repeats.
const LAST_LINES: usize = 25;

/// Runs `command` to its end and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let result = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("start {}", name(command)))?;
    check(command, &result)?;
    String::from_utf8(result.stdout).with_context(|| format!("{} did not write text", name(command)))
}

fn check(command: &Command, result: &Output) -> Result<()> {
    if result.status.success() {
        return Ok(());
    }
    bail!(
        "{}: {}\n{}",
        line(command),
        result.status,
        last_lines(&String::from_utf8_lossy(&result.stderr))
    );
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_repeats_its_words() {
        let error = output(Command::new("sh").args(["-c", "echo no rope >&2; exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("sh -c") && text.contains("exit status: 3") && text.contains("no rope"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = output(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "start no-such-program");
    }
}
