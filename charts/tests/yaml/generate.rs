//! Texts and values that reach into every corner.

use serde_json::Value;

use crate::process::Random;

const WORDS: &[&str] = &[
    "a",
    "b",
    "key",
    "true",
    "yes",
    "n",
    "null",
    "~",
    "0755",
    "08",
    "1_000",
    "0x1F",
    "-12",
    "1.5",
    "2e3",
    ".5",
    ".inf",
    "-.INF",
    ".nan",
    "12:30",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "1.2.3",
    "<<",
    "=",
    "18446744073709551615",
    "9223372036854775808",
    "1e400",
    "ä",
    "€",
    "😀",
    "http://x:80/y",
    "a:b",
    "a#b",
    "x y",
    "--",
    "-",
    "?",
    ":",
    "@x",
    "`",
    "%",
    "0b101",
    "0o17",
    "+1",
    "3.",
    "{{ .x }}",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "''",
    "\"\"",
    "y",
    "on",
    "Off",
    "1_2:30",
    "0b-1",
    "+.inf",
    "0.0.0.0/0",
    "1Gi",
    "500m",
    "123456789012345678",
    "2097152.5",
    "0.00001",
];

const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    ": ",
    ": ",
    ": ",
    ":",
    " ",
    "  ",
    "- ",
    "? ",
    "\n? ",
    "\n: ",
    ", ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "&b ",
    "*a",
    "*b",
    "*c ",
    "!!str ",
    "!!int ",
    "!!float ",
    "!!bool ",
    "!!null ",
    "!!binary ",
    "!x ",
    "! ",
    "!<tag:x> ",
    "!!timestamp ",
    " # comment\n",
    "# comment",
    "\t",
    "\r\n",
    "|\n  ",
    "|-\n  ",
    ">\n  ",
    ">+\n\n   ",
    "|2\n   ",
    "|1-\n ",
    "'",
    "'",
    "\"",
    "\"",
    "\\n",
    "\\x41",
    "\\u00e9",
    "\\\n",
    "\\q",
    "---\n",
    "\n---\n",
    "\n...\n",
    "%YAML 1.1\n",
    "%TAG !e! tag:e:\n",
    "!e!f ",
    "<<: ",
    "<<: *a",
    "<<: [*a, *b]",
    "\n\n",
    "a: ",
    "b: ",
    "a: 1\n",
    "b: [1, 2]\n",
    "c: {d: e}\n",
    "- - ",
    "- a: ",
    "\u{7}",
    "key: |\n  text\n",
];

/// A text that is often nearly YAML.
pub(crate) fn text(random: &mut Random) -> Vec<u8> {
    if random.once_in(3) {
        return jumble(random);
    }
    let mut out = String::new();
    block(random, 0, 3, &mut out);
    if random.once_in(3) {
        return mutate(random, out.into_bytes());
    }
    out.into_bytes()
}

fn jumble(random: &mut Random) -> Vec<u8> {
    let mut out = String::new();
    for _ in 0..=random.below(14) {
        out += if random.once_in(3) {
            random.pick(WORDS)
        } else {
            random.pick(PIECES)
        };
    }
    out.trim_start_matches('\u{FEFF}').as_bytes().to_vec()
}

/// A text with a few characters removed, doubled or replaced.
pub(crate) fn mutate(random: &mut Random, mut text: Vec<u8>) -> Vec<u8> {
    for _ in 0..=random.below(3) {
        if text.is_empty() {
            break;
        }
        let at = random.below(text.len());
        match random.below(4) {
            0 => drop(text.remove(at)),
            1 => text.insert(at, text[at]),
            2 => drop(text.splice(at..at, random.pick(PIECES).bytes())),
            _ => text[at] = b" \t\n:-#'\"[{}],&*!|>%@?\\x\x80"[random.below(24)],
        }
    }
    text
}

fn block(random: &mut Random, indent: usize, depth: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let sequence = random.once_in(3);
    for _ in 0..=random.below(3) {
        if random.once_in(10) {
            *out += &pad;
            *out += "# note\n";
        }
        *out += &pad;
        if sequence {
            *out += "- ";
        } else {
            *out += &scalar(random, true);
            *out += ": ";
        }
        match random.below(8) {
            0..=2 if depth > 0 => {
                if random.once_in(8) {
                    *out += random.pick(&["&a", "&b"]);
                }
                out.push('\n');
                let flat = !sequence && random.once_in(3);
                block(random, indent + if flat { 0 } else { 2 }, depth - 1, out);
            }
            3 => {
                *out += &flow(random, 2);
                out.push('\n');
            }
            4 => literal(random, indent + 2, out),
            _ => {
                *out += &scalar(random, false);
                out.push('\n');
            }
        }
    }
}

fn literal(random: &mut Random, indent: usize, out: &mut String) {
    *out += random.pick(&["|", "|-", "|+", ">", ">-", ">+"]);
    out.push('\n');
    for _ in 0..random.below(4) {
        let more = random.below(3);
        *out += &" ".repeat(indent + more);
        *out += random.pick(&["", "text", "# no comment", "a: b", "long line", " "]);
        out.push('\n');
    }
}

fn scalar(random: &mut Random, key: bool) -> String {
    let word = random.pick(WORDS);
    match random.below(if key { 12 } else { 8 }) {
        // Keys that are equal only once they are strings overwrite each other in any order.
        0 if key => format!("'q{word}'"),
        1 if key => format!("\"q{word}\""),
        0 => format!("'{word}'"),
        1 => format!("\"{word}\""),
        2 => format!("{word} {}", random.pick(WORDS)),
        3 if !key => format!("{word}\n      {}", random.pick(WORDS)),
        4 if !key => random
            .pick(&[
                "*a",
                "*b",
                "&a x",
                "!!str 1",
                "!!int '3'",
                "\"x\n\n    y\"",
                "'x\n   y'",
            ])
            .to_owned(),
        5 if key => random.pick(&["<<", "*a", "&b k", "!!str k", "? x"]).to_owned(),
        _ => word.to_owned(),
    }
}

fn flow(random: &mut Random, depth: usize) -> String {
    let items = random.below(3);
    let mut parts = Vec::new();
    let mapping = random.once_in(2);
    for _ in 0..items {
        let value = if depth > 0 && random.once_in(3) {
            flow(random, depth - 1)
        } else {
            scalar(random, false)
        };
        parts.push(if mapping {
            format!("{}: {value}", scalar(random, true))
        } else {
            value
        });
    }
    let inside = parts.join(random.pick(&[", ", ",", " ,\n      "]));
    if mapping {
        format!("{{{inside}}}")
    } else {
        format!("[{inside}]")
    }
}

const STRINGS: &[&str] = &[
    "",
    " ",
    "a",
    "text",
    "true",
    "no",
    "~",
    "null",
    "0x10",
    "1e3",
    "1:20",
    "2001-01-01",
    "- a",
    "-",
    "--- a",
    "...",
    "a: b",
    "a:",
    ":a",
    "#a",
    "a #b",
    "a#b",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "'a'",
    "\"a\"",
    "%a",
    "@a",
    "`a`",
    "{a",
    "[a",
    "a]",
    ",a",
    "?",
    "? a",
    "?a",
    " a",
    "a ",
    "a\nb",
    "a\nb\n",
    "a\n\n",
    "\na",
    "\n",
    "\n\n",
    "  a\nb",
    "a \nb",
    "a\n b",
    "a\tb",
    "\ta",
    "a\rb",
    "ü",
    "€",
    "😀",
    "\u{85}",
    "a\u{85}b",
    "\u{2028}",
    "a\u{2028}b",
    "\u{A0}",
    "\u{FEFF}z",
    "a\u{FEFF}",
    "\u{7f}",
    "\u{1}",
    "\\",
    "\"",
    "'",
    "it's",
    "<<",
    "=",
    "0.0.0.0",
    "500m",
    "1Gi",
    "{{ .x }}",
    "a: {{ b }}",
    "\u{10FFFF}",
    "some words that go on for quite a while so that the line must be broken somewhere past the eightieth column, or not",
    "short words, then averylongwordwithoutanyspacesinitthatgoesonandonandonbeyondtheeightiethcolumnofthelineandmore end",
    "double  spaces  are  never  broken  even  if  the  line  goes  on  and  on  and  on  and  on  and  on  here it may",
    "a quote: 'in' the text makes it quoted and it is long enough to be folded at the eightieth column, is it not so",
    "tabs\tmake it double quoted and it is long enough to be folded at the eightieth column,  with  double spaces too",
];

/// A value as JSON.
pub(crate) fn json(random: &mut Random) -> Vec<u8> {
    value(random, 4).to_string().into_bytes()
}

fn value(random: &mut Random, depth: usize) -> Value {
    let inside = if depth == 0 { 6 } else { 10 };
    match random.below(inside) {
        0 => number(random),
        1 => [Value::Null, Value::Bool(true), Value::Bool(false)][random.below(3)].clone(),
        2..6 => Value::String(string(random)),
        6 | 7 => Value::Array((0..random.below(4)).map(|_| value(random, depth - 1)).collect()),
        _ => {
            let family = random.below(FAMILIES);
            let count = random.below(20) / 3 + usize::from(random.once_in(50)) * 30;
            let keys: Vec<_> = (0..count).map(|_| key(random, family)).collect();
            keys.into_iter()
                .map(|key| (key, value(random, depth - 1)))
                .collect()
        }
    }
}

const FAMILIES: usize = 4;

/// A key of a family in which the order of keys has no circles, as it has when letters may follow numbers.
fn key(random: &mut Random, family: usize) -> String {
    let letters: String = (0..random.below(4))
        .map(|_| random.pick(&["a", "b", "A", "ä", "ß"]))
        .collect();
    match family {
        0 => format!("{letters}{}", random.below(120)),
        1 => letters + random.pick(&["", "-", "_", ".", "/", "-a", "_b", " ", ": ", "#"]),
        2 => format!("{:04}-{letters}", random.below(3)),
        _ if random.once_in(2) => letters + &"k".repeat(100 + random.below(60)),
        _ => {
            letters
                + random
                    .pick(STRINGS)
                    .trim_start_matches(|first: char| first.is_ascii_digit())
        }
    }
}

fn string(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.pick(WORDS).to_owned(),
        1 => format!("{}{}", random.pick(STRINGS), random.pick(STRINGS)),
        2 => format!("{} {}", random.pick(STRINGS), random.pick(STRINGS)),
        _ => random.pick(STRINGS).to_owned(),
    }
}

fn number(random: &mut Random) -> Value {
    let mantissa = f64::from(u32::try_from(random.below(1_000_000)).unwrap());
    let scale = i32::try_from(random.below(50)).unwrap() - 25;
    match random.below(3) {
        0 => serde_json::json!(mantissa),
        1 => serde_json::json!(-mantissa * 10f64.powi(scale)),
        _ => serde_json::json!(
            [
                0.0,
                -0.0,
                1e20,
                1e21,
                1.844_674_407_370_955_2e19,
                9.223_372_036_854_775e18,
                1e-6,
                0.1
            ][random.below(8)]
        ),
    }
}
