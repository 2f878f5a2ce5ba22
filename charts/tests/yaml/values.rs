//! Values that reach into every corner.

use serde_json::Value;

use crate::generate::WORDS;
use crate::process::Random;

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
