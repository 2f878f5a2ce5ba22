//! The CAs: read, or made where there is none at all. An existing one is never written over.

use anyhow::{Context, Result};
use rcgen::{Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;
use time::OffsetDateTime;

use super::catalog::Authority;
use super::decide::is_key_of;
use super::files::read_optional;
use super::inspect::{Inspected, inspect};
use super::issue::{self, Pair, Signer};
use crate::layout::Layout;
use crate::plan::File;

/// A CA that is not to be used, and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum InvalidAuthority {
    #[error(
        "CA {name} is only half there: {missing} is missing; put it back from a backup. (Without it the cluster \
         cannot go on; removing the other half too makes a new CA, and every certificate of the old one void.)"
    )]
    Half { name: &'static str, missing: String },
    #[error("CA {name} cannot be read: {path} holds no certificate; put it back from a backup")]
    NoCertificate { name: &'static str, path: String },
    #[error("CA {name} cannot sign: its certificate is not that of a CA")]
    NoAuthority { name: &'static str },
    #[error(
        "CA {name} cannot sign: its key is not in PKCS#8 (`openssl pkcs8 -topk8 -nocrypt` makes it so), or is \
         not the key of its certificate"
    )]
    OtherKey { name: &'static str },
    #[error("the clock is wrong: it says {now}, and CA {name} was made to begin at {begin}; set the clock")]
    ClockBehind {
        name: &'static str,
        now: String,
        begin: String,
    },
    #[error("CA {name} expired at {end}; nothing it signed is believed any more, so it must be replaced")]
    Expired { name: &'static str, end: String },
}

/// A CA that can sign now.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) pair: Pair,
    /// The certificate that signs: the first of the file.
    pub(crate) certificate: Inspected,
}

impl Known {
    /// Checks a CA as it was read.
    pub(crate) fn read(
        authority: Authority,
        pair: Pair,
        now: OffsetDateTime,
    ) -> Result<Self, InvalidAuthority> {
        let name = authority.name();
        let certificate = inspect(&pair.certificate).ok_or_else(|| InvalidAuthority::NoCertificate {
            name,
            path: format!("{name}.crt"),
        })?;
        if !certificate.is_authority {
            return Err(InvalidAuthority::NoAuthority { name });
        }
        if !is_key_of(&pair.key, &certificate) {
            return Err(InvalidAuthority::OtherKey { name });
        }
        if now < certificate.not_before {
            return Err(InvalidAuthority::ClockBehind {
                name,
                now: now.to_string(),
                begin: certificate.not_before.to_string(),
            });
        }
        if now >= certificate.not_after {
            return Err(InvalidAuthority::Expired {
                name,
                end: certificate.not_after.to_string(),
            });
        }
        Ok(Self { pair, certificate })
    }

    /// What it takes to sign.
    pub(crate) fn signer(&self) -> Result<Signer> {
        let key = std::str::from_utf8(&self.pair.key).context("read a CA's key")?;
        let key = KeyPair::from_pem(key).context("read a CA's key")?;
        let der = CertificateDer::from(self.certificate.der.as_slice());
        let issuer = Issuer::from_ca_cert_der(&der, key).context("read a CA's certificate")?;
        Ok(Signer {
            issuer,
            chain: if self.certificate.is_root {
                Vec::new()
            } else {
                self.intermediates()
            },
            not_after: self.certificate.not_after,
        })
    }

    /// The file's certificates but for the root, which every peer has or does not trust anyway.
    fn intermediates(&self) -> Vec<u8> {
        CertificateDer::pem_slice_iter(&self.pair.certificate)
            .filter_map(Result::ok)
            .map(|der| pem("CERTIFICATE", &der))
            .filter(|text| inspect(text.as_bytes()).is_some_and(|certificate| !certificate.is_root))
            .collect::<String>()
            .into_bytes()
    }
}

/// DER as PEM.
fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|start| &text[start..(start + 64).min(text.len())])
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// What is on disk of a CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    None,
    Whole,
}

/// Both halves or none: half a CA is a loss that nobody may paper over.
pub(crate) fn presence(
    name: &'static str,
    certificate: bool,
    key: bool,
) -> Result<Presence, InvalidAuthority> {
    let half = |missing: &str| InvalidAuthority::Half {
        name,
        missing: format!("{name}.{missing}"),
    };
    match (certificate, key) {
        (true, true) => Ok(Presence::Whole),
        (false, false) => Ok(Presence::None),
        (true, false) => Err(half("key")),
        (false, true) => Err(half("crt")),
    }
}

/// Reads every CA, or makes those that are not there; their files go to `made`.
pub(crate) fn prepare(
    layout: &Layout,
    now: OffsetDateTime,
    made: &mut Vec<File>,
) -> Result<Vec<(Authority, Known)>> {
    let mut known = Vec::new();
    for authority in Authority::ALL {
        let name = authority.name();
        let certificate = read_optional(&layout.tls_certificate(name))?;
        let key = read_optional(&layout.tls_key(name))?;
        let pair = match presence(name, certificate.is_some(), key.is_some())? {
            Presence::None => {
                let pair = issue::authority(authority, now)?;
                made.extend(files(layout, name, &pair));
                pair
            }
            Presence::Whole => Pair {
                certificate: certificate.unwrap_or_default(),
                key: key.unwrap_or_default(),
            },
        };
        known.push((authority, Known::read(authority, pair, now)?));
    }
    Ok(known)
}

/// The key first: a certificate without its key is what a power cut must not leave.
fn files(layout: &Layout, name: &str, pair: &Pair) -> [File; 2] {
    [
        File {
            path: layout.tls_key(name),
            mode: 0o600,
            owner: 0,
            content: pair.key.clone(),
        },
        File {
            path: layout.tls_certificate(name),
            mode: 0o644,
            owner: 0,
            content: pair.certificate.clone(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn read(pair: Pair, now: OffsetDateTime) -> Result<Known, InvalidAuthority> {
        Known::read(Authority::Client, pair, now)
    }

    fn made() -> Pair {
        issue::authority(Authority::Client, now()).unwrap()
    }

    #[test]
    fn a_new_ca_is_a_root_for_ten_years() {
        let known = read(made(), now()).map_err(|error| error.to_string()).unwrap();
        assert!(known.certificate.is_root && known.certificate.is_authority);
        assert_eq!(known.certificate.common_name, "bowline-client-ca@1800000000");
        assert_eq!(known.certificate.not_before, now() - Duration::hours(1));
        assert_eq!(known.certificate.not_after, now() + Duration::days(3650));
        assert!(known.signer().unwrap().chain.is_empty());
    }

    #[test]
    fn half_a_ca_is_an_error_that_names_the_other_half() {
        assert_eq!(presence("client-ca", false, false), Ok(Presence::None));
        assert_eq!(presence("client-ca", true, true), Ok(Presence::Whole));
        let error = presence("client-ca", true, false).unwrap_err().to_string();
        assert!(error.contains("client-ca.key is missing"), "{error}");
        let error = presence("client-ca", false, true).unwrap_err().to_string();
        assert!(error.contains("client-ca.crt is missing"), "{error}");
    }

    #[test]
    fn a_clock_before_the_ca_is_named() {
        let error = read(made(), now() - Duration::days(30))
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.starts_with("the clock is wrong: it says 2026-12-16"),
            "{error}"
        );
    }

    #[test]
    fn an_expired_ca_does_not_sign() {
        let error = read(made(), now() + Duration::days(3650)).err().unwrap();
        assert!(matches!(error, InvalidAuthority::Expired { .. }));
    }

    #[test]
    fn a_foreign_key_a_leaf_and_rubbish_are_no_ca() {
        let mixed = Pair {
            key: made().key,
            ..made()
        };
        assert_eq!(
            read(mixed, now()).err(),
            Some(InvalidAuthority::OtherKey { name: "client-ca" })
        );
        let rubbish = Pair {
            certificate: b"rubbish".to_vec(),
            ..made()
        };
        let expected = InvalidAuthority::NoCertificate {
            name: "client-ca",
            path: "client-ca.crt".to_owned(),
        };
        assert_eq!(read(rubbish, now()).err(), Some(expected));
        let known = read(made(), now()).ok().unwrap();
        let leaves = super::super::catalog::leaves(&crate::plan::tests::settings());
        let leaf = issue::leaf(&leaves[0], &known.signer().unwrap(), now()).unwrap();
        assert_eq!(
            read(leaf, now()).err(),
            Some(InvalidAuthority::NoAuthority { name: "client-ca" })
        );
    }

    #[test]
    fn an_intermediate_ca_is_sent_along_and_its_root_is_not() {
        use rcgen::{BasicConstraints, CertificateParams, IsCa};
        let root = read(made(), now()).ok().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.not_before = now() - Duration::days(1);
        parameters.not_after = now() + Duration::days(100);
        let intermediate = parameters
            .signed_by(&key, &root.signer().unwrap().issuer)
            .unwrap();
        let bundle = [intermediate.pem().as_bytes(), &root.pair.certificate].concat();
        let pair = Pair {
            certificate: bundle,
            key: key.serialize_pem().into_bytes(),
        };
        let known = read(pair, now()).map_err(|error| error.to_string()).unwrap();
        let chain = known.signer().unwrap().chain;
        let sent: Vec<_> = CertificateDer::pem_slice_iter(&chain)
            .map(Result::unwrap)
            .collect();
        assert_eq!(sent, [intermediate.der().clone()]);
    }
}
