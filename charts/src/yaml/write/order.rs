//! The order of keys in YAML: numbers inside them count as numbers, letters come last; in the pretty dialect, right
//! after a digit they come first.

use std::cmp::Ordering;

use gotemplate::Str;

use super::Dialect;

/// Sorts entries by key.
///
/// The order is not total for odd keys (digits of other scripts, numbers that overflow), which is why the sort is
/// one that any answers suit.
pub(super) fn sort<T: Copy>(entries: &mut Vec<(&Str, T)>, dialect: Dialect) {
    const SHORT: usize = 12;
    if entries.is_sorted_by(|left, right| !is_less(right.0, left.0, dialect)) {
        return;
    }
    for run in entries.chunks_mut(SHORT) {
        insert(run, dialect);
    }
    let mut length = SHORT;
    while length < entries.len() {
        let merged = entries
            .chunks(2 * length)
            .flat_map(|pair| merge(pair, length, dialect))
            .collect();
        *entries = merged;
        length *= 2;
    }
}

fn insert<T>(run: &mut [(&Str, T)], dialect: Dialect) {
    for end in 1..run.len() {
        let mut at = end;
        while at > 0 && is_less(run[at].0, run[at - 1].0, dialect) {
            run.swap(at, at - 1);
            at -= 1;
        }
    }
}

fn merge<'k, T: Copy>(pair: &[(&'k Str, T)], length: usize, dialect: Dialect) -> Vec<(&'k Str, T)> {
    let (mut left, mut right) = pair.split_at(length.min(pair.len()));
    let mut out = Vec::with_capacity(pair.len());
    while let (Some(first), Some(second)) = (left.first(), right.first()) {
        if is_less(second.0, first.0, dialect) {
            out.push(*second);
            right = &right[1..];
        } else {
            out.push(*first);
            left = &left[1..];
        }
    }
    out.extend_from_slice(left);
    out.extend_from_slice(right);
    out
}

fn is_less(left: &Str, right: &Str, dialect: Dialect) -> bool {
    if left.is_ascii() && right.is_ascii() {
        let start = left.iter().zip(right.iter()).take_while(|(l, r)| l == r).count();
        return compare(left.as_bytes(), right.as_bytes(), start, dialect) == Ordering::Less;
    }
    let chars = |text: &Str| text.to_text().chars().collect::<Vec<_>>();
    let (left, right) = (chars(left), chars(right));
    let start = left.iter().zip(&right).take_while(|(l, r)| l == r).count();
    compare(&left, &right, start, dialect) == Ordering::Less
}

/// Compares two keys that are equal before `start` and differ there.
fn compare<C: Copy + Into<char>>(left: &[C], right: &[C], start: usize, dialect: Dialect) -> Ordering {
    let (Some(&l), Some(&r)) = (left.get(start), right.get(start)) else {
        return left.len().cmp(&right.len());
    };
    let (l, r): (char, char) = (l.into(), r.into());
    match (l.is_alphabetic(), r.is_alphabetic()) {
        (true, true) => return l.cmp(&r),
        (false, false) => {}
        (l_letter, _) => {
            let after_digit = start > 0 && is_digit(left[start - 1].into());
            let first = l_letter == (after_digit && dialect == Dialect::Pretty);
            return if first { Ordering::Less } else { Ordering::Greater };
        }
    }
    let inside_number = (l == '0' || r == '0')
        && left[..start]
            .iter()
            .rev()
            .map(|&digit| digit.into())
            .take_while(|&digit| is_digit(digit))
            .any(|digit| digit != '0');
    let (l_value, l_end) = number(&left[start..], inside_number);
    let (r_value, r_end) = number(&right[start..], inside_number);
    l_value.cmp(&r_value).then(l_end.cmp(&r_end)).then(l.cmp(&r))
}

/// The number at the start of a text, and its length; inside a number it counts on from 1.
fn number<C: Copy + Into<char>>(text: &[C], inside_number: bool) -> (i64, usize) {
    let digits = text
        .iter()
        .map(|&digit| digit.into())
        .take_while(|&digit| is_digit(digit));
    digits.fold((i64::from(inside_number), 0), |(value, length), digit| {
        let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (value.wrapping_mul(10).wrapping_add(digit), length + 1)
    })
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || !character.is_ascii() && character.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count_as_numbers() {
        let sorted = [
            "", "-", "1", "9", "10", "010", "A", "a", "a-b", "a_b", "a0", "a9", "a10", "a10b", "ab", "b10",
            "b1x", "ä",
        ];
        let mut keys: Vec<Str> = sorted.iter().rev().map(|&key| Str::from(key)).collect();
        keys.sort();
        let mut entries: Vec<_> = keys.iter().map(|key| (key, ())).collect();
        sort(&mut entries, Dialect::Kubernetes);
        let keys: Vec<_> = entries.iter().map(|(key, ())| key.to_string()).collect();
        assert_eq!(keys, sorted);
    }

    #[test]
    fn letters_after_a_digit_come_first_in_the_pretty_dialect() {
        let keys = ["a1-", "a1b", "a-", "ab"].map(Str::from);
        let sorted = |dialect| {
            let mut entries: Vec<_> = keys.iter().map(|key| (key, ())).collect();
            sort(&mut entries, dialect);
            entries
                .iter()
                .map(|(key, ())| key.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(sorted(Dialect::Kubernetes), ["a-", "a1-", "a1b", "ab"]);
        assert_eq!(sorted(Dialect::Pretty), ["a-", "a1b", "a1-", "ab"]);
    }
}
