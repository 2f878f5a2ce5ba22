//! What came of a run: libFuzzer's log in, a line for people out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// One run of a target.
#[derive(Debug)]
pub(crate) struct Run {
    target: String,
    /// How it ended, unless well.
    failure: Option<String>,
    executions: u64,
    seconds: u64,
    /// Edges of the code that were passed.
    edges: u64,
    peak_megabytes: u64,
    findings: Vec<PathBuf>,
}

impl Run {
    pub(super) fn read(target: &str, status: ExitStatus, log: &str, findings: &Path) -> Self {
        let saved = "Test unit written to ";
        let saved = log.lines().filter_map(|line| line.split_once(saved));
        Self {
            target: target.to_owned(),
            failure: (!status.success()).then(|| status.to_string()),
            executions: last_number(log, "stat::number_of_executed_units:"),
            seconds: last_number(log, " runs in "),
            edges: last_number(log, " cov: "),
            peak_megabytes: last_number(log, "stat::peak_rss_mb:"),
            findings: saved.map(|(_, path)| findings.join(file_name(path))).collect(),
        }
    }

    pub(crate) fn has_findings(&self) -> bool {
        self.failure.is_some() || !self.findings.is_empty()
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim()
}

/// The number behind the last occurrence of a mark; 0 where there is none.
fn last_number(log: &str, mark: &str) -> u64 {
    let rest = log.rsplit_once(mark).map_or("", |(_, rest)| rest).trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(0)
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} executions in {} s, {} edges, at most {} MB: ",
            self.target, self.executions, self.seconds, self.edges, self.peak_megabytes
        )?;
        match (&self.failure, self.findings.is_empty()) {
            (None, true) => f.write_str("nothing found"),
            (Some(failure), true) => write!(f, "ended with {failure}, see its log"),
            _ => {
                f.write_str("found")?;
                self.findings
                    .iter()
                    .try_for_each(|path| write!(f, "\n  {}", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_quiet_run_is_told_in_a_line() {
        let log = "INFO: A corpus is not provided\n#512\tpulse  cov: 10 ft: 20 corp: 1/1b\n\
                   #900\tDONE   cov: 123 ft: 456 corp: 7/89b exec/s: 450\nDone 900 runs in 2 second(s)\n\
                   stat::number_of_executed_units: 900\nstat::peak_rss_mb:             77\n";
        let run = Run::read("yaml", ExitStatus::from_raw(0), log, Path::new("/f"));
        assert!(!run.has_findings());
        assert_eq!(
            run.to_string(),
            "yaml: 900 executions in 2 s, 123 edges, at most 77 MB: nothing found"
        );
    }

    #[test]
    fn a_crash_names_its_input() {
        let log = "#9\tNEW    cov: 5 ft: 6\nartifact_prefix='/f/'; Test unit written to /f/crash-0a\n\
                   stat::number_of_executed_units: 9\n";
        let run = Run::read("yaml", ExitStatus::from_raw(77 << 8), log, Path::new("/f"));
        assert!(run.has_findings());
        assert!(run.to_string().ends_with("found\n  /f/crash-0a"), "{run}");
    }
}
