//! Pure: what a certificate on disk says of itself, as far as decisions need it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::catalog::Purpose;

/// The first certificate of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    pub(crate) der: Vec<u8>,
    pub(crate) common_name: String,
    pub(crate) organizations: Vec<String>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) names: BTreeSet<String>,
    /// `None` when it may be used for neither.
    pub(crate) purpose: Option<Purpose>,
    pub(crate) is_authority: bool,
    /// It signed itself.
    pub(crate) is_root: bool,
    /// `SubjectPublicKeyInfo`, in DER.
    pub(crate) public_key: Vec<u8>,
}

/// Reads the first certificate of `pem`; `None` when there is none.
pub(crate) fn inspect(pem: &[u8]) -> Option<Inspected> {
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    let (rest, certificate) = X509Certificate::from_der(&der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let usage = certificate.extended_key_usage().ok()?;
    let usage = usage.as_ref();
    let constraints = certificate.basic_constraints().ok()?;
    let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| value.as_str().ok().map(str::to_owned);
    let is_root = certificate.subject() == certificate.issuer() && certificate.verify_signature(None).is_ok();
    Some(Inspected {
        common_name: certificate
            .subject()
            .iter_common_name()
            .find_map(text)
            .unwrap_or_default(),
        organizations: certificate
            .subject()
            .iter_organization()
            .filter_map(text)
            .collect(),
        not_before: certificate.validity().not_before.to_datetime(),
        not_after: certificate.validity().not_after.to_datetime(),
        names: names(&certificate)?,
        purpose: purpose(
            usage.is_some_and(|usage| usage.value.client_auth),
            usage.is_some_and(|usage| usage.value.server_auth),
        ),
        is_authority: constraints.is_some_and(|constraints| constraints.value.ca),
        is_root,
        public_key: certificate.public_key().raw.to_vec(),
        der: der.to_vec(),
    })
}

fn purpose(is_client: bool, is_server: bool) -> Option<Purpose> {
    match (is_client, is_server) {
        (true, true) => Some(Purpose::Both),
        (true, false) => Some(Purpose::Client),
        (false, true) => Some(Purpose::Server),
        (false, false) => None,
    }
}

/// Whether the holder of `issuer`'s key signed `certificate`, both in DER.
pub(crate) fn is_signed_by(certificate: &[u8], issuer: &[u8]) -> bool {
    let signed = || {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let (_, issuer) = X509Certificate::from_der(issuer).ok()?;
        let is_named = certificate.issuer() == issuer.subject();
        let is_signed = certificate.verify_signature(Some(issuer.public_key())).is_ok();
        Some(is_named && is_signed)
    };
    signed().unwrap_or(false)
}

/// The DNS names and addresses; `None` when the extension cannot be read.
fn names(certificate: &X509Certificate<'_>) -> Option<BTreeSet<String>> {
    let Some(extension) = certificate.subject_alternative_name().ok()? else {
        return Some(BTreeSet::new());
    };
    extension
        .value
        .general_names
        .iter()
        .map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            other => Some(format!("{other:?}")),
        })
        .collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_none() {
        assert_eq!(inspect(b""), None);
        assert_eq!(
            inspect(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            None
        );
        assert!(!is_signed_by(b"x", b"y"));
    }
}
