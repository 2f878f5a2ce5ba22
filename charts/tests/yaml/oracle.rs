//! Go's answers, from a small program that is built on demand.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What Go says to a request: the text of a result, or an error.
pub(crate) type Answer = Result<Vec<u8>, String>;

/// Asks Go all at once; nothing where there is no Go.
pub(crate) fn ask(requests: Vec<(&'static str, Vec<u8>)>) -> Option<Vec<Answer>> {
    let program = build()?;
    let count = requests.len();
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        for (op, text) in requests {
            let request = json!({"Op": op, "Text": STANDARD.encode(text)});
            writeln!(input, "{request}").unwrap();
        }
    });
    let answers: Vec<_> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| answer(&line.unwrap()))
        .collect();
    writer.join().unwrap();
    child.wait().unwrap();
    assert_eq!(answers.len(), count);
    Some(answers)
}

fn answer(line: &str) -> Answer {
    let answer: Value = serde_json::from_str(line).unwrap();
    match answer["Error"].as_str() {
        None | Some("") => Ok(STANDARD
            .decode(answer["Text"].as_str().unwrap_or_default())
            .unwrap()),
        Some(error) => Err(error.to_owned()),
    }
}

fn build() -> Option<std::path::PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/yaml/oracle");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml-oracle");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .status();
    match built {
        Ok(status) if status.success() => Some(program),
        _ => {
            eprintln!("skipped: Go or its modules are not at hand");
            None
        }
    }
}
