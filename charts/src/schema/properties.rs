//! The properties that a schema names, found by name.

/// Names and what they lead to, in the order of the names.
#[derive(Default)]
pub(super) struct Properties<'a> {
    sorted: Vec<(&'a str, usize)>,
    /// A bit for each length and first byte that occurs: most names that are asked for are not there.
    lengths: u64,
    firsts: u64,
}

impl<'a> Properties<'a> {
    pub(super) fn new(mut named: Vec<(&'a str, usize)>) -> Self {
        named.sort_by_key(|(name, _)| *name);
        let bits = |bit: fn(&str) -> u64| named.iter().fold(0, |bits, (name, _)| bits | bit(name));
        Self {
            lengths: bits(length_bit),
            firsts: bits(first_bit),
            sorted: named,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<usize> {
        if self.lengths & length_bit(name) == 0 || self.firsts & first_bit(name) == 0 {
            return None;
        }
        let place = self.sorted.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(self.sorted[place].1)
    }
}

fn length_bit(name: &str) -> u64 {
    1 << (name.len() % 64)
}

fn first_bit(name: &str) -> u64 {
    1 << (name.bytes().next().unwrap_or_default() % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_order_and_length() {
        let long = "x".repeat(65);
        let properties = Properties::new(vec![("b", 1), ("", 2), ("a", 3), (&long, 4)]);
        for (name, expected) in [
            ("a", Some(3)),
            ("b", Some(1)),
            ("", Some(2)),
            (&long, Some(4)),
            ("c", None),
            ("x", None),
        ] {
            assert_eq!(properties.get(name), expected, "{name}");
        }
        assert_eq!(Properties::default().get(""), None);
    }
}
