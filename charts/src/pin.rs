//! What a release keeps so that chance and the clock give its templates the same again.

use std::fmt;
use std::str::FromStr;

use gotemplate::Pinned;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The seed of a render's random functions, and the time that its clock shows.
///
/// Its text, `<time> <seed>`, can be kept and parsed again. Who knows the seed knows the passwords and keys that the
/// templates made: keep it where those may be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin {
    now: Timestamp,
    seed: [u8; 32],
}

/// Why there is no pin.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PinError {
    /// The system gives no randomness.
    #[error("take a seed: {0}")]
    Randomness(String),
    /// A text that is none of ours.
    #[error("not a pin: expected a time and 64 hexadecimal digits")]
    Text,
}

impl Pin {
    /// A seed that nobody can guess.
    pub fn random(now: Timestamp) -> Result<Self, PinError> {
        use gotemplate::Environment as _;
        let mut seed = [0; 32];
        let filled = gotemplate::System.random(&mut seed);
        filled.map_err(|error| PinError::Randomness(error.to_string()))?;
        Ok(Self { now, seed })
    }

    /// A seed that follows from a text: as secret as the text is.
    pub fn of_text(text: &str, now: Timestamp) -> Self {
        Self {
            now,
            seed: Sha256::digest(text).into(),
        }
    }

    pub(crate) fn environment(&self) -> Pinned {
        Pinned::new(self.seed, self.now.to_zoned(TimeZone::UTC))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.now, hex::encode(self.seed))
    }
}

impl fmt::Debug for Pin {
    /// Without the seed: it must not get into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (now, digits) = text.split_once(' ').ok_or(PinError::Text)?;
        let mut seed = [0; 32];
        hex::decode_to_slice(digits, &mut seed).map_err(|_| PinError::Text)?;
        let now = now.parse().map_err(|_| PinError::Text)?;
        Ok(Self { now, seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_gives_it_again() {
        let pin = Pin::random(Timestamp::now()).unwrap();
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for wrong in [
            "",
            "now",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z 00ff",
            "now 00",
        ] {
            assert_eq!(wrong.parse::<Pin>(), Err(PinError::Text), "{wrong}");
        }
    }

    #[test]
    fn its_seed_is_not_shown_in_logs() {
        let pin = Pin::of_text("secret", Timestamp::UNIX_EPOCH);
        let digits = pin.to_string()[21..].to_owned();
        assert_eq!(digits.len(), 64);
        assert!(!format!("{pin:?}").contains(&digits));
    }
}
