//! Hashed and derived passwords.

use hmac::{KeyInit, Mac};
use sha2::Sha256;

use crate::sprig::arguments::{Arguments, text};
use crate::{Context, Error, Function, Type, Value};

use Type::String as Text;

/// What a hash costs, in steps: some fifty milliseconds.
const HASHING: u64 = 1_000_000;
/// The same for a derived key.
const DERIVING: u64 = 4_000_000;
/// Rounds of bcrypt, as a power of two.
const COST: u32 = 10;
const SEED: &[u8] = b"com.lyndir.masterpassword";

pub(in crate::sprig) static FUNCTIONS: &[Function] = &[
    Function::new("bcrypt", &[Text], |context, given| {
        let hashed = hashed(context, Arguments(given).text(0))?;
        text(context, hashed)
    })
    .volatile(),
    Function::new("htpasswd", &[Text, Text], |context, given| {
        let (user, password) = (Arguments(given).text(0), Arguments(given).text(1));
        if user.contains(&b':') {
            return text(context, [b"invalid username: ", user].concat());
        }
        let hashed = hashed(context, password)?;
        text(context, [user, b":", hashed.as_bytes()].concat())
    })
    .volatile(),
    Function::new("derivePassword", &[Type::Uint32, Text, Text, Text, Text], derive),
];

fn hashed(context: &mut Context<'_>, password: &[u8]) -> Result<String, Error> {
    if password.len() > 72 {
        return Ok(
            "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned(),
        );
    }
    context.spend(HASHING)?;
    let mut salt = [0; 16];
    context.random(&mut salt)?;
    match bcrypt::hash_with_salt(password, COST, salt) {
        Ok(hash) => Ok(hash.format_for_version(bcrypt::Version::TwoA)),
        Err(error) => Ok(format!("failed to encrypt string with bcrypt: {error}")),
    }
}

/// The forms of a password of a kind; each letter stands for a class of characters.
fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn derive(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments(given);
    let (kind, password, user, site) = (
        arguments.text(1),
        arguments.text(2),
        arguments.text(3),
        arguments.text(4),
    );
    let Some(templates) = templates(kind) else {
        return text(context, [b"cannot find password template ", kind].concat());
    };
    let counter = match &given[0] {
        Value::Uint64(counter) => u32::try_from(*counter).unwrap_or(0),
        _ => 0,
    };
    context.spend(DERIVING)?;
    let derived = password_of(templates, (password, user), (site, counter));
    text(
        context,
        derived.unwrap_or_else(|problem| format!("failed to derive password: {problem}").into_bytes()),
    )
}

/// A text after its length.
fn counted(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], text].concat()
}

fn password_of(
    templates: &[&str],
    (password, user): (&[u8], &[u8]),
    (site, counter): (&[u8], u32),
) -> Result<Vec<u8>, String> {
    let parameters = scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string())?;
    let mut key = [0; 64];
    let salt = [SEED, &counted(user)].concat();
    scrypt::scrypt(password, &salt, &parameters, &mut key).map_err(|error| error.to_string())?;
    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&[SEED, &counted(site), &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let chosen = template.bytes().zip(&seed[1..]).map(|(letter, &byte)| {
        let class = class(letter);
        class[usize::from(byte) % class.len()]
    });
    Ok(chosen.collect())
}
