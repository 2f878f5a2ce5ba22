//! Hashing of names that come from templates: quick, and with keys that no template knows, so that none can choose
//! names that collide.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes hashers that share two keys drawn at random.
#[derive(Clone)]
pub(crate) struct Keyed([u64; 2]);

/// Multiplies and folds sixteen bytes at a time.
pub(crate) struct Folding {
    state: u64,
    key: u64,
}

impl Default for Keyed {
    fn default() -> Self {
        let random = RandomState::new();
        Self([0_u8, 1].map(|number| random.hash_one(number)))
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folding;

    #[inline]
    fn build_hasher(&self) -> Folding {
        let [state, key] = self.0;
        Folding { state, key }
    }
}

impl Folding {
    #[inline]
    fn mix(&mut self, first: u64, second: u64) {
        let product = u128::from(first ^ self.state) * u128::from(second ^ self.key);
        let [low, high] = [product, product >> 64].map(|half| half & u128::from(u64::MAX));
        self.state = u64::try_from(low ^ high).unwrap_or_default();
    }
}

impl Hasher for Folding {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<16>();
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        let full = blocks.iter();
        for block in full.chain((!rest.is_empty()).then_some(&last)) {
            let (words, _) = block.as_chunks::<8>();
            self.mix(u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
        }
    }

    /// The length of a name.
    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64, 0);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_get_hashes_of_their_own_in_all_bits() {
        let keyed = Keyed::default();
        let names: Vec<Vec<u8>> = (0..2_000)
            .map(|number| format!("chart.labels{}{number}", "x".repeat(number % 40)).into_bytes())
            .collect();
        let hashes: Vec<u64> = names.iter().map(|name| keyed.hash_one(name)).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), names.len());
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
            assert!((800..1_200).contains(&set), "bit {bit} is set {set} times");
        }
        assert_eq!(keyed.hash_one(&names[7]), keyed.clone().hash_one(&names[7]));
    }

    #[test]
    fn hashes_differ_with_the_keys() {
        let [first, second] = [Keyed::default(), Keyed::default()].map(|keyed| keyed.hash_one(b"labels"));
        assert_ne!(first, second);
    }
}
