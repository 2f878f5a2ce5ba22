//! TOML against the library that Helm uses: generated texts are read, what was read is written.

use bowline_charts::{toml, yaml};
use gotemplate::format::{quoted, text as shown};
use gotemplate::{Map, Value};

use crate::process::{self, Random};
use crate::{cases, compare, generate, oracle, values};

const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "a.b",
    "a.b.c",
    "b.a",
    "\"a\"",
    "'b c'",
    "\"\"",
    "a . b",
    "\"\\u00e9\"",
    "1",
    "-",
    "a.\"x.y\"",
];

const VALUES: &[&str] = &[
    "1",
    "-0",
    "+7",
    "1_000",
    "0x1F",
    "0o17",
    "0b101",
    "9223372036854775807",
    "9223372036854775808",
    "01",
    "1__0",
    "1.5",
    "-0.0",
    "1e6",
    "1e21",
    "6.02_3e-23",
    "1.",
    ".5",
    "1e400",
    "1e",
    "inf",
    "-inf",
    "nan",
    "+nan",
    "ian",
    "true",
    "false",
    "tru",
    "\"text\"",
    "\"\\t\\\"\\\\ \\u00e9 \\U0001F600 \\x41 \\e\"",
    "\"\\q\"",
    "\"\\ud800\"",
    "\"\\u12\"",
    "'raw \\n'",
    "\"\"\"\nlong \\\n   joined \"two\" \"\"\"\"\"",
    "'''\nraw\n''two'''''",
    "\"\"\"\"\"\"",
    "2020-01-02",
    "2020-01-02T03:04:05Z",
    "2020-01-02 03:04:05.25+02:00",
    "2020-01-02t03:04",
    "03:04:05.123456",
    "03:04",
    "2020-1-02",
    "2020-13-01",
    "\"a\\ b\"",
    "\"",
    "'",
    "\"\"\"",
    "0x",
    "-0x1",
    "-nan",
    "+i",
    "0b2",
    "1_",
    "ä",
    "'\u{1}'",
    "1979-05-27T00:32:00.999999999-07:00",
    "{}",
    "[]",
    "[[], [1, 'a']]",
    "{a = 1}",
    "[{a = 1}, {b = [2]}]",
    "[,]",
    "{a = 1, a = 2}",
    "{a.b = 1, a.c = 2}",
    "[1, # note\n 2,\n]",
    "{a = 1, # note\n b = 2,}",
    "{,}",
    "\"\t\"",
    "1e06",
    "0.1",
    "100000.0",
    "1000000.0",
    "1e20",
    "''",
    "\"\\n\\u007f\\u0000\"",
];

const PIECES: &[&str] = &[
    "[a]\n",
    "[a.b]\n",
    "[[a]]\n",
    "[[a.b]]\n",
    "[b]\n",
    "[ c . d ]\n",
    "[[ c ]] # note\n",
    "[\"q r\"]\n",
    "\n",
    "# note\n",
    " ",
    "=",
    ".",
    "[",
    "]",
    "{",
    "}",
    ",",
    "a",
    "a = 1",
    "\r\n",
    "\r",
    "\t",
    "\"",
    "'",
    "\\",
    "a.b = ",
    "1",
    "]]",
];

fn value(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.below(4) > 0 {
        return random.pick(VALUES).to_owned();
    }
    let count = random.below(4);
    if random.once_in(2) {
        let items: Vec<_> = (0..count).map(|_| value(random, depth - 1)).collect();
        return format!("[{}]", items.join(random.pick(&[", ", ",", " ,\n "])));
    }
    let entries: Vec<_> = (0..count).map(|_| assignment(random, depth - 1)).collect();
    format!("{{{}}}", entries.join(random.pick(&[", ", ",", " ,\n "])))
}

fn assignment(random: &mut Random, depth: usize) -> String {
    format!("{} = {}", random.pick(KEYS), value(random, depth))
}

/// A text that is often TOML: each line has keys of its own unless chance has it otherwise.
fn text(random: &mut Random) -> Vec<u8> {
    let mut out = String::new();
    let tame = random.once_in(2);
    for line in 0..random.below(7) {
        let key = random.pick(KEYS);
        match random.below(6) {
            0 if tame => out.extend(["[", key, ".t", &line.to_string(), "]\n"]),
            1 if tame => out.extend(["[[", key, random.pick(&[".l0]]\n", ".l1]]\n"])]),
            _ if tame => out.extend([key, ".k", &line.to_string(), " = ", &value(random, 2), "\n"]),
            0 | 1 => out += random.pick(PIECES),
            _ => {
                out += &assignment(random, 2);
                out.push('\n');
            }
        }
    }
    if random.once_in(4) {
        return generate::mutate(random, out.into_bytes());
    }
    out.into_bytes()
}

/// A value with its types, as the oracle shows it.
fn typed(value: &Value) -> String {
    match value {
        Value::Map(map) => {
            let entries: Vec<_> = map
                .entries()
                .iter()
                .map(|(key, value)| format!("{}:{}", quoted(key), typed(value)))
                .collect();
            format!("{{{}}}", entries.join(" "))
        }
        _ => match value.as_list() {
            Some(items) => {
                let items: Vec<_> = items.iter().map(typed).collect();
                format!("{}[{}]", value.type_name(), items.join(" "))
            }
            None => format!("{}({})", value.type_name(), shown(value)),
        },
    }
}

fn read(text: &[u8]) -> Result<Map, String> {
    toml::read(text).map_err(|problem| problem.to_string())
}

fn texts() -> Vec<Vec<u8>> {
    let mut random = process::random();
    (0..cases() / 4).map(|_| text(&mut random)).collect()
}

#[test]
fn generated_texts_read_as_in_go() {
    compare("toml", &texts(), |text| {
        Ok(typed(&read(text)?.into()).into_bytes())
    });
}

#[test]
fn what_was_read_is_written_as_in_go() {
    let texts = texts();
    compare("toml-toml", &texts, |text| {
        toml::write(&read(text)?.into()).map_err(|error| error.to_string())
    });
    compare("toml-pretty", &texts, |text| {
        yaml::encode_pretty(&read(text)?.into(), usize::MAX).map_err(|error| error.to_string())
    });
}

#[test]
fn generated_values_are_written_as_in_go() {
    let mut random = process::random();
    let values: Vec<_> = (0..cases() / 4).map(|_| values::json(&mut random)).collect();
    let written = |text: &[u8]| -> oracle::Answer {
        let value = gotemplate::json::unmarshal(text).map_err(|error| error.to_string())?;
        toml::write(&value).map_err(|error| error.to_string())
    };
    compare("totoml", &values, written);
}
