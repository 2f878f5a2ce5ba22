//! Assignments well and badly formed, over a file of values.

use bowline_charts::Generation;
use bowline_charts::set::Typing;

use crate::case::Case;
use crate::process::Random;
use crate::values;

const TYPINGS: [Typing; 5] = [
    Typing::Json,
    Typing::Inferred,
    Typing::Text,
    Typing::File,
    Typing::Literal,
];

pub(crate) fn case(random: &mut Random) -> Case {
    let generation = if random.once_in(4) {
        Generation::Helm3
    } else {
        Generation::Helm4
    };
    let mut case = Case::telling_values(generation);
    if !random.once_in(4) {
        case.values.push(values::file(random, 2, &[]));
    }
    let mut chosen: Vec<usize> = (0..=random.below(3))
        .map(|_| random.below(TYPINGS.len()))
        .collect();
    // Helm takes them by kind, in this order.
    chosen.sort_unstable();
    for kind in chosen {
        let typing = TYPINGS[kind];
        let text = expression(random, typing);
        case.set.push((typing, text));
    }
    case
}

fn expression(random: &mut Random, typing: Typing) -> String {
    if typing == Typing::Json && random.once_in(5) {
        let object = values::map(random, 2, &[]).to_string();
        return random.pick(&["", " ", "\t"]).to_owned() + &mutated(random, object);
    }
    let count = 1 + random.below(3);
    let parts: Vec<String> = (0..count).map(|_| assignment(random, typing)).collect();
    let text = parts.join(random.pick(&[",", ",", ",", ", ", ",,"]));
    mutated(random, text)
}

fn assignment(random: &mut Random, typing: Typing) -> String {
    let mut key = name(random);
    for _ in 0..random.below(4) {
        if random.once_in(3) {
            key += random.pick(&["[0]", "[1]", "[2]", "[3]", "[01]", "[+1]"]);
        } else {
            key.push('.');
            key += &name(random);
        }
    }
    match random.below(30) {
        0 => key,
        1 => key + "=",
        _ => key + "=" + &value(random, typing),
    }
}

fn name(random: &mut Random) -> String {
    let names = [
        "a", "b", "c", "list", "global", "t", "a\\.b", "a\\,b", "x y", "ä", "a-b", "",
    ];
    let most = if random.once_in(10) { names.len() } else { 9 };
    names[random.below(most)].to_owned()
}

fn value(random: &mut Random, typing: Typing) -> String {
    if typing == Typing::Json {
        return match random.below(12) {
            0 => random
                .pick(&[
                    "", " ", "{", "[1", "nope", "1.5.2", "\"a", "01", "1e400", "nul", "truex", "-",
                ])
                .to_owned(),
            _ => random.pick(&["", " "]).to_owned() + &values::any(random, 2).to_string(),
        };
    }
    let scalars = [
        "x",
        "1",
        "0",
        "-1",
        "01",
        "1.5",
        "true",
        "FALSE",
        "null",
        "Null",
        "a=b",
        "a\\,b",
        "9223372036854775807",
        "9223372036854775808",
        "+5",
        "-0",
        "0x10",
        "two words",
        "a\\\\b",
        "a\\",
        "ä",
        "{}",
        "[1]",
        "a.b",
        "'q'",
        "tr\u{fc}e",
        "\u{17f}",
        "-",
        "00",
        "1_000",
    ];
    if random.once_in(4) {
        let items: Vec<&str> = (0..random.below(4)).map(|_| random.pick(&scalars)).collect();
        return format!("{{{}}}", items.join(","));
    }
    random.pick(&scalars).to_owned()
}

/// The text with a character removed, doubled or put in, now and then.
fn mutated(random: &mut Random, text: String) -> String {
    if !random.once_in(5) {
        return text;
    }
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(2) {
        if characters.is_empty() {
            break;
        }
        let at = random.below(characters.len());
        match random.below(4) {
            0 => drop(characters.remove(at)),
            1 => characters.insert(at, characters[at]),
            _ => {
                let odd: Vec<char> = "[]{}=,.\\ -0a\"'\nä\u{1f600}".chars().collect();
                characters.insert(at, odd[random.below(odd.len())]);
            }
        }
    }
    characters.into_iter().collect()
}
