//! What it costs to read and to compile a pattern: its text or tree in, steps out.

use bstr::ByteSlice;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Steps for a byte of a pattern, where case counts and where it may not, and for a class by its Unicode name.
const BYTE: u64 = 4;
const FOLDED_BYTE: u64 = 32;
const UNICODE: u64 = 512;
/// Steps for a state of the automaton.
const STATE: u64 = 8;
/// States for a range of characters: it may take several sequences of bytes.
const RANGE: u64 = 3;

/// The steps for reading a text, right or wrong.
pub(super) fn to_read(text: &[u8]) -> u64 {
    let byte = if text.contains_str("(?") {
        FOLDED_BYTE
    } else {
        BYTE
    };
    let classes = text.find_iter(r"\p").count() + text.find_iter(r"\P").count();
    text.len() as u64 * byte + classes as u64 * UNICODE
}

/// The steps for a tree, each part as often as it is repeated.
pub(super) fn to_compile(tree: &Hir) -> u64 {
    states(tree).saturating_mul(STATE)
}

fn states(tree: &Hir) -> u64 {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => RANGE * class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            states(&repetition.sub).saturating_mul(times.into())
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(1, u64::saturating_add)
        }
    }
}
