//! Adds up what several test programs report, and says it once at the end in their own words.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// The sum of all `test result:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    ignored: u64,
    measured: u64,
    filtered_out: u64,
    took: Duration,
}

impl Tally {
    pub(crate) fn passed_all(self) -> bool {
        self.failed == 0
    }

    /// What a line of a test program says, when it is the one with the result.
    fn read(line: &str) -> Option<Self> {
        let mut tally = Self::default();
        for part in line.trim().strip_prefix("test result: ")?.split("; ") {
            let part = part.trim_start_matches("ok. ").trim_start_matches("FAILED. ");
            if let Some(took) = part.strip_prefix("finished in ") {
                tally.took = Duration::try_from_secs_f64(took.trim_end_matches('s').parse().ok()?).ok()?;
                continue;
            }
            let (count, what) = part.split_once(' ')?;
            let count = count.parse().ok()?;
            match what {
                "passed" => tally.passed = count,
                "failed" => tally.failed = count,
                "ignored" => tally.ignored = count,
                "measured" => tally.measured = count,
                "filtered out" => tally.filtered_out = count,
                _ => return None,
            }
        }
        Some(tally)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.measured += other.measured;
        self.filtered_out += other.filtered_out;
        self.took += other.took;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            ignored,
            measured,
            filtered_out,
            took,
        } = self;
        let verdict = if self.passed_all() { "ok" } else { "FAILED" };
        write!(
            f,
            "test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; {measured} measured; \
             {filtered_out} filtered out; finished in {:.2}s",
            took.as_secs_f64()
        )
    }
}

/// Runs test programs, shows what they say and adds their results up.
pub(crate) fn count(mut command: Command) -> Result<(ExitStatus, Tally)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("start the tests")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("read what the tests say")?;
            println!("{line}");
            if let Some(result) = Tally::read(&line) {
                tally += result;
            }
        }
    }
    Ok((child.wait().context("wait for the tests")?, tally))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "test result: ok. 10 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.50s";
    const BAD: &str =
        "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s";

    #[test]
    fn a_result_is_read_and_written_in_the_same_words() {
        assert_eq!(Tally::read(GOOD).unwrap().to_string(), GOOD);
        assert_eq!(Tally::read(BAD).unwrap().to_string(), BAD);
    }

    #[test]
    fn one_failure_fails_the_sum() {
        let mut total = Tally::read(GOOD).unwrap();
        total += Tally::read(BAD).unwrap();
        assert!(!total.passed_all());
        assert_eq!(
            total.to_string(),
            "test result: FAILED. 13 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 1.50s"
        );
    }

    #[test]
    fn other_lines_are_no_results() {
        for line in [
            "running 3 tests",
            "test result_is_kept ... ok",
            "test result: ok. many passed",
        ] {
            assert_eq!(Tally::read(line), None, "{line}");
        }
    }

    #[test]
    fn what_programs_report_is_added_up() {
        let mut script = Command::new("sh");
        script.args([
            "-c",
            &format!("echo '{GOOD}'; echo noise; echo '{BAD}'; exit 101"),
        ]);
        let (status, tally) = count(script).unwrap();
        assert_eq!((status.code(), tally.passed, tally.failed), (Some(101), 13, 1));
    }
}
