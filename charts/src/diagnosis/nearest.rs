//! The known name that somebody may have meant.

/// The nearest of the names to the one that is not there, unless all are too far away. Of equally near ones the first.
pub(super) fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let most = (wanted.chars().count() / 3).max(1);
    let near = names
        .into_iter()
        .filter(|name| *name != wanted)
        .filter_map(|name| {
            let distance = distance(wanted, name, most)?;
            Some((distance, name))
        });
    // Of equals `min_by_key` takes the first.
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many characters have to be put in, left out, replaced or swapped with their neighbour; none beyond `most`. Case
/// does not count.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    /// Longer names are not compared.
    const LONGEST: usize = 200;
    let lower =
        |text: &str| -> Vec<char> { text.chars().take(LONGEST).flat_map(char::to_lowercase).collect() };
    let (a, b) = (lower(a), lower(b));
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, from) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in b.iter().enumerate() {
            let replaced = above[column] + usize::from(from != to);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && a[row - 1] == *to && b[column - 1] == *from {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nothing_far_away() {
        let names = ["image", "images", "ingress", "replicaCount", "name"];
        for (wanted, expected) in [
            ("imgae", Some("image")),
            ("imags", Some("image")),
            ("replicacount", Some("replicaCount")),
            ("replicasCount", Some("replicaCount")),
            ("ingres", Some("ingress")),
            ("service", None),
            ("x", None),
            ("nme", Some("name")),
        ] {
            assert_eq!(nearest(wanted, names), expected, "{wanted}");
        }
    }

    #[test]
    fn distance_counts_what_has_to_be_changed() {
        assert_eq!(distance("kitten", "sitting", 9), Some(3));
        assert_eq!(distance("ab", "ba", 9), Some(1));
        assert_eq!(distance("A", "a", 9), Some(0));
        assert_eq!(distance("abc", "xyz", 2), None);
    }
}
