//! What a rendering may use. Templates come from outside: each of these ends a hostile one with an error.

use crate::Error;

/// The most that one execution may use, with all templates and functions it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps: one for each node, iteration, command, argument and field, and one for each 64 bytes that a function makes
    /// or reads.
    pub fuel: u64,
    /// Bytes of output, of the whole and of each piece that is kept in memory.
    pub output: usize,
    /// Bytes that values made by functions may take, in sum; what is freed again counts too.
    pub memory: usize,
    /// Templates within templates.
    pub depth: usize,
}

/// Enough for the largest public charts a hundred times over; about a minute and two gigabytes at worst.
impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 1_000_000_000,
            output: 512 << 20,
            memory: 2 << 30,
            depth: 20_000,
        }
    }
}

/// What is left of the limits.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    fuel: u64,
    memory: usize,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            fuel: limits.fuel,
            memory: limits.memory,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn left(&self) -> u64 {
        self.fuel
    }

    #[inline]
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), Error> {
        match self.fuel.checked_sub(steps) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(out_of(format_args!("fuel: more than {} steps", self.limits.fuel))),
        }
    }

    #[inline]
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<(), Error> {
        self.check_room(bytes)?;
        self.memory -= bytes;
        self.spend(bytes as u64 / 64)
    }

    /// An error if so many bytes could not be allocated.
    #[inline]
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.memory {
            let most = self.limits.memory;
            return Err(out_of(format_args!("memory: more than {most} bytes")));
        }
        Ok(())
    }
}

#[cold]
pub(crate) fn out_of(what: std::fmt::Arguments<'_>) -> Error {
    Error::limit(format!("rendering ran out of {what}"))
}
