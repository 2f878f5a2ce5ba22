//! What the differential tests have in common: the real Go in a process of its own, chance from a seed, and how values
//! are written down for the other side.

pub(crate) mod oracle;
pub(crate) mod wire;

pub(crate) use oracle::{Oracle, Random};

/// Where the oracle's source lies.
pub(crate) const SOURCE: &str = "tests/oracle";

/// Functions whose result is chance, the clock or the network, or which are slow on purpose.
pub(crate) const LEFT_OUT: [&str; 31] = [
    "now",
    "ago",
    "randAlphaNum",
    "randAlpha",
    "randAscii",
    "randNumeric",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "getHostByName",
    "bcrypt",
    "htpasswd",
    "derivePassword",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "buildCustomCert",
    "encryptAES",
    "decryptAES",
    "hello",
    "fail",
    "date",
    "htmlDate",
    "htmlDateInZone",
    "dateInZone",
    "date_in_zone",
];

/// An outcome for people: its letter and its text.
pub(crate) fn readable(outcome: &str) -> String {
    match hex::decode(outcome.get(1..).unwrap_or_default()) {
        Ok(bytes) => format!("{} {:?}", &outcome[..1], String::from_utf8_lossy(&bytes)),
        Err(_) => outcome.to_owned(),
    }
}

/// Bytes as an answer has them.
pub(crate) fn answer(letter: char, bytes: &[u8]) -> String {
    format!("{letter}{}", hex::encode(bytes))
}

/// The outcome, where the bytes of an error that are no text may differ: errors are text here.
pub(crate) fn normal(outcome: &str) -> String {
    match outcome.strip_prefix('e') {
        Some(error) => {
            let bytes = hex::decode(error).unwrap_or_default();
            answer('e', String::from_utf8_lossy(&bytes).as_bytes())
        }
        None => outcome.to_owned(),
    }
}
