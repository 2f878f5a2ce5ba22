//! Chance and a clock that give the same again, call by call.

use std::collections::HashMap;
use std::fmt;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};

use crate::environment::Occasion;
use crate::{Environment, Error, Time};

/// Randomness from a seed, and a clock that stands still: the same templates with the same data give the same output.
///
/// Each call draws from a stream of its own, which follows from the seed, the function, the place of the call in the
/// templates and how often that place was passed before. So a call that falls away, say because what it made is
/// already there, leaves the results of all others as they were. With a secret seed the results are fit for keys.
pub struct Pinned {
    seed: [u8; 32],
    now: Time,
    stream: ChaCha20Rng,
    passed: HashMap<[u8; 32], u64>,
}

impl Pinned {
    /// The same seed and time give the same results.
    pub fn new(seed: [u8; 32], now: Time) -> Self {
        Self {
            seed,
            now,
            stream: ChaCha20Rng::from_seed(seed),
            passed: HashMap::new(),
        }
    }
}

impl fmt::Debug for Pinned {
    /// Without the seed: it must not get into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Environment for Pinned {
    fn calling(&mut self, occasion: &Occasion<'_>) {
        let place = place(occasion);
        let passed = self.passed.entry(place).or_default();
        let seed = Sha256::new()
            .chain_update(self.seed)
            .chain_update(place)
            .chain_update(passed.to_le_bytes())
            .finalize();
        *passed += 1;
        self.stream = ChaCha20Rng::from_seed(seed.into());
    }

    fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.stream.fill_bytes(bytes);
        Ok(())
    }

    fn now(&mut self) -> Time {
        self.now.clone()
    }
}

fn place(occasion: &Occasion<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        // The length in front: two names cannot be taken for one another.
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(occasion.function.as_bytes());
    for step in occasion.trail {
        add(step.template.as_bytes());
        add(&step.position.to_le_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Functions, Limits, Map, Templates, Value, sprig};

    const TEXT: &str = r#"
        {{- define "word" }}{{ randAlphaNum 8 }}{{ end }}
        {{- if .first }}{{ template "word" }}{{ end }},
        {{- range .rest }}{{ template "word" }} {{ end }},
        {{- randAlphaNum 8 }} {{ randNumeric 8 }} {{ uuidv4 }} {{ now | unixEpoch -}}"#;

    fn rendered(seed: u8, first: bool) -> Vec<String> {
        let mut templates = Templates::new("page", Functions::new(sprig::FUNCTIONS));
        templates.parse("page", TEXT).unwrap();
        let rest = vec![Value::Nil; 2];
        let data = Map::from([("first", Value::from(first)), ("rest", rest.into())]);
        let now = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
        let mut pinned = Pinned::new([seed; 32], now);
        let text = templates
            .context(Limits::default(), &mut (), &mut pinned)
            .execute("page", data)
            .unwrap();
        text.to_text()
            .split(',')
            .map(|part| part.trim().to_owned())
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_and_another_seed_another() {
        assert_eq!(rendered(1, true), rendered(1, true));
        let (one, other) = (rendered(1, true), rendered(2, true));
        assert!(one.iter().zip(&other).all(|(one, other)| one != other), "{one:?}");
    }

    #[test]
    fn each_call_has_results_of_its_own() {
        let [first, rest, words] = <[String; 3]>::try_from(rendered(1, true)).unwrap();
        let mut all: Vec<&str> = rest.split(' ').chain(words.split(' ')).collect();
        all.push(&first);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{all:?}");
    }

    #[test]
    fn a_call_that_falls_away_changes_no_other() {
        assert_eq!(rendered(1, true)[1..], rendered(1, false)[1..]);
    }
}
