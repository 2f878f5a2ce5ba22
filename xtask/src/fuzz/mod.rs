//! Builds and runs the fuzz targets. Working corpora, logs and what is found lie in cargo's target directory.

mod report;
pub(crate) mod seeds;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::architecture::Architecture;
use crate::checkout::Checkout;
use report::Run;

/// What libFuzzer needs of the compiler: a counter for each edge, and calls at comparisons.
const INSTRUMENTATION: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Seconds for one input, and megabytes for all: the engine's limits in the targets need a fraction of both.
const TIMEOUT: u32 = 20;
const MEMORY: u32 = 1024;

/// Whose inputs are templates.
const OF_TEMPLATES: [&str; 4] = ["chart", "executor", "functions", "parser"];

/// Where the targets are, and where their runs leave things.
pub(crate) struct Workshop {
    checkout: Checkout,
    root: PathBuf,
}

impl Workshop {
    pub(crate) fn new(checkout: &Checkout) -> Self {
        Self {
            root: checkout.target().join("fuzz"),
            checkout: checkout.clone(),
        }
    }

    fn sources(&self) -> PathBuf {
        self.checkout.root().join("fuzz")
    }

    fn corpus(&self, target: &str) -> PathBuf {
        self.root.join("corpus").join(target)
    }

    fn all_seeds(&self) -> PathBuf {
        self.root.join("seeds")
    }

    fn seeds(&self, target: &str) -> PathBuf {
        self.all_seeds().join(target)
    }

    fn findings(&self, target: &str) -> PathBuf {
        self.root.join("findings").join(target)
    }

    fn log(&self, target: &str) -> PathBuf {
        self.root.join(format!("{target}.log"))
    }

    /// Inputs that were found before and are kept with the tests.
    fn kept(&self, target: &str) -> Option<PathBuf> {
        let crates = ["charts", "gotemplate"].map(|name| self.checkout.root().join(name));
        let mut kept = crates
            .map(|path| path.join("tests/fuzz/found").join(target))
            .into_iter();
        kept.find(|path| path.is_dir())
    }

    /// The names of the targets, of which some may have been asked for.
    pub(crate) fn targets(&self, wanted: &[String]) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for entry in fs_err::read_dir(self.sources().join("fuzz_targets"))? {
            let path = entry?.path();
            all.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
        all.sort();
        for name in wanted {
            ensure!(
                all.contains(name),
                "there is no target {name}, only {}",
                all.join(", ")
            );
        }
        Ok(if wanted.is_empty() { all } else { wanted.to_vec() })
    }

    fn cargo_target(&self) -> PathBuf {
        self.root.join("build")
    }

    pub(crate) fn build(&self, targets: &[String]) -> Result<()> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // With a target named, build scripts and macros are left as they are.
        command
            .args([
                "build",
                "--release",
                "--locked",
                "--target",
                Architecture::of_this_machine()?.rust,
            ])
            .arg("--target-dir")
            .arg(self.cargo_target())
            .args(targets.iter().flat_map(|target| ["--bin", target]))
            .current_dir(self.sources())
            .env("RUSTFLAGS", INSTRUMENTATION)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdin(Stdio::null());
        let status = command.status().context("start cargo")?;
        ensure!(status.success(), "building the fuzz targets: {status}");
        Ok(())
    }

    /// Runs the targets, `jobs` at a time.
    pub(crate) fn run(&self, targets: &[String], minutes: u64, jobs: usize) -> Result<Vec<Run>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut runs = Vec::new();
            while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                println!(
                    "{target}: for {minutes} minutes, as {} tells",
                    self.log(target).display()
                );
                runs.push(self.run_one(target, minutes)?);
            }
            Ok(runs)
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
            let mut runs = Vec::new();
            for worker in workers {
                let done: Result<Vec<Run>> = worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                runs.extend(done?);
            }
            Ok(runs)
        })
    }

    fn run_one(&self, target: &str, minutes: u64) -> Result<Run> {
        let (corpus, findings) = (self.corpus(target), self.findings(target));
        let seeds = self.seeds(target);
        for directory in [&corpus, &findings, &seeds] {
            fs_err::create_dir_all(directory)?;
        }
        let log = fs_err::File::create(self.log(target))?.into_file();
        let triple = Architecture::of_this_machine()?.rust;
        let program = self.cargo_target().join(triple).join("release").join(target);
        let mut command = Command::new(&program);
        command
            .args([corpus, seeds])
            .args(self.kept(target))
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .arg(format!("-dict={}", self.dictionary(target).display()))
            .arg(format!("-max_total_time={}", minutes * 60))
            .arg(format!("-max_len={}", longest(target)))
            .arg(format!("-timeout={TIMEOUT}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg("-print_final_stats=1")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let status = command
            .status()
            .with_context(|| format!("start {}", program.display()))?;
        let log = fs_err::read(self.log(target))?;
        Ok(Run::read(
            target,
            status,
            &String::from_utf8_lossy(&log),
            &findings,
        ))
    }

    fn dictionary(&self, target: &str) -> PathBuf {
        let name = if OF_TEMPLATES.contains(&target) {
            "templates"
        } else {
            "data"
        };
        self.sources()
            .join("dictionaries")
            .join(name)
            .with_extension("dict")
    }
}

/// The longest input, in bytes.
fn longest(target: &str) -> usize {
    match target {
        "archive" | "chart" => 16 << 10,
        _ => 4 << 10,
    }
}
