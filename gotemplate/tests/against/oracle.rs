//! The real thing in a process of its own, and chance from a seed: for all tests that compare with one.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// How many cases are wanted: `ORACLE_CASES`, or else that many.
pub(crate) fn cases(default: u64) -> u64 {
    asked("ORACLE_CASES").unwrap_or(default)
}

/// Chance from where `ORACLE_SEED` says.
pub(crate) fn random() -> Random {
    Random(
        asked("ORACLE_SEED")
            .unwrap_or(1)
            .wrapping_mul(0xd134_2543_de82_ef95),
    )
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers that look random and are always the same.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit.max(1)
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }
}

/// The program of a directory; tests that run side by side wait for one another.
fn built(source: &str) -> Option<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let program = format!("{}-{}", source.replace('/', "-"), env!("CARGO_CRATE_NAME"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(program);
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(source))
        .status();
    if built.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("skipped: Go or its modules are not at hand");
    None
}

/// The real Go, in a process of its own.
pub(crate) struct Oracle {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Oracle {
    /// Builds and starts the program of a directory; says so and gives nothing where there is no Go.
    pub(crate) fn start(source: &str) -> Option<Self> {
        let mut process = Command::new(built(source)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .env("TZ", "UTC")
            .spawn()
            .expect("the oracle starts");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Some(Self {
            process,
            input,
            output,
        })
    }

    /// One answer for each line. Meanwhile the caller does its own part, and neither side waits for ever.
    pub(crate) fn answers<T>(&mut self, lines: &[String], meanwhile: impl FnOnce() -> T) -> (Vec<String>, T) {
        let Self { input, output, .. } = self;
        let input = input.as_mut().expect("open until the end");
        let (answers, own) = std::thread::scope(|scope| {
            scope.spawn(|| {
                for line in lines {
                    writeln!(input, "{line}").expect("the oracle reads");
                }
            });
            let answers = scope.spawn(|| {
                let answers = output.by_ref().take(lines.len());
                answers.map(|line| line.expect("text")).collect::<Vec<_>>()
            });
            let own = meanwhile();
            (answers.join().expect("read"), own)
        });
        assert_eq!(answers.len(), lines.len(), "the oracle answers every line");
        (answers, own)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.process.wait();
    }
}
