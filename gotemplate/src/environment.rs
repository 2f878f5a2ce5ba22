//! The world outside a rendering: randomness and the clock. A host that wants the same output again gives its own.

use crate::{Error, Str, Time};

/// Where functions get randomness and the time from.
pub trait Environment {
    /// A function whose results differ from call to call is about to ask.
    fn calling(&mut self, _occasion: &Occasion<'_>) {}

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

/// A call of a function whose results differ from call to call.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The function.
    pub function: &'static str,
    /// The templates that are being executed, the outermost first.
    pub trail: &'a [Step],
}

/// A template that is being executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub template: Str,
    /// Where in its text the call is that it waits for: bytes before it.
    pub position: u32,
}
