//! Makes keys and certificates: ECDSA P-256, signed with ring.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::catalog::{Authority, Leaf};

/// How long a CA lives.
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// How long a certificate lives.
const LEAF_LIFE: Duration = Duration::days(365);
/// A clock of another node may be behind by this much.
const SLACK: Duration = Duration::hours(1);

/// A certificate, or a chain of them, and its key: both PEM.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// A new CA that signs itself.
pub(crate) fn authority(authority: Authority, now: OffsetDateTime) -> Result<Pair> {
    let key = KeyPair::generate().context("generate a CA's key")?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject(&authority.common_name(now.unix_timestamp()), None);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
    ];
    parameters.not_before = now - SLACK;
    parameters.not_after = now + AUTHORITY_LIFE;
    let certificate = parameters.self_signed(&key).context("sign a CA")?;
    Ok(Pair {
        certificate: certificate.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    })
}

/// Who signs: the CA as rcgen has it, what goes behind its leaves, and when it ends.
pub(crate) struct Signer {
    pub(crate) issuer: Issuer<'static, KeyPair>,
    /// PEM of intermediate CAs that a peer does not know; empty when the CA is a root.
    pub(crate) chain: Vec<u8>,
    pub(crate) not_after: OffsetDateTime,
}

/// A new certificate with a new key. It never outlives its CA.
pub(crate) fn leaf(leaf: &Leaf, signer: &Signer, now: OffsetDateTime) -> Result<Pair> {
    let key = KeyPair::generate().with_context(|| format!("generate the key of {}", leaf.name))?;
    let names: Vec<String> = leaf.names.iter().cloned().collect();
    let mut parameters =
        CertificateParams::new(names).with_context(|| format!("read the names of {}", leaf.name))?;
    parameters.distinguished_name = subject(&leaf.common_name, leaf.organization);
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let purposes = [
        (leaf.purpose.is_server(), ExtendedKeyUsagePurpose::ServerAuth),
        (leaf.purpose.is_client(), ExtendedKeyUsagePurpose::ClientAuth),
    ];
    let purposes = purposes.into_iter().filter(|(wanted, _)| *wanted);
    parameters.extended_key_usages = purposes.map(|(_, purpose)| purpose).collect();
    parameters.use_authority_key_identifier_extension = true;
    parameters.not_before = now - SLACK;
    parameters.not_after = (now + LEAF_LIFE).min(signer.not_after);
    let certificate = parameters
        .signed_by(&key, &signer.issuer)
        .with_context(|| format!("sign {}", leaf.name))?;
    let mut chain = certificate.pem().into_bytes();
    chain.extend_from_slice(&signer.chain);
    Ok(Pair {
        certificate: chain,
        key: key.serialize_pem().into_bytes(),
    })
}

fn subject(common_name: &str, organization: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Some(organization) = organization {
        name.push(DnType::OrganizationName, organization);
    }
    name.push(DnType::CommonName, common_name);
    name
}
