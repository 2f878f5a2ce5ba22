//! Keys and certificates for charts.

use std::net::IpAddr;

use bstr::ByteSlice;
use sha2::{Digest, Sha256};

use super::der::{bit_string, element, integer, sequence};
use super::key::PrivateKey;
use super::random::generator;
use super::rsa::{self, Size};
use super::x509::{Parent, Request, extensions, name, validity};
use super::{dsa, pem};
use crate::format::{display, quoted};
use crate::sprig::arguments::{Arguments, text};
use crate::sprig::encoding::decode64;
use crate::{Context, Error, Function, Object, Str, Type, Value};

use Type::{Int, List, Named, String as Text};

/// What making a key of 2048 bits costs, in steps: some fifty milliseconds.
const SMALL_KEY: u64 = 1_000_000;
/// The same for 4096 bits, and for DSA.
const LARGE_KEY: u64 = 15_000_000;
/// A signature, and keys of curves.
const SIGNATURE: u64 = 100_000;
const CERTIFICATE: &str = "sprig.certificate";

pub(in crate::sprig) static FUNCTIONS: &[Function] = &[
    Function::new("genPrivateKey", &[Text], private_key).volatile(),
    Function::new("genCA", &[Text, Int], |context, given| {
        authority(context, given, None)
    })
    .volatile(),
    Function::new("genCAWithKey", &[Text, Int, Text], |context, given| {
        authority(context, given, Some(2))
    })
    .volatile(),
    Function::new("genSelfSignedCert", &[Text, List, List, Int], |context, given| {
        self_signed(context, given, None)
    })
    .volatile(),
    Function::new(
        "genSelfSignedCertWithKey",
        &[Text, List, List, Int, Text],
        |context, given| self_signed(context, given, Some(4)),
    )
    .volatile(),
    Function::new(
        "genSignedCert",
        &[Text, List, List, Int, Named(CERTIFICATE)],
        |context, given| signed(context, given, None),
    )
    .volatile(),
    Function::new(
        "genSignedCertWithKey",
        &[Text, List, List, Int, Named(CERTIFICATE), Text],
        |context, given| signed(context, given, Some(5)),
    )
    .volatile(),
    Function::new("buildCustomCert", &[Text, Text], build),
];

/// A certificate and its key, as PEM.
struct Pair {
    certificate: Str,
    key: Str,
}

impl Object for Pair {
    fn type_name(&self) -> &str {
        CERTIFICATE
    }

    fn field(&self, name: &[u8]) -> Option<Value> {
        match name {
            b"Cert" => Some(self.certificate.clone().into()),
            b"Key" => Some(self.key.clone().into()),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(Str, Value)> {
        vec![
            ("Cert".into(), self.certificate.clone().into()),
            ("Key".into(), self.key.clone().into()),
        ]
    }
}

fn private_key(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let kind = Arguments(given).text(0);
    let pem = match kind {
        b"" | b"rsa" => generate_rsa(context, Size::Bits4096)?.to_pem(),
        b"dsa" => {
            context.spend(LARGE_KEY)?;
            PrivateKey::Dsa(dsa::generate(&mut generator(context)?)).to_pem()
        }
        b"ecdsa" => {
            context.spend(SIGNATURE)?;
            PrivateKey::generate_p256(&mut generator(context)?).to_pem()
        }
        b"ed25519" => {
            context.spend(SIGNATURE)?;
            PrivateKey::generate_ed25519(&mut generator(context)?).to_pem()
        }
        other => return text(context, [b"Unknown type ", other].concat()),
    };
    text(context, pem)
}

fn generate_rsa(context: &mut Context<'_>, size: Size) -> Result<PrivateKey, Error> {
    context.spend(if size == Size::Bits2048 {
        SMALL_KEY
    } else {
        LARGE_KEY
    })?;
    let generators = [generator(context)?, generator(context)?];
    Ok(PrivateKey::Rsa(rsa::Key::generate(size, generators)))
}

/// The key given as PEM, or a new one.
fn key(context: &mut Context<'_>, given: &[Value], index: Option<usize>) -> Result<PrivateKey, Error> {
    let Some(index) = index else {
        return generate_rsa(context, Size::Bits2048);
    };
    PrivateKey::from_pem(Arguments(given).text(index))
        .map_err(|problem| Error::new(format!("parsing private key: {problem}")))
}

fn authority(context: &mut Context<'_>, given: &[Value], key_index: Option<usize>) -> Result<Value, Error> {
    let key = key(context, given, key_index)?;
    let request = Request {
        name: Arguments(given).text(0),
        alternatives: Vec::new(),
        days: Arguments(given).int(1),
        authority: true,
    };
    issue(context, &request, &key, None)
}

/// What comes of name, addresses, other names and days.
fn request(given: &[Value]) -> Result<Request<'_>, Error> {
    let arguments = Arguments(given);
    let mut addresses = Vec::new();
    for address in &arguments.value(1).as_list().unwrap_or_default() {
        let Value::String(written) = address else {
            let shown = display(address);
            return Err(Error::new(format!(
                "error parsing ip: {} is not a string",
                shown.to_str_lossy()
            )));
        };
        let parsed = written
            .as_str()
            .and_then(|written| written.parse::<IpAddr>().ok());
        let parsed = parsed.ok_or_else(|| Error::new(format!("error parsing ip: {written}")))?;
        addresses.push(match parsed.to_canonical() {
            IpAddr::V4(address) => element(0x87, &address.octets()),
            IpAddr::V6(address) => element(0x87, &address.octets()),
        });
    }
    let mut alternatives = Vec::new();
    for name in &arguments.value(2).as_list().unwrap_or_default() {
        let Value::String(name) = name else {
            let shown = display(name);
            let shown = shown.to_str_lossy();
            return Err(Error::new(format!(
                "error processing alternate dns name: {shown} is not a string"
            )));
        };
        if !name.is_ascii() {
            let shown = quoted(name);
            let problem =
                format!("error creating certificate: x509: {shown} cannot be encoded as an IA5String");
            return Err(Error::new(problem));
        }
        alternatives.push(element(0x82, name));
    }
    alternatives.append(&mut addresses);
    Ok(Request {
        name: arguments.text(0),
        alternatives,
        days: arguments.int(3),
        authority: false,
    })
}

fn self_signed(context: &mut Context<'_>, given: &[Value], key_index: Option<usize>) -> Result<Value, Error> {
    let key = key(context, given, key_index)?;
    issue(context, &request(given)?, &key, None)
}

fn signed(context: &mut Context<'_>, given: &[Value], key_index: Option<usize>) -> Result<Value, Error> {
    let key = key(context, given, key_index)?;
    let signer = match &given[4] {
        Value::Object(object) => object.downcast_ref::<Pair>(),
        _ => None,
    };
    let signer = signer.ok_or_else(|| Error::new("unable to decode certificate"))?;
    let block = pem::decode(&signer.certificate).ok_or_else(|| Error::new("unable to decode certificate"))?;
    let parent = Parent::read(&block.bytes).ok_or_else(|| {
        Error::new("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")
    })?;
    let signing = PrivateKey::from_pem(&signer.key)
        .map_err(|problem| Error::new(format!("error parsing private key: {problem}")))?;
    let request = request(given)?;
    if signing.public_der().is_some_and(|public| public != parent.public) {
        let problem =
            "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey";
        return Err(Error::new(problem));
    }
    issue(context, &request, &key, Some((&parent, &signing)))
}

/// Makes the certificate for a key: signed by that key itself unless a signer is given.
fn issue(
    context: &mut Context<'_>,
    request: &Request<'_>,
    key: &PrivateKey,
    signer: Option<(&Parent, &PrivateKey)>,
) -> Result<Value, Error> {
    let failed = |problem: &str| Error::new(format!("error creating certificate: x509: {problem}"));
    context.spend(SIGNATURE)?;
    let signing = signer.map_or(key, |(_, signing)| signing);
    let algorithm = signing
        .signature_algorithm()
        .ok_or_else(|| failed("certificate private key does not implement crypto.Signer"))?;
    let public = key
        .public_der()
        .ok_or_else(|| failed("unsupported public key type: *dsa.PublicKey"))?;
    let mut serial = [0; 16];
    context.random(&mut serial)?;
    let subject = name(request.name)?;
    let issuer = signer.map_or(&subject, |(parent, _)| &parent.subject);
    let own_id = if request.authority {
        Sha256::digest(key.public_bytes())[..20].to_vec()
    } else {
        Vec::new()
    };
    // A certificate that signs itself says nothing about its signer.
    let signer_id = signer
        .filter(|_| *issuer != subject)
        .map_or(&[][..], |(parent, _)| &parent.key_id);
    let body = sequence(&[
        element(0xa0, &integer(&[2])),
        integer(&serial),
        algorithm.clone(),
        issuer.clone(),
        validity(context.now().timestamp(), request.days),
        subject.clone(),
        public,
        element(0xa3, &extensions(request, (&own_id, signer_id))),
    ]);
    let signature = signing.sign(&body).ok_or_else(|| failed("signing failed"))?;
    let der = sequence(&[body, algorithm, bit_string(&signature)]);
    let certificate = Str::from(pem::encode("CERTIFICATE", &der));
    let key = Str::from(key.to_pem());
    context.allocate(certificate.heap_size() + key.heap_size())?;
    Ok(Value::object(Pair { certificate, key }))
}

/// A pair of what a chart brings along, checked.
fn build(_: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let decoded = |index: usize, what: &str| {
        decode64(Arguments(given).text(index))
            .map_err(|_| Error::new(format!("unable to decode base64 {what}")))
    };
    let (certificate, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    let block = pem::decode(&certificate).ok_or_else(|| Error::new("unable to decode certificate"))?;
    if Parent::read(&block.bytes).is_none() {
        let problem = "error parsing certificate: decodedCert.Bytes: x509: malformed certificate";
        return Err(Error::new(problem));
    }
    PrivateKey::from_pem(&key)
        .map_err(|problem| Error::new(format!("error parsing private key: {problem}")))?;
    Ok(Value::object(Pair {
        certificate: certificate.into(),
        key: key.into(),
    }))
}
