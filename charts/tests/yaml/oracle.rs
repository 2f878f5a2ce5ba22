//! Go's answers, from a small program that is built on demand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::process::Oracle;

/// What Go says to a request: the text of a result, or an error.
pub(crate) type Answer = Result<Vec<u8>, String>;

/// Asks Go all at once; nothing where there is no Go.
pub(crate) fn ask(op: &str, texts: &[Vec<u8>]) -> Option<Vec<Answer>> {
    let mut oracle = Oracle::start("tests/yaml/oracle")?;
    let request = |text: &Vec<u8>| json!({"Op": op, "Text": STANDARD.encode(text)}).to_string();
    let requests: Vec<String> = texts.iter().map(request).collect();
    let (answers, ()) = oracle.answers(&requests, || ());
    Some(answers.iter().map(|line| answer(line)).collect())
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
