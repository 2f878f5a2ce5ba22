//! A shell script that runs on a machine and says which stage it is in: lines that begin with `[stage]`, as kubeadm
//! writes them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bowline_tests::machine::Machine;

use super::figures::{Stage, millis};
use super::kit::HOME;
use crate::process::last_lines;

/// What kubeadm does in the midst of other stages.
const BESIDE: [&str; 1] = ["patches"];

/// A script under way. It is killed when this is dropped.
pub(crate) struct Script {
    child: Mutex<Child>,
    lines: Arc<Mutex<Vec<(Duration, String)>>>,
    reader: Option<JoinHandle<()>>,
    log: PathBuf,
}

impl Script {
    /// Starts `script` on the machine, the programs of the kit on its PATH.
    pub(crate) fn begin(machine: &Machine, script: &str) -> Result<Self> {
        let log = machine.folder().join("script.log");
        let errors: std::fs::File = fs_err::File::create(&log)?.into();
        let begun = Instant::now();
        let mut child = machine
            .command("sh")?
            .args(["-c", &format!("PATH={HOME}/bin:$PATH\n{script}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .context("enter the machine")?;
        let output = child.stdout.take().context("listen to a script")?;
        let lines = Arc::default();
        let reader = std::thread::spawn({
            let lines = Arc::clone(&lines);
            move || read(output, begun, &lines)
        });
        Ok(Self {
            child: Mutex::new(child),
            lines,
            reader: Some(reader),
            log,
        })
    }

    /// An error with the script's last words when it has failed.
    pub(crate) fn check(&self) -> Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        match child.try_wait().context("ask for a script's end")? {
            Some(status) if !status.success() => {
                bail!("the script ended with {status}: {}", self.last_words())
            }
            _ => Ok(()),
        }
    }

    /// The stages that the script has gone through; the last lasts until `end`.
    pub(crate) fn stages(&self, end: Duration) -> Vec<Stage> {
        stages(&self.lines.lock().unwrap_or_else(PoisonError::into_inner), end)
    }

    fn last_words(&self) -> String {
        let said: Vec<_> = {
            let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.iter().map(|(_, line)| line.clone()).collect()
        };
        let errors = fs_err::read_to_string(&self.log).unwrap_or_else(|error| error.to_string());
        format!("{}\n{}", last_lines(&said.join("\n")), last_lines(&errors))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself; what it started ends with the machine.
        let _ = child.kill();
        let _ = child.wait();
        if let Some(reader) = self.reader.take().filter(JoinHandle::is_finished) {
            let _ = reader.join();
        }
    }
}

fn read(output: ChildStdout, begun: Instant, lines: &Mutex<Vec<(Duration, String)>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((begun.elapsed(), line));
    }
}

/// Each stage from its first line to the first line of the next.
fn stages(lines: &[(Duration, String)], end: Duration) -> Vec<Stage> {
    let mut found: Vec<Stage> = Vec::new();
    for (at, line) in lines.iter().filter(|(at, _)| *at < end) {
        let name = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        let Some((name, _)) = name.filter(|(name, _)| !BESIDE.contains(name)) else {
            continue;
        };
        if let Some(last) = found.last_mut() {
            if last.name == name {
                continue;
            }
            last.end_ms = millis(*at);
        }
        found.push(Stage {
            name: name.to_owned(),
            begin_ms: millis(*at),
            end_ms: millis(end),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_lasts_until_the_next_begins() {
        let line = |ms, text: &str| (Duration::from_millis(ms), text.to_owned());
        let lines = [
            line(10, "[import] one"),
            line(90, "[import] two"),
            line(100, "a word"),
            line(150, "[patches] in between"),
            line(200, "[certs] making"),
            line(900, "[after] the end"),
        ];
        let stage = |name: &str, begin_ms, end_ms| Stage {
            name: name.into(),
            begin_ms,
            end_ms,
        };
        assert_eq!(
            stages(&lines, Duration::from_millis(500)),
            [stage("import", 10, 200), stage("certs", 200, 500)]
        );
    }
}
