//! YAML and TOML against the libraries that Helm uses.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

mod generate;
mod oracle;
#[path = "../../../gotemplate/tests/against/oracle.rs"]
mod process;
mod recorded;
mod toml;
mod values;

use bowline_charts::yaml;
use bowline_charts::{Generation, manifest::Head};
use gotemplate::Value;
use gotemplate::json::{self, Style};

/// Fails with the first texts for which we and Go differ.
fn compare(op: &str, inputs: &[Vec<u8>], ours: impl Fn(&[u8]) -> oracle::Answer) {
    let Some(answers) = oracle::ask(op, inputs) else {
        return;
    };
    let mut wrong = 0;
    for (input, theirs) in inputs.iter().zip(&answers) {
        let ours = ours(input);
        if !is_same(op, &ours, theirs) {
            wrong += 1;
            if wrong <= 10 {
                let text = |answer: &oracle::Answer| match answer {
                    Ok(text) => String::from_utf8_lossy(text).into_owned(),
                    Err(error) => format!("error: {error}"),
                };
                eprintln!(
                    "--- {op}: {:?}\nours:   {}\ntheirs: {}",
                    String::from_utf8_lossy(input),
                    text(&ours),
                    text(theirs)
                );
            }
        }
    }
    let errors = answers.iter().filter(|answer| answer.is_err()).count();
    eprintln!(
        "{op}: {} texts, {errors} of them errors in Go, {wrong} differ",
        inputs.len()
    );
    assert_eq!(wrong, 0, "{op}: {wrong} of {} differ", inputs.len());
}

/// Which of several odd keys Go names first, and how it shows what it takes for numbers, is left open.
fn is_same(op: &str, ours: &oracle::Answer, theirs: &oracle::Answer) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => {
            let loose = |text: &str| {
                op == "write"
                    || ["unsupported ", "map key", "map merge", "contains itself"]
                        .iter()
                        .any(|known| text.contains(known))
            };
            ours == theirs || loose(ours) && loose(theirs)
        }
        _ => false,
    }
}

fn raw_json(value: &Value) -> Vec<u8> {
    json::marshal(value, Style { indent: 0, raw: true }).unwrap()
}

fn read(text: &[u8]) -> oracle::Answer {
    yaml::unmarshal(text)
        .map(|value| raw_json(&value))
        .map_err(|error| error.to_string())
}

/// The head as Helm's type would be printed.
fn head(text: &[u8]) -> oracle::Answer {
    let head = Head::read(text, Generation::Helm4);
    let head = head.map_err(|error| error.to_string().replace("util.SimpleHead", "main.SimpleHead"))?;
    let annotations = head
        .annotations
        .into_iter()
        .map(|(key, text)| (key, Value::string(text)));
    let annotations = Value::Map(annotations.collect());
    Ok(raw_json(&Value::List(
        vec![
            Value::string(head.api_version),
            Value::string(head.kind),
            Value::string(head.name),
            annotations,
        ]
        .into(),
    )))
}

fn write(text: &[u8]) -> oracle::Answer {
    let value = json::unmarshal(text).map_err(|error| error.to_string())?;
    yaml::encode(&value, usize::MAX).map_err(|_| "no YAML".to_owned())
}

/// How many texts each test makes; the variable `ORACLE_CASES` asks for more.
fn cases() -> u64 {
    process::cases(20_000)
}

#[test]
fn generated_texts_read_as_in_go() {
    let mut random = process::random();
    let texts: Vec<_> = (0..cases()).map(|_| generate::text(&mut random)).collect();
    compare("read", &texts, read);
    compare("head", &texts, head);
}

#[test]
fn generated_values_are_written_as_in_go() {
    let mut random = process::random();
    let values: Vec<_> = (0..cases()).map(|_| values::json(&mut random)).collect();
    compare("write", &values, write);
    compare("pretty", &values, |text| {
        let value = json::unmarshal(text).map_err(|error| error.to_string())?;
        yaml::encode_pretty(&value, usize::MAX).map_err(|_| "no YAML".to_owned())
    });
}
