//! What a function may use of the rendering that calls it.

use std::any::Any;

use crate::limits::Meter;
use crate::{Environment, Error, Limits, Time};

/// The rendering, as its functions see it.
pub struct Context<'a> {
    meter: Meter,
    host: &'a mut dyn Any,
    environment: &'a mut dyn Environment,
}

impl<'a> Context<'a> {
    /// A context outside of any rendering: to call functions by themselves.
    pub fn new(limits: Limits, host: &'a mut dyn Any, environment: &'a mut dyn Environment) -> Self {
        Self {
            meter: Meter::new(limits),
            host,
            environment,
        }
    }

    /// The host's own state, given when the rendering was started.
    pub fn host<T: Any>(&mut self) -> Option<&mut T> {
        self.host.downcast_mut()
    }

    /// The limits of this rendering.
    pub fn limits(&self) -> &Limits {
        self.meter.limits()
    }

    /// Takes steps off the fuel: call it with the size of the work before doing it.
    #[inline]
    pub fn spend(&mut self, steps: u64) -> Result<(), Error> {
        self.meter.spend(steps)
    }

    /// Takes bytes off the memory, and fuel for making them: call it before making a value of a size that a template
    /// chooses.
    #[inline]
    pub fn allocate(&mut self, bytes: usize) -> Result<(), Error> {
        self.meter.allocate(bytes)
    }

    /// Fills the bytes with randomness.
    pub fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.environment.random(bytes)
    }

    /// The time now.
    pub fn now(&mut self) -> Time {
        self.environment.now()
    }
}
