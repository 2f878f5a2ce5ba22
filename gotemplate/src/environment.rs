//! The world outside a rendering: chance and the clock. A host that wants the same output again gives its own.

use crate::{Error, Time};

/// Where functions get randomness and the time from.
pub trait Environment {
    /// Fills the bytes with randomness fit for keys.
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error>;

    /// The time now, in the zone that functions call local.
    fn now(&mut self) -> Time;
}

/// The operating system's randomness and clock, in UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Environment for System {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|error| Error::new(format!("reading randomness: {error}")))
    }

    fn now(&mut self) -> Time {
        jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)
    }
}

/// Pseudo-random bytes from a seed and a clock that stands still: for tests. Not for keys that are to be kept.
#[derive(Debug, Clone)]
pub struct Seeded {
    state: u64,
    now: Time,
}

impl Seeded {
    /// The same seed and time give the same output.
    pub fn new(seed: u64, now: Time) -> Self {
        Self { state: seed, now }
    }
}

impl Environment for Seeded {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(8) {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }

    fn now(&mut self) -> Time {
        self.now.clone()
    }
}
