//! Hashes, passwords, randomness, keys and certificates.

pub(super) mod aes;
pub(super) mod certificate;
mod der;
mod dsa;
pub(super) mod hash;
mod key;
pub(super) mod password;
mod pem;
mod prime;
pub(super) mod random;
mod rsa;
mod sieve;
mod x509;
