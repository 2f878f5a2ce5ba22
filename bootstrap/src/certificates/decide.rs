//! Pure: whether a certificate on disk will do, and if not, why.

use std::fmt;

use rcgen::{KeyPair, PublicKeyData};
use time::{Duration, OffsetDateTime};

use super::authority::Known;
use super::catalog::Leaf;
use super::inspect::{Inspected, inspect, is_signed_by};
use super::issue::Pair;

/// A certificate is renewed when it has less than this left.
pub(crate) const RENEWAL: Duration = Duration::days(90);

/// Why a certificate is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Missing,
    Unreadable,
    OtherKey,
    OtherAuthority,
    OtherIdentity,
    OtherNames,
    OtherPurpose,
    Expired,
    Expiring,
    NotYetValid,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there was none",
            Self::Unreadable => "it could not be read",
            Self::OtherKey => "its key was another's",
            Self::OtherAuthority => "its CA had signed another",
            Self::OtherIdentity => "it was made out to another",
            Self::OtherNames => "its names had changed",
            Self::OtherPurpose => "its purpose had changed",
            Self::Expired => "it had expired",
            Self::Expiring => "it would soon expire",
            Self::NotYetValid => "it was not yet valid",
        })
    }
}

/// Why `leaf` must be issued, given what is on disk; `None` when that will do.
pub(crate) fn reason(
    leaf: &Leaf,
    authority: &Known,
    found: Option<&Pair>,
    now: OffsetDateTime,
) -> Option<Reason> {
    let Some(pair) = found else {
        return Some(Reason::Missing);
    };
    let Some(certificate) = inspect(&pair.certificate) else {
        return Some(Reason::Unreadable);
    };
    let reasons = [
        (!is_key_of(&pair.key, &certificate), Reason::OtherKey),
        (
            !is_signed_by(&certificate.der, &authority.certificate.der),
            Reason::OtherAuthority,
        ),
        (!is_made_out_to(leaf, &certificate), Reason::OtherIdentity),
        (certificate.names != leaf.names, Reason::OtherNames),
        (!is_for_purpose(leaf, &certificate), Reason::OtherPurpose),
        (certificate.not_before > now, Reason::NotYetValid),
        (certificate.not_after <= now, Reason::Expired),
        (now >= renewal(&certificate, authority), Reason::Expiring),
    ];
    reasons
        .into_iter()
        .find_map(|(holds, reason)| holds.then_some(reason))
}

/// When a certificate shall be renewed. One that ends with its CA cannot be renewed to last longer.
pub(crate) fn renewal(certificate: &Inspected, authority: &Known) -> OffsetDateTime {
    if certificate.not_after >= authority.certificate.not_after {
        certificate.not_after
    } else {
        certificate.not_after - RENEWAL
    }
}

/// Whether `key` (PEM) is the key of the certificate.
pub(crate) fn is_key_of(key: &[u8], certificate: &Inspected) -> bool {
    let key = std::str::from_utf8(key)
        .ok()
        .and_then(|text| KeyPair::from_pem(text).ok());
    key.is_some_and(|key| key.subject_public_key_info() == certificate.public_key)
}

fn is_made_out_to(leaf: &Leaf, certificate: &Inspected) -> bool {
    let organizations = leaf.organization.iter().copied();
    certificate.common_name == leaf.common_name
        && certificate
            .organizations
            .iter()
            .map(String::as_str)
            .eq(organizations)
}

fn is_for_purpose(leaf: &Leaf, certificate: &Inspected) -> bool {
    certificate.purpose == Some(leaf.purpose) && !certificate.is_authority
}

#[cfg(test)]
mod tests {
    use super::super::catalog::{Authority, leaves};
    use super::super::issue;
    use super::*;
    use crate::plan::tests::settings;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn known(pair: &Pair) -> Known {
        Known::read(Authority::Server, pair.clone(), now()).unwrap()
    }

    fn serving() -> Leaf {
        let all = leaves(&settings());
        all.into_iter()
            .find(|leaf| leaf.name == "serving-kubelet")
            .unwrap()
    }

    /// A CA and a certificate of it that will do.
    fn sound() -> (Known, Pair) {
        let authority = known(&issue::authority(Authority::Server, now()).unwrap());
        let pair = issue::leaf(&serving(), &authority.signer().unwrap(), now()).unwrap();
        (authority, pair)
    }

    #[test]
    fn a_sound_certificate_stays() {
        let (authority, pair) = sound();
        assert_eq!(reason(&serving(), &authority, Some(&pair), now()), None);
        let later = now() + Duration::days(274);
        assert_eq!(reason(&serving(), &authority, Some(&pair), later), None);
    }

    #[test]
    fn time_takes_it_away() {
        let (authority, pair) = sound();
        let at = |days| reason(&serving(), &authority, Some(&pair), now() + Duration::days(days));
        assert_eq!(at(275), Some(Reason::Expiring));
        assert_eq!(at(364), Some(Reason::Expiring));
        assert_eq!(at(365), Some(Reason::Expired));
        assert_eq!(at(4000), Some(Reason::Expired));
        assert_eq!(at(-1), Some(Reason::NotYetValid));
    }

    #[test]
    fn what_is_not_there_or_not_readable_is_issued() {
        let (authority, pair) = sound();
        assert_eq!(reason(&serving(), &authority, None, now()), Some(Reason::Missing));
        let half = Pair {
            certificate: pair.certificate[..100].to_vec(),
            key: pair.key.clone(),
        };
        assert_eq!(
            reason(&serving(), &authority, Some(&half), now()),
            Some(Reason::Unreadable)
        );
        let empty_key = Pair {
            key: Vec::new(),
            ..pair.clone()
        };
        assert_eq!(
            reason(&serving(), &authority, Some(&empty_key), now()),
            Some(Reason::OtherKey)
        );
        let (_, other) = sound();
        let mixed = Pair {
            key: other.key,
            ..pair
        };
        assert_eq!(
            reason(&serving(), &authority, Some(&mixed), now()),
            Some(Reason::OtherKey)
        );
    }

    #[test]
    fn a_certificate_of_a_foreign_ca_is_issued_again() {
        let (_, pair) = sound();
        let (stranger, _) = sound();
        assert_eq!(
            reason(&serving(), &stranger, Some(&pair), now()),
            Some(Reason::OtherAuthority)
        );
    }

    #[test]
    fn changed_names_identity_and_purpose_are_seen() {
        let (authority, pair) = sound();
        let judge = |leaf: &Leaf| reason(leaf, &authority, Some(&pair), now());
        let mut leaf = serving();
        leaf.names.insert("more.example".to_owned());
        assert_eq!(judge(&leaf), Some(Reason::OtherNames));
        let mut leaf = serving();
        leaf.common_name = "two".to_owned();
        assert_eq!(judge(&leaf), Some(Reason::OtherIdentity));
        let mut leaf = serving();
        leaf.organization = Some("system:nodes");
        assert_eq!(judge(&leaf), Some(Reason::OtherIdentity));
        let mut leaf = serving();
        leaf.purpose = super::super::catalog::Purpose::Both;
        assert_eq!(judge(&leaf), Some(Reason::OtherPurpose));
    }

    #[test]
    fn what_ends_with_its_ca_is_not_renewed_in_vain() {
        let old = issue::authority(Authority::Server, now() - Duration::days(3600)).unwrap();
        let authority = known(&old);
        let pair = issue::leaf(&serving(), &authority.signer().unwrap(), now()).unwrap();
        let certificate = inspect(&pair.certificate).unwrap();
        assert_eq!(certificate.not_after, authority.certificate.not_after);
        assert_eq!(reason(&serving(), &authority, Some(&pair), now()), None);
    }
}
