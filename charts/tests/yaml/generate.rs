//! Texts that reach into every corner.

use crate::process::Random;

pub(crate) const WORDS: &[&str] = &[
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
