//! Classes of characters as what the bytes of their characters may be.
//!
//! The compiler makes a large table for any class beyond ASCII, which costs more than all else of most patterns. It
//! needs none for bytes: a class such as "all but the quote" is nine short sequences of them.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Repetition,
};
use regex_syntax::utf8::{Utf8Sequence, Utf8Sequences};

/// A class of more sequences is left to the compiler, which shares their beginnings.
const MOST: usize = 32;

/// The same pattern, with bytes for the characters of simple classes.
pub(super) fn of_classes(tree: &Hir) -> Hir {
    match tree.kind() {
        HirKind::Class(Class::Unicode(class)) if !class.is_ascii() => {
            sequences(class).unwrap_or_else(|| tree.clone())
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: of_classes(&repetition.sub).into(),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => Hir::capture(Capture {
            sub: of_classes(&capture.sub).into(),
            ..capture.clone()
        }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(of_classes).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(of_classes).collect()),
        HirKind::Class(_) | HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => tree.clone(),
    }
}

fn sequences(class: &ClassUnicode) -> Option<Hir> {
    let all = || {
        let ranges = class.iter();
        ranges.flat_map(|range| Utf8Sequences::new(range.start(), range.end()))
    };
    if all().nth(MOST).is_some() {
        return None;
    }
    let (single, longer): (Vec<_>, Vec<_>) = all().partition(|sequence| sequence.len() == 1);
    let single = single.iter().flat_map(Utf8Sequence::as_slice);
    let single = ClassBytes::new(single.map(|range| ClassBytesRange::new(range.start, range.end)));
    let bytes = |class| Hir::class(Class::Bytes(class));
    let longer = longer.iter().map(|sequence| {
        let ranges = sequence.as_slice().iter();
        Hir::concat(
            ranges
                .map(|range| bytes(ClassBytes::new([ClassBytesRange::new(range.start, range.end)])))
                .collect(),
        )
    });
    let single = (!single.ranges().is_empty()).then(|| bytes(single));
    Some(Hir::alternation(single.into_iter().chain(longer).collect()))
}

#[cfg(test)]
mod tests {
    use regex_automata::meta::Builder;

    use super::super::parse::parse;
    use super::*;

    #[test]
    fn bytes_match_what_the_characters_match() {
        for pattern in [
            "^[^\"]$",
            "^.$",
            r"^[\x{80}-\x{ffff}]$",
            "^[äöü]$",
            r"^[a-zé-\x{10000}]+$",
            "^(?s:.)*$",
            r"^\pL$",
        ] {
            let parsed = parse(pattern.as_bytes()).expect(pattern).tree;
            let built = |tree: &Hir| Builder::new().build_from_hir(tree).expect(pattern);
            let (characters, bytes) = (built(&parsed), built(&of_classes(&parsed)));
            for character in (0..=0x10_ffff).step_by(7).filter_map(char::from_u32) {
                for text in [character.to_string(), format!("{character}é{character}")] {
                    assert_eq!(
                        bytes.is_match(&text),
                        characters.is_match(&text),
                        "{pattern} {text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn simple_classes_are_bytes_and_large_ones_stay() {
        let stays = |pattern: &str| {
            let parsed = parse(pattern.as_bytes()).expect(pattern);
            of_classes(&parsed.tree) == parsed.tree
        };
        assert!(!stays(r"a([^\n]*)"));
        assert!(stays("[a-z]+"));
        assert!(stays(r"\pL"));
    }
}
