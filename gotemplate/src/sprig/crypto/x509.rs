//! What stands in a certificate, with the fields and in the order of Go's `x509.CreateCertificate`.

use jiff::{SignedDuration, Timestamp};

use super::der::{Reader, element, sequence, tag};
use crate::Error;

/// What a certificate is asked to say.
pub(super) struct Request<'a> {
    pub(super) name: &'a [u8],
    /// Names and addresses, each as an element.
    pub(super) alternatives: Vec<Vec<u8>>,
    pub(super) days: i64,
    pub(super) authority: bool,
}

/// What is needed of the certificate that signs.
pub(super) struct Parent {
    pub(super) subject: Vec<u8>,
    pub(super) public: Vec<u8>,
    pub(super) key_id: Vec<u8>,
}

impl Parent {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let mut outer = Reader(der).sequence()?;
        let mut fields = outer.sequence()?;
        outer.sequence()?;
        outer.expect(tag::BIT_STRING)?;
        fields.expect(0xa0);
        fields.expect(tag::INTEGER)?;
        for _ in ["algorithm", "issuer", "validity"] {
            fields.sequence()?;
        }
        let subject = fields
            .next()
            .filter(|element| element.tag == tag::SEQUENCE)?
            .whole
            .to_vec();
        let public = fields
            .next()
            .filter(|element| element.tag == tag::SEQUENCE)?
            .whole
            .to_vec();
        let mut key_id = Vec::new();
        while let Some(field) = fields.next() {
            if field.tag == 0xa3 {
                key_id = subject_key_id(field.content).unwrap_or_default();
            }
        }
        Some(Self {
            subject,
            public,
            key_id,
        })
    }
}

fn subject_key_id(extensions: &[u8]) -> Option<Vec<u8>> {
    let mut extensions = Reader(extensions).sequence()?;
    while let Some(mut extension) = extensions.sequence() {
        if extension.expect(tag::OBJECT)? == extension_object(14).as_slice() {
            extension.expect(tag::BOOLEAN);
            return Reader(extension.expect(tag::OCTET_STRING)?)
                .expect(tag::OCTET_STRING)
                .map(<[u8]>::to_vec);
        }
    }
    None
}

/// The name of a standard extension.
fn extension_object(number: u8) -> [u8; 3] {
    [0x55, 0x1d, number]
}

fn extension(number: u8, critical: bool, content: &[u8]) -> Vec<u8> {
    let mut parts = vec![element(tag::OBJECT, &extension_object(number))];
    if critical {
        parts.push(element(tag::BOOLEAN, &[0xff]));
    }
    parts.push(element(tag::OCTET_STRING, content));
    sequence(&parts)
}

pub(super) fn extensions(request: &Request<'_>, (own_id, signer_id): (&[u8], &[u8])) -> Vec<u8> {
    const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    const CLIENT: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
    // Digital signature and key encipherment; for an authority the signing of certificates too.
    let (usage, constraints): (&[u8], _) = if request.authority {
        (&[2, 0xa4], sequence(&[element(tag::BOOLEAN, &[0xff])]))
    } else {
        (&[5, 0xa0], sequence(&[]))
    };
    let purposes = sequence(&[element(tag::OBJECT, SERVER), element(tag::OBJECT, CLIENT)]);
    let mut extensions = vec![
        extension(15, true, &element(tag::BIT_STRING, usage)),
        extension(37, false, &purposes),
        extension(19, true, &constraints),
    ];
    if !own_id.is_empty() {
        extensions.push(extension(14, false, &element(tag::OCTET_STRING, own_id)));
    }
    if !signer_id.is_empty() {
        extensions.push(extension(35, false, &sequence(&[element(0x80, signer_id)])));
    }
    if !request.alternatives.is_empty() {
        extensions.push(extension(
            17,
            request.name.is_empty(),
            &sequence(&request.alternatives),
        ));
    }
    sequence(&extensions)
}

/// A name of nothing but a common name.
pub(super) fn name(common: &[u8]) -> Result<Vec<u8>, Error> {
    if common.is_empty() {
        return Ok(sequence(&[]));
    }
    if std::str::from_utf8(common).is_err() {
        return Err(Error::new(
            "error creating certificate: asn1: string not valid UTF-8",
        ));
    }
    let printable = common
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte));
    let kind = if printable {
        tag::PRINTABLE_STRING
    } else {
        tag::UTF8_STRING
    };
    let attribute = sequence(&[element(tag::OBJECT, &[0x55, 0x04, 0x03]), element(kind, common)]);
    Ok(sequence(&[element(tag::SET, &attribute)]))
}

pub(super) fn validity(now: Timestamp, days: i64) -> Vec<u8> {
    const DAY: i64 = 86_400 * 1_000_000_000;
    // So many days that they do not fit wrap round, as Go's durations do.
    let span = SignedDuration::from_nanos(DAY.wrapping_mul(days));
    sequence(&[moment(now), moment(now.saturating_add(span).unwrap_or(now))])
}

fn moment(moment: Timestamp) -> Vec<u8> {
    let time = moment.to_zoned(jiff::tz::TimeZone::UTC);
    if (1950..2050).contains(&time.year()) {
        return element(tag::UTC_TIME, &crate::time::format(&time, b"060102150405Z"));
    }
    element(
        tag::GENERALIZED_TIME,
        &crate::time::format(&time, b"20060102150405Z"),
    )
}
