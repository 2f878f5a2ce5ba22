//! Private keys of every kind that charts make or bring along.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;
use ed25519_dalek::Signer;

use super::der::{Reader, bit_string, element, integer, sequence, tag};
use super::{dsa, pem, rsa};

/// Names of algorithms and curves, as DER has them.
mod object {
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    pub(super) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    pub(super) const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    pub(super) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    pub(super) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// A private key.
pub(super) enum PrivateKey {
    Rsa(rsa::Key),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    /// Kept as it came: it signs nothing.
    Dsa(Vec<u8>),
}

fn named(object: &[u8]) -> Vec<u8> {
    element(tag::OBJECT, object)
}

fn null() -> Vec<u8> {
    element(tag::NULL, &[])
}

impl PrivateKey {
    pub(super) fn generate_p256(generator: &mut ChaCha20Rng) -> Self {
        loop {
            let mut bytes = [0; 32];
            generator.fill_bytes(&mut bytes);
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
                return Self::P256(key);
            }
        }
    }

    pub(super) fn generate_ed25519(generator: &mut ChaCha20Rng) -> Self {
        let mut bytes = [0; 32];
        generator.fill_bytes(&mut bytes);
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&bytes))
    }

    /// Reads the first block of a text; the error has the words of Sprig and Go.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        if block.label == "PRIVATE KEY" {
            return Self::from_pkcs8(&block.bytes).ok_or_else(|| {
                "decoding PEM as PKCS#8: asn1: structure error: malformed private key".to_owned()
            });
        }
        let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
            return Err(format!(
                "no private key data in PEM block of type {}",
                block.label
            ));
        };
        let malformed =
            |kind: &str| format!("parsing {kind} private key from PEM: asn1: structure error: malformed key");
        match kind {
            "RSA" => rsa::Key::from_der(&block.bytes)
                .map(Self::Rsa)
                .ok_or_else(|| malformed(kind)),
            "EC" => Self::from_sec1(&block.bytes, None).ok_or_else(|| malformed(kind)),
            "DSA" if dsa::is_key(&block.bytes) => Ok(Self::Dsa(block.bytes)),
            "DSA" => Err(malformed(kind)),
            _ => Err(format!("invalid private key type {kind}")),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let mut fields = Reader(der).sequence()?;
        fields.integer()?;
        let mut algorithm = fields.sequence()?;
        let key = fields.expect(tag::OCTET_STRING)?;
        match algorithm.expect(tag::OBJECT)? {
            object::RSA => rsa::Key::from_der(key).map(Self::Rsa),
            object::ELLIPTIC => Self::from_sec1(key, algorithm.expect(tag::OBJECT)),
            object::ED25519 => {
                let seed = Reader(key).expect(tag::OCTET_STRING)?.try_into().ok()?;
                Some(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed)))
            }
            _ => None,
        }
    }

    fn from_sec1(der: &[u8], curve: Option<&[u8]>) -> Option<Self> {
        let mut fields = Reader(der).sequence()?;
        fields.integer()?;
        let bytes = fields.expect(tag::OCTET_STRING)?;
        let own_curve = fields
            .expect(0xa0)
            .and_then(|content| Reader(content).expect(tag::OBJECT));
        let filled = |length: usize| {
            let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
            let digits = &bytes[zeros..];
            let mut filled = vec![0; length.checked_sub(digits.len())?];
            filled.extend_from_slice(digits);
            Some(filled)
        };
        match curve.or(own_curve)? {
            object::P256 => p256::ecdsa::SigningKey::from_slice(&filled(32)?)
                .ok()
                .map(Self::P256),
            object::P384 => p384::ecdsa::SigningKey::from_slice(&filled(48)?)
                .ok()
                .map(Self::P384),
            _ => None,
        }
    }

    pub(super) fn to_pem(&self) -> String {
        match self {
            Self::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_der()),
            Self::Dsa(der) => pem::encode("DSA PRIVATE KEY", der),
            Self::P256(key) => pem::encode(
                "EC PRIVATE KEY",
                &sec1(&key.to_bytes(), object::P256, &self.public_bytes()),
            ),
            Self::P384(key) => pem::encode(
                "EC PRIVATE KEY",
                &sec1(&key.to_bytes(), object::P384, &self.public_bytes()),
            ),
            Self::Ed25519(key) => {
                let seed = element(tag::OCTET_STRING, &key.to_bytes());
                let parts = [
                    integer(&[0]),
                    sequence(&[named(object::ED25519)]),
                    element(tag::OCTET_STRING, &seed),
                ];
                pem::encode("PRIVATE KEY", &sequence(&parts))
            }
        }
    }

    /// The public key as a certificate holds it, within its envelope.
    pub(super) fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.public_der(),
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Dsa(_) => Vec::new(),
        }
    }

    /// The public key with its algorithm; none for a kind that no certificate holds.
    pub(super) fn public_der(&self) -> Option<Vec<u8>> {
        let algorithm = match self {
            Self::Rsa(_) => sequence(&[named(object::RSA), null()]),
            Self::P256(_) => sequence(&[named(object::ELLIPTIC), named(object::P256)]),
            Self::P384(_) => sequence(&[named(object::ELLIPTIC), named(object::P384)]),
            Self::Ed25519(_) => sequence(&[named(object::ED25519)]),
            Self::Dsa(_) => return None,
        };
        Some(sequence(&[algorithm, bit_string(&self.public_bytes())]))
    }

    /// The algorithm that this key signs with.
    pub(super) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Rsa(_) => sequence(&[named(object::RSA_SHA256), null()]),
            Self::P256(_) => sequence(&[named(object::ECDSA_SHA256)]),
            Self::P384(_) => sequence(&[named(object::ECDSA_SHA384)]),
            Self::Ed25519(_) => sequence(&[named(object::ED25519)]),
            Self::Dsa(_) => return None,
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let pair = |bytes: &[u8]| {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            sequence(&[integer(first), integer(second)])
        };
        match self {
            Self::Rsa(key) => key.sign(message),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Some(pair(&signature.to_bytes()))
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                Some(pair(&signature.to_bytes()))
            }
            Self::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
            Self::Dsa(_) => None,
        }
    }
}

/// A key of an elliptic curve.
fn sec1(private: &[u8], curve: &[u8], public: &[u8]) -> Vec<u8> {
    sequence(&[
        integer(&[1]),
        element(tag::OCTET_STRING, private),
        element(0xa0, &named(curve)),
        element(0xa1, &bit_string(public)),
    ])
}
