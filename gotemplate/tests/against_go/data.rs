//! What the templates are executed with: a map whose keys tell the types, with content from chance.

use std::rc::Rc;

use gotemplate::{Map, Str, Value};

use super::objects::{Named, Person};
use crate::against::Random;

const TEXTS: &[&str] = &[
    "",
    "a",
    "key",
    "s",
    "two words",
    "a,b,c",
    "12",
    "-7",
    "1.5",
    "0x1F",
    "true",
    "<b>&'\"\\",
    "ä ö",
    "日本語",
    "😀",
    "line\nline\n",
    " padded ",
    "%d%s",
    "1.2.3",
    "{{ .s }}",
    "\u{0}\u{7f}\u{2028}",
];

/// The map that `$` is.
pub(crate) fn root(random: &mut Random) -> Value {
    let mut entries: Vec<(&str, Value)> = vec![
        ("b", random.once_in(2).into()),
        ("n", int(random)),
        ("zero", Value::Int(0)),
        ("wide", Value::Int64(small(random))),
        ("f", float(random)),
        ("s", text(random)),
        ("t", text(random)),
        ("empty", "".into()),
        ("l", list(random, 2)),
        ("strs", strings(random)),
        ("none", Vec::<Value>::new().into()),
        ("m", map(random, 2).into()),
        ("nil", Value::Nil),
        ("any", any(random, 2)),
        ("obj", Value::object(Named(map(random, 1)))),
        ("who", person(random)),
    ];
    if random.once_in(2) {
        entries.push(("when", time(random)));
    }
    if random.once_in(8) {
        let lost = random.below(entries.len());
        entries.remove(lost);
    }
    Map::from_iter(entries).into()
}

fn small(random: &mut Random) -> i64 {
    i64::try_from(random.below(9)).unwrap_or(0) - 2
}

fn int(random: &mut Random) -> Value {
    Value::Int(match random.below(12) {
        0 => 65,
        1 => -120,
        2 => 1_000_000,
        _ => small(random),
    })
}

fn float(random: &mut Random) -> Value {
    let floats = [
        0.0,
        1.0,
        3.0,
        1.5,
        -2.25,
        1e6,
        1e21,
        1e-7,
        1_234_567.0,
        0.1,
        -0.0,
        8080.0,
        f64::INFINITY,
        f64::NAN,
    ];
    let most = floats.len() - if random.once_in(8) { 0 } else { 2 };
    floats[random.below(most)].into()
}

pub(crate) fn text(random: &mut Random) -> Value {
    if random.once_in(40) {
        return Value::String(Str::new(b"a\xffb"));
    }
    random.pick(TEXTS).into()
}

fn strings(random: &mut Random) -> Value {
    let length = random.below(4);
    (0..length)
        .map(|_| Str::from(random.pick(TEXTS)))
        .collect::<Vec<_>>()
        .into()
}

fn list(random: &mut Random, depth: usize) -> Value {
    let length = random.below(5);
    let alike = random.below(4);
    let item = |random: &mut Random| match alike {
        0 => text(random),
        1 => int(random),
        2 if depth > 0 => map(random, depth - 1).into(),
        _ => any(random, depth.saturating_sub(1)),
    };
    (0..length).map(|_| item(random)).collect::<Vec<_>>().into()
}

fn map(random: &mut Random, depth: usize) -> Map {
    let keys = ["a", "b", "s", "n", "l", "m", "Upper", "x-y"];
    let length = random.below(5);
    (0..length)
        .map(|_| (random.pick(&keys), any(random, depth.saturating_sub(1))))
        .collect()
}

fn any(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Nil,
        1 => random.once_in(2).into(),
        2 => int(random),
        3 => Value::Int64(small(random)),
        4 => float(random),
        5 | 6 => text(random),
        7 => list(random, depth),
        8 => strings(random),
        _ => map(random, depth).into(),
    }
}

fn person(random: &mut Random) -> Value {
    Value::object(Person {
        name: random.pick(TEXTS).into(),
        age: small(random),
        tags: vec!["x".into(), random.pick(TEXTS).into()],
        any: any(random, 1),
        extra: map(random, 1),
    })
}

fn time(random: &mut Random) -> Value {
    let seconds = i64::try_from(random.below(2_000_000_000)).unwrap_or(0);
    let moment = jiff::Timestamp::from_second(seconds).expect("in range");
    Value::Time(Rc::new(moment.to_zoned(jiff::tz::TimeZone::UTC)))
}
