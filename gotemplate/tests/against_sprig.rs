//! Generated calls, held against the real Sprig: each must give the same value, of the same type, or the same error.
//!
//! Needs Go and its modules, else it skips. `BOWLINE_DIFFERENTIAL_CALLS` and `BOWLINE_DIFFERENTIAL_SEED` ask for more.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gotemplate::{Context, Function, Limits, Pinned, Type, Value, sprig};

#[path = "against_sprig/generator.rs"]
mod generator;

use generator::Generator;

/// Chance, the clock, the network, or slow on purpose.
const LEFT_OUT: [&str; 32] = [
    "now",
    "ago",
    "randAlphaNum",
    "randAlpha",
    "randAscii",
    "randNumeric",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "getHostByName",
    "bcrypt",
    "htpasswd",
    "derivePassword",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "buildCustomCert",
    "encryptAES",
    "decryptAES",
    "hello",
    "fail",
    "date",
    "htmlDate",
    "htmlDateInZone",
    "dateInZone",
    "date_in_zone",
    "dig",
];

fn built_oracle() -> Option<std::path::PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sprig-oracle");
    let built = Command::new("go")
        .arg("build")
        .arg("-o")
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .status()
        .ok()?;
    built.success().then_some(program)
}

fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// The value with its types, as the oracle writes it.
fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => format!("i{number}"),
        Value::Int64(number) => format!("I{number}"),
        Value::Float(number) if number.is_nan() => "fNaN".to_owned(),
        Value::Float(number) => format!("f{:x}", number.to_bits()),
        Value::String(text) => format!("t{}", hex::encode(text.as_bytes())),
        Value::List(items) => format!("l[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Strings(texts) => {
            let texts: Vec<String> = texts
                .iter()
                .map(|text| format!("t{}", hex::encode(text.as_bytes())))
                .collect();
            format!("s[{}]", texts.join(" "))
        }
        Value::Map(map) => {
            let entry = |(key, value): &(gotemplate::Str, Value)| {
                format!("{}={}", hex::encode(key.as_bytes()), shown(value))
            };
            let mut entries: Vec<String> = map.entries().iter().map(entry).collect();
            entries.sort();
            format!("m{{{}}}", entries.join(" "))
        }
        Value::StringMap(map) => {
            let entry = |(key, text): (&gotemplate::Str, &gotemplate::Str)| {
                format!(
                    "{}=t{}",
                    hex::encode(key.as_bytes()),
                    hex::encode(text.as_bytes())
                )
            };
            let mut entries: Vec<String> = map.iter().map(entry).collect();
            entries.sort();
            format!("m{{{}}}", entries.join(" "))
        }
        Value::Time(time) => format!("w{}", String::from_utf8_lossy(&gotemplate::time::text(time))),
        Value::Object(object) => {
            let text = object.text().unwrap_or_default();
            format!("o{}:{text}", object.type_name())
        }
        other => format!("?{}", other.type_name()),
    }
}

/// What ours gives, as the oracle would write it.
fn outcome(context: &mut Context<'_>, function: &Function, arguments: &[Value]) -> String {
    match (function.call)(context, arguments) {
        Ok(value) => shown(&value),
        Err(error) => format!("e{}", hex::encode(error.to_string())),
    }
}

/// Without what may differ: the order where it is chance in Go, and bytes of errors that are no text.
fn normal(name: &str, outcome: &str) -> String {
    if let Some(error) = outcome.strip_prefix('e') {
        let bytes = hex::decode(error).unwrap_or_default();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    if matches!(name, "keys" | "values") {
        let mut bytes = outcome.as_bytes().to_vec();
        bytes.sort_unstable();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    outcome.to_owned()
}

/// Hexadecimal digits as text, for people.
fn readable(shown: &str) -> String {
    let bytes = hex::decode(shown.get(1..).unwrap_or_default()).unwrap_or_default();
    format!("{shown} {:?}", String::from_utf8_lossy(&bytes))
}

/// The real Sprig, in a process of its own.
struct Oracle {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Oracle {
    fn start(program: &Path) -> Self {
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .env("TZ", "UTC")
            .spawn()
            .expect("the oracle starts");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self {
            process,
            input,
            output,
        }
    }

    /// One answer for each line; lines are written while answers are read, so neither side waits for ever.
    fn answers(&mut self, lines: Vec<String>) -> Vec<String> {
        let count = lines.len();
        let mut input = self.input.take().expect("not in use");
        let writer = std::thread::spawn(move || {
            for line in lines {
                writeln!(input, "{line}").expect("the oracle reads");
            }
            input
        });
        let answers = self
            .output
            .by_ref()
            .take(count)
            .map(|line| line.expect("text"))
            .collect();
        self.input = writer.join().ok();
        answers
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.process.wait();
    }
}

/// The functions that are called.
fn functions() -> Vec<&'static Function> {
    sprig::FUNCTIONS
        .iter()
        .flat_map(|table| table.iter())
        .filter(|function| !LEFT_OUT.contains(&function.name))
        .filter(|function| {
            !function
                .parameters
                .iter()
                .any(|kind| matches!(kind, Type::Named(_)))
        })
        .collect()
}

/// Whether both outcomes are the same, but for what the module lists.
fn agree(name: &str, ours: &str, theirs: &str) -> bool {
    let (ours, theirs) = (normal(name, ours), normal(name, theirs));
    // A list has no spare capacity here.
    ours == theirs || name.ends_with("lice") && ours.ends_with("slice index out of bounds")
}

#[test]
fn generated_calls_give_what_sprig_gives() {
    let Some(program) = built_oracle() else {
        println!("skipped: no Go that could build the oracle");
        return;
    };
    let mut oracle = Oracle::start(&program);
    let count = asked("BOWLINE_DIFFERENTIAL_CALLS", 20_000);
    let mut generator = Generator::new(asked("BOWLINE_DIFFERENTIAL_SEED", 1));
    let functions = functions();
    let now = "2026-01-01T00:00:00+00:00[UTC]".parse().expect("a time");
    let (mut environment, mut host) = (Pinned::new([1; 32], now), ());
    let mut different: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut called = 0;
    while called < count {
        let calls: Vec<_> = (0..1000).map(|_| generator.call(&functions)).collect();
        let lines: Vec<String> = calls
            .iter()
            .map(|(function, given)| generator::written(function, given))
            .collect();
        let answers = oracle.answers(lines.clone());
        assert_eq!(answers.len(), lines.len(), "the oracle answers every call");
        let mut context = Context::new(Limits::default(), &mut host, &mut environment);
        for (((function, given), line), theirs) in calls.iter().zip(&lines).zip(&answers) {
            let ours = outcome(&mut context, function, given);
            if !agree(function.name, &ours, theirs) {
                let difference = format!(
                    "{line}\n   ours   {}\n   sprig  {}",
                    readable(&ours),
                    readable(theirs)
                );
                different.entry(function.name).or_default().push(difference);
            }
        }
        called += 1000;
    }
    let total: usize = different.values().map(Vec::len).sum();
    let examples: Vec<String> = different
        .iter()
        .map(|(name, all)| {
            format!(
                "{name}: {} calls\n{}",
                all.len(),
                all[..all.len().min(3)].join("\n")
            )
        })
        .collect();
    assert!(
        different.is_empty(),
        "{total} of {called} calls differ\n{}",
        examples.join("\n")
    );
}
