//! Makes a case that differs smaller, for people to read.

use gotemplate::Functions;

use super::generator::Case;
use super::{agree, known, outcome, readable, wire, written};
use crate::against::Oracle;

/// The smallest case found that still differs, with both outcomes.
pub(crate) fn shown(case: &Case, oracle: &mut Oracle, functions: &Functions) -> String {
    let mut case = case.clone();
    for file in 0..case.files.len() {
        shrink(&mut case, file, oracle, functions);
    }
    let (ours, theirs) = both(&case, oracle, functions);
    let files: Vec<String> = case
        .files
        .iter()
        .map(|(name, text)| format!("{name}: {:?}", String::from_utf8_lossy(text)))
        .collect();
    format!(
        "--- {}\nmissingkey={} data={}\n   ours {}\n   go   {}",
        files.join("\n"),
        case.missing,
        wire::written(&case.data),
        readable(&ours),
        readable(&theirs)
    )
}

/// Removes runs of actions and texts, then ever smaller pieces, as long as both sides differ without them.
fn shrink(case: &mut Case, file: usize, oracle: &mut Oracle, functions: &Functions) {
    let mut tries = 4000;
    let mut without = |case: &mut Case, from: usize, to: usize| {
        let mut less = case.clone();
        less.files[file].1.drain(from..to);
        tries -= 1;
        let (ours, theirs) = both(&less, oracle, functions);
        let differs = !agree(&ours, &theirs) && known::difference(&less, &ours, &theirs).is_none();
        if differs {
            *case = less;
        }
        (differs, tries > 0)
    };
    let mut length = borders(&case.files[file].1).len();
    while length > 0 {
        let mut first = 0;
        loop {
            let borders = borders(&case.files[file].1);
            let (Some(&from), Some(&to)) = (borders.get(first), borders.get(first + length)) else {
                break;
            };
            match without(case, from, to) {
                (_, false) => return,
                (true, _) => {}
                (false, _) => first += 1,
            }
        }
        length -= 1;
    }
    for size in [8, 4, 2, 1, 1] {
        let mut at = 0;
        while at + size <= case.files[file].1.len() {
            match without(case, at, at + size) {
                (_, false) => return,
                (true, _) => {}
                (false, _) => at += 1,
            }
        }
    }
}

/// Where actions and texts begin and end.
fn borders(text: &[u8]) -> Vec<usize> {
    let mut borders = vec![0];
    for at in 1..text.len() {
        if text[at..].starts_with(b"{{") || text[..at].ends_with(b"}}") {
            borders.push(at);
        }
    }
    borders.push(text.len());
    borders
}

fn both(case: &Case, oracle: &mut Oracle, functions: &Functions) -> (String, String) {
    let (theirs, ours) = oracle.answers(&[written(case)], || outcome(case, functions));
    (ours, theirs[0].clone())
}
