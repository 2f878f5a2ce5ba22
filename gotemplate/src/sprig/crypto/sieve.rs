//! Odd numbers without small factors: what is worth being tested for a prime.

use std::iter;
use std::sync::LazyLock;

use crypto_bigint::{Limb, NonZero, Unsigned};

/// The factors looked for are below this: more of them would take longer than the tests that they save.
const BOUND: usize = 1 << 18;

/// How many odd numbers are looked at together; most windows have a prime of 2048 bits.
const WINDOW: usize = 1 << 11;

static ODD_PRIMES: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let mut composite = vec![false; BOUND / 2];
    let mut primes = Vec::new();
    for number in (3..BOUND).step_by(2) {
        if !composite[number / 2] {
            primes.push(number);
            mark(&mut composite, number * number / 2, number);
        }
    }
    primes
});

fn mark(composite: &mut [bool], first: usize, step: usize) {
    composite
        .iter_mut()
        .skip(first)
        .step_by(step)
        .for_each(|mark| *mark = true);
}

/// The numbers without small factors from an odd one on, which is larger than those, as far as they fit.
pub(super) fn candidates<T: Unsigned>(start: T) -> impl Iterator<Item = T> {
    let ahead = |from: &T, half: usize| from.checked_add(&T::from(2 * half as u64)).into_option();
    iter::successors(Some(start), move |start| ahead(start, WINDOW)).flat_map(move |start| {
        let composite = composite(&start);
        let halves = (0..WINDOW).filter(move |half| !composite[*half]);
        halves.filter_map(move |half| ahead(&start, half))
    })
}

/// Which of the odd numbers from this one on have a small factor.
fn composite<T: Unsigned>(start: &T) -> Vec<bool> {
    let mut composite = vec![false; WINDOW];
    // Three primes fit into a word: one long division for all of them.
    for primes in ODD_PRIMES.chunks(3) {
        let product = NonZero::new(Limb(primes.iter().map(|&prime| prime as u64).product()));
        let remainder = product.into_option().map(|product| start.rem_limb(product).0);
        let remainder = remainder.and_then(|remainder| usize::try_from(remainder).ok());
        for &prime in primes {
            let missing = (prime - remainder.unwrap_or_default() % prime) % prime;
            // The next multiple may be even; then the one behind it is odd.
            let first = if missing.is_multiple_of(2) {
                missing
            } else {
                missing + prime
            };
            mark(&mut composite, first / 2, prime);
        }
    }
    composite
}

#[cfg(test)]
mod tests {
    use crypto_bigint::U1024;

    use super::*;

    #[test]
    fn only_numbers_without_small_factors_are_left() {
        let start = U1024::from(1_000_000_000_001_u64);
        let numbers = || (0..2 * WINDOW as u64).map(|half| 1_000_000_000_001 + 2 * half);
        let has_factor = |number: u64| {
            ODD_PRIMES
                .iter()
                .any(|&prime| number.is_multiple_of(prime as u64))
        };
        let expected: Vec<_> = numbers()
            .filter(|&number| !has_factor(number))
            .map(U1024::from)
            .collect();
        let found: Vec<_> = candidates(start).take(expected.len()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn they_end_where_the_numbers_do() {
        let start = U1024::MAX.wrapping_sub(&U1024::from(2 * WINDOW as u64));
        assert!(candidates(start).all(|number| number >= start));
    }
}
