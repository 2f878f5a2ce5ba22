//! Large primes.
//!
//! Nearly every candidate is composite, so most of the time goes into saying no. That is done here by Fermat's test to
//! base two, which needs no multiplication but squaring; what passes is then judged in earnest.

use std::num::NonZeroU32;

use chacha20::ChaCha20Rng;
use crypto_bigint::{Bounded, Encoding, Odd, RandomBits, RandomMod, U1024, U2048, UnsignedWithMontyForm};
use crypto_primes::hazmat::{SetBits, random_odd_integer};
use crypto_primes::{Flavor, is_prime};

use super::sieve::candidates;

/// A prime of 1024 bits, the two highest of them set; its bytes.
pub(super) fn of_1024_bits(generator: &mut ChaCha20Rng) -> Vec<u8> {
    search::<U1024, 16>(generator)
}

/// A prime of 2048 bits, the two highest of them set; its bytes.
pub(super) fn of_2048_bits(generator: &mut ChaCha20Rng) -> Vec<u8> {
    search::<U2048, 32>(generator)
}

/// A prime of so many words.
fn search<T, const WORDS: usize>(generator: &mut ChaCha20Rng) -> Vec<u8>
where
    T: UnsignedWithMontyForm + Bounded + Encoding + RandomBits + RandomMod,
{
    let bits = const { NonZeroU32::new(T::BITS).expect("some words") };
    loop {
        let Ok(start) = random_odd_integer::<T, _>(generator, bits, SetBits::TwoMsb) else {
            continue;
        };
        for candidate in candidates(start.get()) {
            let bytes = candidate.to_be_bytes();
            if may_be_prime::<WORDS>(bytes.as_ref()) && is_prime(Flavor::Any, &candidate) {
                return bytes.as_ref().to_vec();
            }
        }
    }
}

/// Whether a number of 2048 bits is prime.
pub(super) fn is_prime_2048(bytes: &[u8]) -> bool {
    if !may_be_prime::<32>(bytes) {
        return false;
    }
    let number = U2048::from_be_slice(bytes);
    Odd::new(number).is_some().into() && is_prime(Flavor::Any, &number)
}

type Words<const N: usize> = [u64; N];

/// Fermat's test to base two for an odd number that fills all its words: no is certain.
fn may_be_prime<const N: usize>(bytes: &[u8]) -> bool {
    let mut modulus = [0; N];
    for (word, bytes) in modulus.iter_mut().zip(bytes.as_rchunks::<8>().1.iter().rev()) {
        *word = u64::from_be_bytes(*bytes);
    }
    let inverse = negated_inverse(modulus[0]);
    // One, in Montgomery's form: the power of two behind the highest bit, less the modulus once.
    let mut one = [0; N];
    subtract(&mut one, &modulus);
    let mut power = one;
    for bit in (0..64 * N).rev() {
        power = square(&power, &modulus, inverse);
        let exponent_word = if bit < 64 {
            modulus[0] - 1
        } else {
            modulus[bit / 64]
        };
        if exponent_word >> (bit % 64) & 1 == 1 {
            double(&mut power, &modulus);
        }
    }
    power == one
}

/// The number that, multiplied by `word`, gives minus one in a word.
fn negated_inverse(word: u64) -> u64 {
    let newton = |inverse: u64| inverse.wrapping_mul(2_u64.wrapping_sub(word.wrapping_mul(inverse)));
    (0..6).fold(1, |inverse, _| newton(inverse)).wrapping_neg()
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a double word is cut into its two"
)]
fn multiply_add(sum: u64, left: u64, right: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(left) * u128::from(right) + u128::from(sum) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// The sum with a carry, and the next carry.
#[inline]
fn add(left: u64, right: u64, carry: bool) -> (u64, bool) {
    let (sum, over) = left.overflowing_add(right);
    let (sum, over_too) = sum.overflowing_add(u64::from(carry));
    (sum, over | over_too)
}

/// Subtracts and tells whether a word had to be borrowed.
fn subtract<const N: usize>(number: &mut Words<N>, other: &Words<N>) -> bool {
    let mut borrow = false;
    for (word, &other) in number.iter_mut().zip(other) {
        let (difference, under) = word.overflowing_sub(other);
        let (difference, under_too) = difference.overflowing_sub(u64::from(borrow));
        (*word, borrow) = (difference, under | under_too);
    }
    borrow
}

/// Brings a number with a carry below the modulus, which it exceeds once at most.
fn reduce<const N: usize>(number: &mut Words<N>, carry: bool, modulus: &Words<N>) {
    let mut reduced = *number;
    if !subtract(&mut reduced, modulus) || carry {
        *number = reduced;
    }
}

fn double<const N: usize>(number: &mut Words<N>, modulus: &Words<N>) {
    let mut carry = 0;
    for word in number.iter_mut() {
        (*word, carry) = (*word << 1 | carry, *word >> 63);
    }
    reduce(number, carry == 1, modulus);
}

/// The square in Montgomery's form. The slices are as long as each other, so that no place in them has to be checked.
fn square<const N: usize>(number: &Words<N>, modulus: &Words<N>, inverse: u64) -> Words<N> {
    let mut halves = product(number);
    let words = halves.as_flattened_mut();
    let mut overflow = false;
    for index in 0..N {
        // What is added makes the row's first word zero.
        let factor = words[index].wrapping_mul(inverse);
        let (row, above) = words[index..].split_at_mut(N);
        let mut carry = 0;
        for (sum, &word) in row.iter_mut().zip(modulus) {
            (*sum, carry) = multiply_add(*sum, factor, word, carry);
        }
        (above[0], overflow) = add(above[0], carry, overflow);
    }
    let [_, mut high] = halves;
    reduce(&mut high, overflow, modulus);
    high
}

/// The square in two halves: each product of two different words once, doubled, and the squares of the words.
fn product<const N: usize>(number: &Words<N>) -> [Words<N>; 2] {
    let mut halves = [[0; N]; 2];
    let words = halves.as_flattened_mut();
    for (first, &factor) in number.iter().enumerate() {
        let others = &number[first + 1..];
        let (row, above) = words[2 * first + 1..].split_at_mut(others.len());
        let mut carry = 0;
        for (sum, &word) in row.iter_mut().zip(others) {
            (*sum, carry) = multiply_add(*sum, factor, word, carry);
        }
        above[0] = carry;
    }
    let (mut top, mut carry) = (0, false);
    for (pair, &word) in words.as_chunks_mut::<2>().0.iter_mut().zip(number) {
        let [low, high] = *pair;
        let square = multiply_add(0, word, word, 0);
        (pair[0], carry) = add(low << 1 | top, square.0, carry);
        (pair[1], carry) = add(high << 1 | low >> 63, square.1, carry);
        top = high >> 63;
    }
    halves
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_quick_test_agrees_with_the_thorough_one() {
        let mut generator = ChaCha20Rng::from_seed([7; 32]);
        let bits = NonZeroU32::new(1024).expect("not zero");
        let mut primes = 0;
        while primes < 1 {
            let start = random_odd_integer::<U1024, _>(&mut generator, bits, SetBits::TwoMsb).expect("fits");
            for candidate in candidates(start.get()).take(60) {
                let prime = is_prime(Flavor::Any, &candidate);
                assert_eq!(may_be_prime::<16>(candidate.to_be_bytes().as_ref()), prime);
                primes += usize::from(prime);
            }
        }
    }
}
