//! DSA keys: of no use any more but that a chart may still ask for one.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;
use crypto_bigint::U256;
use crypto_primes::{Flavor, random_prime};
use num_bigint::BigUint;

use super::der::{Reader, integer, sequence};
use super::prime;

/// Products of small primes: what shares a factor with one of these is no prime.
const SMALL_PRIMES: [u32; 53] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
    227, 229, 233, 239, 241, 251,
];

/// Makes a key of 2048 and 256 bits, written as `OpenSSL` does.
pub(super) fn generate(generator: &mut ChaCha20Rng) -> Vec<u8> {
    let (q, p) = domain(generator);
    let one = BigUint::from(1_u32);
    let order = (&p - &one) / &q;
    // Two generates the group but for the rarest of cases; the next number does then.
    let base = (2_u32..1000)
        .map(|base| BigUint::from(base).modpow(&order, &p))
        .find(|base| *base != one)
        .unwrap_or(one);
    let private = below(generator, &q);
    let public = base.modpow(&private, &p);
    let mut parts = vec![integer(&[0])];
    parts.extend([&p, &q, &base, &public, &private].map(|number| integer(&number.to_bytes_be())));
    sequence(&parts)
}

/// Whether this is such a key.
pub(super) fn is_key(der: &[u8]) -> bool {
    let Some(mut fields) = Reader(der).sequence() else {
        return false;
    };
    (0..6).all(|_| fields.integer().is_some())
}

/// A prime of 256 bits, and one of 2048 bits that is a multiple of it and one.
fn domain(generator: &mut ChaCha20Rng) -> (BigUint, BigUint) {
    let q: U256 = random_prime(generator, Flavor::Any, 256);
    let q = BigUint::from_bytes_be(q.to_be_bytes().as_ref());
    let twice = &q * 2_u32;
    loop {
        let mut bytes = [0; 256];
        generator.fill_bytes(&mut bytes);
        bytes[0] |= 0x80;
        let random = BigUint::from_bytes_be(&bytes);
        let candidate = &random - &random % &twice + 1_u32;
        let divisible = |prime: &u32| (&candidate % *prime).bits() == 0;
        if candidate.bits() == 2048
            && !SMALL_PRIMES.iter().any(divisible)
            && prime::is_prime_2048(&candidate.to_bytes_be())
        {
            return (q, candidate);
        }
    }
}

/// A number from one up to but not including `limit`.
fn below(generator: &mut ChaCha20Rng, limit: &BigUint) -> BigUint {
    loop {
        let mut bytes = [0; 32];
        generator.fill_bytes(&mut bytes);
        let number = BigUint::from_bytes_be(&bytes);
        if number.bits() > 0 && number < *limit {
            return number;
        }
    }
}
