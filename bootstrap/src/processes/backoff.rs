//! How long to wait before a process is started again.

use std::time::Duration;

/// The first delay: a single crash costs nearly nothing.
const FIRST: Duration = Duration::from_millis(250);
/// The longest delay: a person who repairs the cause does not wait longer than this.
const LONGEST: Duration = Duration::from_secs(30);
/// A process that ran this long was healthy: the next crash is a new story.
const HEALTHY: Duration = Duration::from_mins(1);

/// Growing delays, forgotten after a healthy while.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    crashes: u32,
}

impl Backoff {
    /// The delay after a run of `ran`.
    pub(crate) fn after(&mut self, ran: Duration) -> Duration {
        if ran >= HEALTHY {
            self.crashes = 0;
        }
        let delay = FIRST
            .saturating_mul(2_u32.saturating_pow(self.crashes))
            .min(LONGEST);
        self.crashes = self.crashes.saturating_add(1);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let delays: Vec<u128> = (0..9)
            .map(|_| backoff.after(Duration::ZERO).as_millis())
            .collect();
        assert_eq!(delays, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        for _ in 0..100 {
            assert_eq!(backoff.after(Duration::ZERO), LONGEST);
        }
    }

    #[test]
    fn a_healthy_while_is_a_new_beginning() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.after(Duration::ZERO);
        }
        assert_eq!(backoff.after(HEALTHY), FIRST);
    }
}
