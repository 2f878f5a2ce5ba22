//! RSA keys: made, read, written, and used to sign.

use chacha20::ChaCha20Rng;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use num_bigint::{BigInt, BigUint, Sign};
use sha2::{Digest, Sha256};

use super::der::{Reader, integer, sequence};
use super::prime;

const EXPONENT: u32 = 65_537;

/// A private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    modulus: BigUint,
    exponent: BigUint,
    private: BigUint,
    primes: [BigUint; 2],
}

/// How large a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Bits2048,
    Bits4096,
}

impl Key {
    /// Makes a key. The two primes are looked for at the same time.
    pub(super) fn generate(size: Size, generators: [ChaCha20Rng; 2]) -> Self {
        let [mut first, mut second] = generators;
        let search = match size {
            Size::Bits2048 => prime::of_1024_bits,
            Size::Bits4096 => prime::of_2048_bits,
        };
        loop {
            let (p, q) = std::thread::scope(|scope| {
                let other = scope.spawn(|| search(&mut second));
                let one = search(&mut first);
                (one, other.join())
            });
            let Ok(q) = q else { continue };
            if let Some(key) = Self::of_primes([BigUint::from_bytes_be(&p), BigUint::from_bytes_be(&q)]) {
                return key;
            }
        }
    }

    fn of_primes(primes: [BigUint; 2]) -> Option<Self> {
        let [p, q] = &primes;
        if p == q {
            return None;
        }
        let exponent = BigUint::from(EXPONENT);
        let (p_less, q_less) = (p - 1_u32, q - 1_u32);
        let order = &p_less / greatest_common_divisor(&p_less, &q_less) * &q_less;
        let private = inverse(&exponent, &order)?;
        Some(Self {
            modulus: p * q,
            exponent,
            private,
            primes,
        })
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        let [p, q] = &self.primes;
        let coefficient = inverse(q, p).unwrap_or_default();
        let (p_exponent, q_exponent) = (&self.private % (p - 1_u32), &self.private % (q - 1_u32));
        let numbers = [
            &self.modulus,
            &self.exponent,
            &self.private,
            p,
            q,
            &p_exponent,
            &q_exponent,
            &coefficient,
        ];
        let mut parts = vec![integer(&[0])];
        parts.extend(numbers.map(|number| integer(&number.to_bytes_be())));
        sequence(&parts)
    }

    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let mut fields = Reader(der).sequence()?;
        if !fields.integer()?.is_empty() {
            return None;
        }
        let mut number = || fields.integer().map(BigUint::from_bytes_be);
        let (modulus, exponent, private) = (number()?, number()?, number()?);
        let primes = [number()?, number()?];
        let fits =
            modulus == &primes[0] * &primes[1] && modulus.bit(0) && (1024..=16_384).contains(&modulus.bits());
        fits.then_some(Self {
            modulus,
            exponent,
            private,
            primes,
        })
    }

    /// The public key alone.
    pub(super) fn public_der(&self) -> Vec<u8> {
        sequence(&[
            integer(&self.modulus.to_bytes_be()),
            integer(&self.exponent.to_bytes_be()),
        ])
    }

    /// A signature over the SHA-256 of a message, with PKCS #1's older padding.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        /// What names SHA-256 before its bytes.
        const PREFIX: [u8; 19] = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
            0x00, 0x04, 0x20,
        ];
        let length = usize::try_from(self.modulus.bits().div_ceil(8)).ok()?;
        let hash = [&PREFIX[..], &Sha256::digest(message)].concat();
        let mut padded = vec![0xff; length];
        padded[..2].copy_from_slice(&[0, 1]);
        let start = length - hash.len();
        padded[start - 1] = 0;
        padded[start..].copy_from_slice(&hash);
        let signature = self.raise(&padded, length)?;
        // A fault in the calculation must not give away the key.
        let check = BigUint::from_bytes_be(&signature).modpow(&self.exponent, &self.modulus);
        (check == BigUint::from_bytes_be(&padded)).then_some(signature)
    }

    /// The message to the power of the private exponent, in a time that does not depend on it.
    fn raise(&self, message: &[u8], length: usize) -> Option<Vec<u8>> {
        let bits = u32::try_from(length).ok()? * 8;
        let number = |bytes: &[u8]| {
            let mut filled = vec![0; length.checked_sub(bytes.len())?];
            filled.extend_from_slice(bytes);
            BoxedUint::from_be_slice(&filled, bits).ok()
        };
        let modulus = Odd::new(number(&self.modulus.to_bytes_be())?).into_option()?;
        let parameters = BoxedMontyParams::new(modulus);
        let power =
            BoxedMontyForm::new(number(message)?, &parameters).pow(&number(&self.private.to_bytes_be())?);
        let bytes = power.retrieve().to_be_bytes();
        bytes.get(bytes.len().checked_sub(length)?..).map(<[u8]>::to_vec)
    }
}

fn greatest_common_divisor(left: &BigUint, right: &BigUint) -> BigUint {
    let (mut left, mut right) = (left.clone(), right.clone());
    while right.bits() > 0 {
        (left, right) = (right.clone(), left % right);
    }
    left
}

/// The number that times `number` is one.
pub(super) fn inverse(number: &BigUint, modulus: &BigUint) -> Option<BigUint> {
    let modulus = BigInt::from(modulus.clone());
    let (mut before, mut now) = (modulus.clone(), BigInt::from(number.clone()));
    let (mut before_factor, mut factor) = (BigInt::from(0), BigInt::from(1));
    while now.sign() != Sign::NoSign {
        let quotient = &before / &now;
        let next = &before - &quotient * &now;
        (before, now) = (now, next);
        let next = &before_factor - &quotient * &factor;
        (before_factor, factor) = (factor, next);
    }
    if before != BigInt::from(1) {
        return None;
    }
    let positive = ((before_factor % &modulus) + &modulus) % &modulus;
    positive.to_biguint()
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_key_signs_and_survives_its_der() {
        let generators = [1, 2].map(|seed| ChaCha20Rng::from_seed([seed; 32]));
        let key = Key::generate(Size::Bits2048, generators);
        assert_eq!(key.modulus.bits(), 2048);
        assert_eq!(Key::from_der(&key.to_der()).as_ref(), Some(&key));
        assert_eq!(key.sign(b"message").expect("signs").len(), 256);
    }
}
